/** Packing: the tote and the carton, what is still to be packed, and closing the carton. */

import { html } from "../html.js";
import { shortCode } from "../session/box.js";
import { lineCard, lineRow, whichMark } from "./goods.js";
import { icon, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/pack.js').Session} Session
 * @typedef {import('../handlers/boxes.js').Content} Content
 * @typedef {{asks: 'seal'|'quantity'|null, rest: Content[], packed: Content[], waiting: import('../session/box.js').Notice[]}} State
 */

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, state) {
  return html`${noticeHead(session.notice)}${session.notice && route(view, session)}${work(view, session, state)}`;
}

/** Which notice it is, and whose. @param {{number: string, customer: string}|null} notice @returns {Html|null} */
export function noticeHead(notice) {
  return notice && html`<p class="whoami">${icon("order")}<b>${notice.number}</b><span>${notice.customer}</span></p>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function route(view, session) {
  return html`<div class="route still">
    <span class="route-end"><span class="route-label">${view.t("pack.source")}</span>${placeCode(session.source, view.t("pack.any_tote"))}</span>
    <span class="route-arrow">${icon("arrow")}</span>
    <span class="route-end"><span class="route-label">${view.t("pack.carton")}</span>${placeCode(shortened(session.carton), view.t("place.scan"))}</span>
  </div>`;
}

/** Of eighteen figures people read the last six. @param {{code: string}|null} carton @returns {{code: string}|null} */
export function shortened(carton) {
  return carton && { code: shortCode(carton.code) };
}

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
function work(view, session, { asks, rest, packed, waiting }) {
  if (!session.notice) return html`${prompt("tote", view.t("pack.prompt"), view.t("pack.prompt_detail"))}${waiting.length > 0 && chosen("/edge/pack/notice", view.t("pack.waiting", { n: waiting.length }), waiting)}`;
  if (session.open) return html`${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/pack/marks", line: session.open.line, choices: session.open.choices })}`;
  if (asks === "seal") return sealing(view);
  if (session.sealed && !session.carton) return html`${closed(view, session.sealed)}${rest.length > 0 && prompt("scan", view.t("pack.prompt_carton"), view.t("pack.left", { n: rest.length }))}`;
  if (!session.carton) return html`${prompt("tote", view.t("pack.prompt_carton"), view.t("pack.prompt_carton_detail"))}${rows(view, rest)}`;
  const line = session.last?.line;
  if (line && asks === "quantity") return html`${lineCard(view, line, { tone: "compact" })}${numberPad(view, { action: "/edge/pack/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/pack" })}`;
  return html`${line && lineCard(view, line, { sign: "+", edit: line.item.serial ? null : "/edge/pack?pad=1", tone: "good" })}
    ${rest.length ? html`<h2 class="rows-title">${view.t("pack.left", { n: rest.length })}</h2>${rows(view, rest)}` : prompt("check", view.t("pack.all_in"), view.t("pack.inside", { n: packed.length }))}`;
}

/** @param {View} view @param {Content[]} contents @returns {Html} */
function rows(view, contents) {
  return html`<ul class="rows">${contents.slice(0, 30).map((goods) => lineRow(view, { ...goods, unit: goods.item.unit, factor: "1" }))}</ul>`;
}

/** Notices to tap instead of scanning. @param {string} action @param {string} title @param {{id: string, number: string, customer: string, due?: string}[]} notices @returns {Html} */
export function chosen(action, title, notices) {
  return html`<h2 class="rows-title">${title}</h2><ul class="rows">${notices.slice(0, 30).map((notice) => html`<li><button class="row" type="button" hx-post="${action}" hx-vals='${JSON.stringify({ notice: notice.id })}'>${icon("order")}
    <span class="row-main"><b>${notice.number}</b><span class="row-sub">${notice.customer}</span></span>${icon("chevron")}</button></li>`)}</ul>`;
}

/** @param {View} view @returns {Html} */
function sealing(view) {
  return html`<form class="pad" hx-post="/edge/pack/seal" hx-target="#screen">
    <p class="pad-label">${view.t("pack.weight")}</p>
    <number-pad name="weight" mode="quantity" value="" scale="3" erase="${view.t("pad.erase")}" done="${view.t("pack.seal")}"></number-pad>
    <label class="field-label" for="carton-size">${view.t("pack.size")}</label>
    <input class="input" id="carton-size" name="size" type="text" inputmode="numeric" placeholder="40 30 20" autocomplete="off" maxlength="20">
    <button class="button large wide" type="submit">${icon("check")}${view.t("pack.seal_unweighed")}</button>
    <button class="button plain wide" type="button" hx-get="/edge/pack">${view.t("pad.cancel")}</button>
  </form>`;
}

/** @param {View} view @param {{code: string}} carton @returns {Html} */
function closed(view, carton) {
  return html`<article class="card done-card">${icon("check")}<p><b class="place-code">${shortened(carton)?.code}</b><span>${view.t("pack.is_closed")}</span></p></article>`;
}

/** @param {View} view @param {Session} session @param {{rest: Content[]}} state @returns {Html|null} */
export function actions(view, session, { rest }) {
  if (!session.notice) return null;
  if (session.open) return html`<button class="button large wide" type="button" hx-post="/edge/pack/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  if (!session.carton) {
    return html`${session.sealed && html`<button class="button large" type="button" hx-post="/edge/pack/opening">${icon("undo")}${view.t("pack.reopen")}</button>`}
      ${rest.length > 0 && html`<button class="button large grow" type="button" hx-post="/edge/pack/carton">${icon("printer")}${view.t("pack.new_carton")}</button>`}
      <button class="button large${rest.length ? "" : " primary grow"}" type="button" hx-post="/edge/pack/cancel">${icon("close")}${view.t("pack.another_notice")}</button>`;
  }
  return html`${session.last?.id && html`<button class="button large" type="button" hx-post="/edge/undo/${session.last.id}">${icon("undo")}${view.t("action.undo")}</button>`}
    ${rest.length > 0 && html`<button class="button large primary grow" type="button" hx-post="/edge/pack/all" hx-vals='${JSON.stringify({ notice: session.notice.id })}'>${icon("tote")}${view.t("pack.all")}</button>`}
    <button class="button large${rest.length ? "" : " primary grow"}" type="button" hx-get="/edge/pack?seal=1">${icon("check")}${view.t("pack.seal")}</button>`;
}
