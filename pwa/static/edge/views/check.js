/** Checking: what was seen so far, what differs, and the second person. What should be there is on no screen before. */

import { html } from "../html.js";
import { lineCard, lineRow, whichMark } from "./goods.js";
import { figure, icon, marks, placeCode } from "./parts.js";
import { noticeHead, shortened } from "./pack.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/check.js').Session} Session
 * @typedef {import('../session/goods.js').Item} Item
 * @typedef {{pad: boolean, differences: {item: Item|null, lot: string, serial: string, expected: string, found: string}[],
 *   people: {badge: string, name: string}[], waiting: {number: string, customer: string, code: string}[]}} State
 */

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, state) {
  return html`${noticeHead(session.notice)}
    <div class="route still"><span class="route-end"><span class="route-label">${view.t("check.place")}</span>${placeCode(shortened(session.place), view.t("place.scan"))}</span>
      ${session.lines.length > 0 && html`<span class="route-count" role="img" aria-label="${view.t("count.lines", { n: session.lines.length })}">${session.lines.length}</span>`}</div>
    ${work(view, session, state)}`;
}

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
function work(view, session, { pad, differences, people, waiting }) {
  if (session.asks) return second(view, people);
  if (session.open) return html`${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/check/marks", line: session.open.line, choices: session.open.lots.map((lot) => ({ lot })), blind: true })}`;
  const [line, ...others] = session.lines;
  if (line && pad) return html`${lineCard(view, line, { tone: "compact" })}${numberPad(view, { action: "/edge/check/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/check" })}`;
  if (line) return html`${lineCard(view, line, { edit: line.item.serial ? null : "/edge/check?pad=1" })}<ul class="rows">${others.map((other) => lineRow(view, other))}</ul>`;
  if (differences.length) return html`${differing(view, differences)}${prompt("scan", view.t("check.again"))}`;
  if (session.place) return prompt("scan", view.t("check.prompt_item"), view.t("check.prompt_item_detail"));
  return html`${session.done && passed(view, session.done)}${prompt("tote", view.t("check.prompt_place"), session.done ? null : view.t("check.prompt_place_detail"))}${waiting.length > 0 && wanted(view, waiting)}`;
}

/** @param {View} view @param {State["differences"]} differences @returns {Html} */
function differing(view, differences) {
  return html`<h2 class="rows-title">${view.t("check.differences")}</h2><ul class="rows">${differences.map((one) => html`<li class="row bad">
    <span class="row-main"><b>${one.item?.name ?? ""}</b><span class="row-sub">${one.item?.code ?? ""}</span>${marks(view, one)}</span>
    <span class="row-amount">${view.t("check.should_be", { expected: figure(one.expected), found: figure(one.found) })}<small>${one.item?.unit ?? ""}</small></span></li>`)}</ul>`;
}

/** All is right; who is the second? @param {View} view @param {State["people"]} people @returns {Html} */
function second(view, people) {
  return html`${prompt("badge", view.t("check.second_prompt"), view.t("check.second_detail"))}
    <ul class="choices people">${people.map((person) => html`<li><button class="choice" type="button" hx-post="/edge/check/second" hx-vals='${JSON.stringify({ badge: person.badge })}'>${icon("person")}<b>${person.name}</b></button></li>`)}</ul>`;
}

/** @param {View} view @param {string} name @param {{figures: number, unsure: boolean}|null} length @returns {Html} */
export function pinBody(view, name, length) {
  return html`<p class="whoami large">${icon("person")}<b>${name}</b></p>
    ${numberPad(view, { action: "/edge/check/pin", name: "pin", mode: "pin", length, label: view.t("signin.pin"), back: "/edge/check" })}`;
}

/** @param {View} view @param {NonNullable<Session['done']>} done @returns {Html} */
function passed(view, done) {
  return html`<article class="card done-card">${icon("check")}<p><b class="place-code">${shortened(done)?.code}</b><span>${view.t(done.proven ? "check.by_two" : "check.by_one")}</span></p></article>`;
}

/** @param {View} view @param {State["waiting"]} waiting @returns {Html} */
function wanted(view, waiting) {
  return html`<h2 class="rows-title">${view.t("check.waiting", { n: waiting.length })}</h2><ul class="rows">${waiting.slice(0, 30).map(({ number, customer, code }) => html`<li class="row">${icon("tote")}
    <span class="row-main"><b class="place-code">${shortened({ code })?.code}</b><span class="row-sub">${number} · ${customer}</span></span></li>`)}</ul>`;
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (session.asks) {
    return html`<button class="button large" type="button" hx-post="/edge/check/cancel">${icon("back")}${view.t("screen.back")}</button>
      <button class="button large grow" type="button" hx-post="/edge/check/alone">${icon("clock")}${view.t("check.later")}</button>`;
  }
  if (session.open) return html`<button class="button large wide" type="button" hx-post="/edge/check/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  if (session.lines.length) {
    return html`<button class="button large" type="button" hx-get="/edge/check?pad=1">${icon("pad")}${view.t("action.quantity")}</button>
      <button class="button large primary grow" type="button" hx-post="/edge/check/done">${icon("check")}${view.t("check.all_seen")}</button>`;
  }
  if (session.place) return html`<button class="button large wide" type="button" hx-post="/edge/check/cancel">${icon("close")}${view.t("check.leave")}</button>`;
  return session.done?.id ? html`<button class="button large wide" type="button" hx-post="/edge/undo/${session.done.id}">${icon("undo")}${view.t("action.undo")}</button>` : null;
}
