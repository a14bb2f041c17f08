/** Receiving: where it comes in, the line in large letters, what is missing. */

import { html } from "../html.js";
import { lineCard, typedMark } from "./goods.js";
import { figure, icon, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";
import { missing } from "../session/goods.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/receive.js').Session} Session
 * @typedef {import('../handlers/arrivals.js').Receipt} Receipt
 * @typedef {import('../handlers/arrivals.js').Standing} Standing
 */

/** @param {View} view @param {Session} session @param {{pad: boolean, expected: Receipt[], lines: Standing[]}} state @returns {Html} */
export function body(view, session, { pad, expected, lines }) {
  const line = session.open || session.last?.line;
  return html`${route(view, session)}${session.receipt && !pad && chosen(view, session.receipt)}
    ${session.open ? openLine(view, session, pad) : line ? bookedLine(view, session, pad) : waitingForScan(view, session)}
    ${expected.length > 0 && offers(view, expected)}${lines.length > 0 && progress(view, lines)}`;
}

/** The receipt that goods are booked for; a tap lets it go. @param {View} view @param {NonNullable<Session['receipt']>} receipt @returns {Html} */
function chosen(view, receipt) {
  return html`<button class="button wide" type="button" hx-post="/edge/receive/receipt" hx-vals='{"receipt": ""}'>
    ${icon("receive")}<span>${receipt.partner || view.t("receive.no_partner")} · ${receipt.number}</span>${icon("close")}<span class="visually-hidden">${view.t("receive.let_go")}</span>
  </button>`;
}

/** Deliveries that are expected: one tap, and what is scanned belongs to it. @param {View} view @param {Receipt[]} expected @returns {Html} */
function offers(view, expected) {
  return html`<section class="group"><h2 class="group-title">${view.t("receive.expected")}</h2>
    <ul class="choices">${expected.map((one) => html`<li><button class="choice" type="button" hx-post="/edge/receive/receipt" hx-vals='${JSON.stringify({ receipt: one.id })}'>
      <b>${one.partner || view.t(`receive.kind.${one.kind}`)}</b><span>${one.number}${one.due && html` · ${one.due}`}</span>
    </button></li>`)}</ul></section>`;
}

/** How far a delivery is, line by line. @param {View} view @param {Standing[]} lines @returns {Html} */
function progress(view, lines) {
  return html`<ul class="rows" aria-label="${view.t("receive.lines")}">${lines.map((line) => html`<li class="row">
    <span class="row-main"><b>${line.name}</b><span class="row-sub">${line.code}${line.lot && html` · ${line.lot}`}</span></span>
    <span class="row-amount">${figure(line.received)} / ${figure(line.expected)}<small>${line.unit}</small></span>
  </li>`)}</ul>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function route(view, session) {
  return html`<button class="route" type="button" hx-get="/edge/receive/place">
    <span class="route-end"><span class="route-label">${view.t("receive.to")}</span>${placeCode(session.target, view.t("place.choose"))}</span>
    ${icon("chevron")}
  </button>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function waitingForScan(view, session) {
  return session.target ? prompt("scan", view.t("receive.prompt"), view.t("receive.prompt_detail")) : prompt("place", view.t("receive.need_dock"));
}

/** @param {View} view @param {Session} session @param {boolean} pad @returns {Html} */
function bookedLine(view, session, pad) {
  const last = /** @type {import('../session/correction.js').Last} */ (session.last);
  if (pad) return html`${lineCard(view, last.line, { tone: "compact" })}${quantityPad(view, last.line)}`;
  return html`${lineCard(view, last.line, { sign: "+", edit: last.line.item.serial ? null : "/edge/receive?pad=1", tone: "good" })}
    ${prompt("scan", view.t("receive.next"))}`;
}

/** @param {View} view @param {Session} session @param {boolean} pad @returns {Html} */
function openLine(view, session, pad) {
  const line = /** @type {import('../session/goods.js').Line} */ (session.open);
  if (pad) return html`${lineCard(view, line, { tone: "compact" })}${quantityPad(view, line)}`;
  const wanted = missing(line);
  const card = lineCard(view, line, { edit: line.item.serial ? null : "/edge/receive?pad=1", tone: "open compact" });
  if (wanted === "expiry") {
    return html`${card}${numberPad(view, { action: "/edge/receive/marks", name: "expiry", mode: "date", label: view.t("ask.expiry"), back: null })}`;
  }
  return html`${card}${markQuestion(view, session, line, wanted === "serial" ? "serial" : "lot")}`;
}

/** @param {View} view @param {Session} session @param {import('../session/goods.js').Line} line @param {'lot'|'serial'} name @returns {Html} */
function markQuestion(view, session, line, name) {
  const before = name === "lot" ? session.marks[line.item.id] : null;
  return html`<div class="question">
    <h2 class="question-words">${icon("scan")}${view.t(name === "lot" ? "ask.lot" : "ask.serial")}</h2>
    ${before?.lot && html`<ul class="choices"><li><button class="choice" type="button" hx-post="/edge/receive/marks" hx-vals='${JSON.stringify({ lot: before.lot, expiry: (before.expiry || "").replaceAll("-", "") })}'>
      <b>${before.lot}</b><span>${view.t("ask.same_lot")}${before.expiry && html` · ${view.t("goods.expiry")} ${before.expiry}`}</span>
    </button></li></ul>`}
    ${typedMark(view, "/edge/receive/marks", name)}
  </div>`;
}

/** @param {View} view @param {import('../session/goods.js').Line} line @returns {Html} */
function quantityPad(view, line) {
  return numberPad(view, { action: "/edge/receive/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/receive" });
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (session.open && missing(session.open) === "expiry") return html`<button class="button plain wide" type="button" hx-post="/edge/receive/cancel">${view.t("action.cancel_line")}</button>`;
  if (session.open) return html`<button class="button large wide" type="button" hx-post="/edge/receive/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  if (!session.last?.id) return null;
  return html`<button class="button large" type="button" hx-post="/edge/undo/${session.last.id}">${icon("undo")}${view.t("action.undo")}</button>
    ${!session.last.line.item.serial && html`<button class="button large primary grow" type="button" hx-get="/edge/receive?pad=1">${icon("pad")}${view.t("action.quantity")}</button>`}`;
}
