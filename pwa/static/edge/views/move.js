/** Putting away and moving: from where, what is in hand, to where. */

import { html } from "../html.js";
import { lineCard, lineRow, whichMark } from "./goods.js";
import { figure, icon, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/move.js').Session} Session
 */

/** @param {View} view @param {Session} session @param {{pad: boolean, proposal: import('../session/putaway.js').Suggestion|null}} state @returns {Html} */
export function body(view, session, { pad, proposal }) {
  return html`${route(view, session)}${inHand(view, session, pad, proposal)}`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function route(view, session) {
  const target = session.carried.length || session.open ? null : session.moved?.target;
  return html`<button class="route" type="button" hx-get="/edge/move/place">
    <span class="route-end"><span class="route-label">${view.t("move.source")}</span>${placeCode(session.source, view.t("place.scan"))}</span>
    <span class="route-arrow">${icon("arrow")}</span>
    <span class="route-end"><span class="route-label">${view.t("move.target")}</span>${placeCode(target, view.t("place.scan"))}</span>
  </button>`;
}

/** @param {View} view @param {Session} session @param {boolean} pad @param {import('../session/putaway.js').Suggestion|null} proposal @returns {Html} */
function inHand(view, session, pad, proposal) {
  if (session.open) return html`${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/move/marks", line: session.open.line, choices: session.open.choices })}`;
  const last = session.carried[session.carried.length - 1];
  if (last && pad) return html`${lineCard(view, last, { tone: "compact" })}${quantityPad(view, last)}`;
  if (last) return carriedLines(view, session, last, proposal);
  if (session.moved) return movedLines(view, session.moved);
  return session.source ? prompt("scan", view.t("move.prompt_item"), view.t("move.prompt_item_detail")) : prompt("place", view.t("move.prompt_source"));
}

/** @param {View} view @param {Session} session @param {import('../session/move.js').Carried} last @param {import('../session/putaway.js').Suggestion|null} proposal @returns {Html} */
function carriedLines(view, session, last, proposal) {
  const all = last.available && last.available !== last.quantity && !last.item.serial;
  return html`${lineCard(view, last, { edit: last.item.serial ? null : "/edge/move?pad=1" })}
    ${all && html`<button class="button wide" type="button" hx-post="/edge/move/quantity" hx-vals='${JSON.stringify({ quantity: last.available })}'>${view.t("move.take_all", { quantity: figure(String(last.available)), unit: last.item.unit })}</button>`}
    ${session.carried.length > 1 && html`<ul class="rows">${session.carried.slice(0, -1).reverse().map((line) => lineRow(view, line))}</ul>`}
    ${prompt("place", proposal ? view.t("move.prompt_proposed", { code: proposal.code }) : view.t("move.prompt_target"), proposal ? view.t(`putaway.${proposal.reason}`) : "")}`;
}

/** @param {View} view @param {NonNullable<Session['moved']>} moved @returns {Html} */
function movedLines(view, moved) {
  return html`<ul class="rows done">${moved.lines.map((line) => lineRow(view, line))}</ul>
    ${prompt("scan", view.t("move.prompt_next"))}`;
}

/** @param {View} view @param {import('../session/goods.js').Line} line @returns {Html} */
function quantityPad(view, line) {
  return numberPad(view, { action: "/edge/move/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/move" });
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (session.open || session.carried.length) {
    const line = session.open?.line ?? session.carried[session.carried.length - 1];
    return html`<button class="button large" type="button" hx-post="/edge/move/cancel">${icon("close")}${view.t("action.put_back")}</button>
      ${!line.item.serial && !session.open && html`<button class="button large primary grow" type="button" hx-get="/edge/move?pad=1">${icon("pad")}${view.t("action.quantity")}</button>`}`;
  }
  const id = session.moved?.ids[session.moved.ids.length - 1];
  return id ? html`<button class="button large wide" type="button" hx-post="/edge/undo/${id}">${icon("undo")}${view.t("action.undo")}</button>` : null;
}
