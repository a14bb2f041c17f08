/** Signing in: a badge scan or a name, then four digits. And what a device shows before it belongs to anybody. */

import { html } from "../html.js";
import { icon } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {{badge: string, name: string}} Person
 */

/** @param {View} view @param {{people: Person[], waiting: number}} state @returns {Html} */
export function whoBody(view, { people, waiting }) {
  return html`${mark(view)}
    ${prompt("badge", view.t("signin.prompt"), people.length ? view.t("signin.prompt_detail") : null)}
    <ul class="choices people">${people.map((person) => html`<li><button class="choice" type="button" hx-post="/edge/signin" hx-vals='${JSON.stringify({ badge: person.badge })}'>${icon("person")}<b>${person.name}</b></button></li>`)}</ul>
    ${waiting > 0 && html`<p class="notice caution">${icon("waiting")}${view.t("signin.waiting", { n: waiting })}</p>`}`;
}

/** @param {View} view @param {string} name @param {{figures: number, unsure: boolean}|null} length @returns {Html} */
export function pinBody(view, name, length) {
  return html`<p class="whoami large">${icon("person")}<b>${name}</b></p>
    ${numberPad(view, { action: "/edge/signin/pin", name: "pin", mode: "pin", length, label: view.t("signin.pin"), back: "/edge/signin" })}`;
}

/** @param {View} view @returns {Html} */
export function unenrolledBody(view) {
  return html`${mark(view)}${prompt("device", view.t("signin.unenrolled"), view.t("signin.unenrolled_detail"))}
    <a class="button large primary wide" href="/hand/enrol">${view.t("signin.enrol")}</a>`;
}

/** @param {View} view @returns {Html} */
function mark(view) {
  const source = new URL("../../icons/mark.svg", import.meta.url).pathname;
  return html`<p class="brand"><img src="${source}" alt="" width="56" height="56"><b>${view.t("product.name")}</b></p>`;
}
