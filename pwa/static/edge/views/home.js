/** Home: five large tiles, who I am, what still waits. */

import { html } from "../html.js";
import { ago, icon } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {{waiting: number, attention: number, online: boolean, lastContact: number|null}} Summary
 * @typedef {{current: {number: string}|null, next: {number: string, places: number}|null, waiting: number}} Picking
 */

const ACTIVITIES = [
  { name: "receive", picture: "receive" },
  { name: "move", picture: "move" },
  { name: "pick", picture: "pick" },
  { name: "count", picture: "count" },
];

/** What is done less often, or by fewer people: beside each other. */
const SMALL = [
  { name: "pack", picture: "tote" },
  { name: "check", picture: "check" },
  { name: "ship", picture: "arrow" },
  { name: "carry", picture: "move" },
];

/** @param {View} view @param {{user: string, warehouse: string, summary: Summary, busy: Record<string, boolean>, picking: Picking}} state @returns {Html} */
export function body(view, { user, warehouse, summary, busy, picking }) {
  return html`<p class="whoami">${icon("person")}<b>${user}</b><span>${warehouse}</span></p>
    <nav class="tiles" aria-label="${view.t("home.activities")}">
      <div class="tile-place" hx-get="/edge/guide/tile" hx-trigger="rows:changed from:body delay:300ms" hx-target="this">${nextTask(view, picking)}</div>
      ${ACTIVITIES.map(({ name, picture }) => html`<button class="tile" type="button" hx-get="/edge/${name}">
        ${icon(picture)}<b>${view.t(`${name}.title`)}</b>${busy[name] && html`<span class="badge accent">${view.t("home.unfinished")}</span>`}</button>`)}
      <div class="tile-row">${SMALL.map(({ name, picture }) => html`<button class="tile small" type="button" hx-get="/edge/${name}">
        ${icon(picture)}<b>${view.t(`${name}.title`)}</b>${busy[name] && html`<span class="badge accent">${view.t("home.unfinished")}</span>`}</button>`)}</div>
      <button class="tile wide" type="button" hx-get="/edge/lookup">${icon("lookup")}<b>${view.t("lookup.title")}</b><span>${view.t("home.lookup_hint")}</span></button>
    </nav>
    <div class="contact-place" hx-get="/edge/contact" hx-trigger="every 5s, queue:changed from:body" hx-target="this">${contact(view, summary)}</div>`;
}

/** One tap takes the next task, or goes on with the one in hand. @param {View} view @param {Picking} picking @returns {Html} */
export function nextTask(view, { current, next, waiting }) {
  if (current) return html`<button class="tile wide task" type="button" hx-get="/edge/guide" hx-target="#screen">${icon("pick")}<b>${current.number}</b><span class="badge accent">${view.t("home.unfinished")}</span></button>`;
  if (!next) return html`<button class="tile wide" type="button" hx-get="/edge/guide" hx-target="#screen">${icon("pick")}<b>${view.t("guide.title")}</b><span>${view.t("guide.none")}</span></button>`;
  return html`<button class="tile wide task" type="button" hx-post="/edge/guide/next" hx-target="#screen">${icon("pick")}<b>${view.t("guide.next")}</b><span>${view.t("guide.waiting", { n: waiting })}</span></button>`;
}

/** How the device stands with the server, in one line. @param {View} view @param {Summary} summary @returns {Html} */
export function contact(view, summary) {
  const tone = summary.attention ? "bad" : summary.waiting || !summary.online ? "caution" : "good";
  const words = summary.attention
    ? view.t("home.attention", { n: summary.attention })
    : summary.waiting
      ? view.t(summary.online ? "home.sending" : "home.kept", { n: summary.waiting })
      : view.t(summary.online ? "home.all_sent" : "home.offline");
  const picture = { good: "synced", caution: summary.online ? "waiting" : "offline", bad: "caution" }[tone];
  return html`<button class="contact ${tone}" type="button" hx-get="/edge/waiting" hx-target="#screen">${icon(picture)}
    <span><b>${words}</b><small>${view.t("home.contact", { when: ago(view, summary.lastContact) })}</small></span>${icon("chevron")}</button>`;
}

/** @param {View} view @returns {Html} */
export function actions(view) {
  return html`<button class="dock-button" type="button" hx-get="/edge/undo">${icon("undo")}<span>${view.t("undo.title")}</span></button>
    <button class="dock-button" type="button" hx-get="/edge/device">${icon("device")}<span>${view.t("device.title")}</span></button>
    <button class="dock-button" type="button" hx-post="/edge/language">${icon("language")}<span>${view.t("home.other_language")}</span></button>
    <button class="dock-button" type="button" hx-post="/edge/signout">${icon("leave")}<span>${view.t("home.leave")}</span></button>`;
}
