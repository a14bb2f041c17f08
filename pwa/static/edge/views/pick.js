/** Picking: bin, tote, and the line just taken. */

import { html } from "../html.js";
import { lineCard, whichMark } from "./goods.js";
import { figure, icon, marks, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/pick.js').Session} Session
 * @typedef {import('../session/goods.js').Item} Item
 */

/** @param {View} view @param {Session} session @param {{pad: boolean, carriers: {id: string, code: string}[]}} state @returns {Html} */
export function body(view, session, { pad, carriers }) {
  return html`${route(view, session)}${work(view, session, pad, carriers)}`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function route(view, session) {
  return html`<button class="route" type="button" hx-get="/edge/pick/place">
    <span class="route-end"><span class="route-label">${view.t("pick.source")}</span>${placeCode(session.source, view.t("place.scan"))}</span>
    <span class="route-arrow">${icon("arrow")}</span>
    <span class="route-end"><span class="route-label">${view.t("pick.target")}</span>${placeCode(session.target, view.t("place.scan"))}</span>
    ${session.picked > 0 && html`<span class="route-count" role="img" aria-label="${view.t("pick.picked", { n: session.picked })}">${session.picked}</span>`}
  </button>`;
}

/** @param {View} view @param {Session} session @param {boolean} pad @param {{id: string, code: string}[]} carriers @returns {Html} */
function work(view, session, pad, carriers) {
  if (session.open) return html`${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/pick/marks", line: session.open.line, choices: session.open.choices })}`;
  if (!session.target) return html`${prompt("tote", view.t("pick.prompt_target"), view.t("pick.prompt_target_detail"))}${placeChoices("/edge/pick/place", carriers)}`;
  const line = session.last?.line;
  if (line && pad) return html`${lineCard(view, line, { tone: "compact" })}${quantityPad(view, line)}`;
  if (line) return html`${lineCard(view, line, { sign: "+", edit: line.item.serial ? null : "/edge/pick?pad=1", tone: "good" })}${prompt("scan", view.t("pick.next"))}`;
  return session.source ? prompt("scan", view.t("pick.prompt_item"), view.t("pick.prompt_item_detail")) : prompt("place", view.t("pick.prompt_source"), view.t("pick.prompt_source_detail"));
}

/** Places to tap instead of scanning. @param {string} action @param {{id: string, code: string, kind?: string}[]} places @returns {Html} */
export function placeChoices(action, places) {
  return html`<ul class="choices places">${places.map((place) => html`<li><button class="choice" type="button" hx-post="${action}" hx-vals='${JSON.stringify({ location: place.id })}'>
    <b>${place.code}</b></button></li>`)}</ul>`;
}

/** @param {View} view @param {import('../session/goods.js').Line} line @returns {Html} */
function quantityPad(view, line) {
  return numberPad(view, { action: "/edge/pick/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/pick" });
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (session.open) return html`<button class="button large wide" type="button" hx-post="/edge/pick/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  if (!session.target || !session.source) return null;
  return html`<button class="button large" type="button" hx-get="/edge/pick/short">${icon("short")}${view.t("action.short")}</button>
    ${session.last?.id && html`<button class="button large" type="button" hx-post="/edge/undo/${session.last.id}">${icon("undo")}${view.t("action.undo")}</button>
      ${!session.last.line.item.serial && html`<button class="button large primary grow" type="button" hx-get="/edge/pick?pad=1">${icon("pad")}${view.t("action.quantity")}</button>`}`}`;
}

/** Which of the things that should lie here is missing? @param {View} view @param {Session} session @param {Item[]} items @returns {Html} */
export function shortBody(view, session, items) {
  return html`${route(view, session)}
    <h2 class="question-words">${icon("short")}${view.t("pick.short_which", { code: session.source?.code })}</h2>
    <ul class="choices tall">${items.map((item) => html`<li><button class="choice" type="button" hx-post="/edge/pick/short" hx-vals='${JSON.stringify({ item: item.id })}'>
      <b>${item.name}</b><span>${item.code}</span></button></li>`)}</ul>
    ${items.length === 0 && html`<p class="quiet">${view.t("pick.short_nothing")}</p>`}`;
}

/** The bin is empty: where else does it lie? @param {View} view @param {Item} item @param {{place: {id: string, code: string}, balance: import('../session/goods.js').Balance}[]} others @returns {Html} */
export function otherBins(view, item, others) {
  return html`<h2 class="question-words">${icon("place")}${view.t(others.length ? "pick.other_bins" : "pick.no_other_bin", { name: item.name })}</h2>
    <ul class="choices">${others.slice(0, 5).map(({ place, balance }) => html`<li><button class="choice" type="button" hx-post="/edge/pick/place" hx-vals='${JSON.stringify({ location: place.id })}'>
      <b>${place.code}</b><span>${balance.veiled ? view.t("count.no_figure") : html`${figure(balance.on_hand)} ${item.unit}`} ${marks(view, balance)}</span></button></li>`)}</ul>`;
}
