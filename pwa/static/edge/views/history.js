/** What this device wrote down: the last scans to undo, what waits, what somebody has to look at. */

import { html } from "../html.js";
import { ago, figure, hour, icon } from "./parts.js";
import { reasonWords } from "../words.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {{id: string, kind: string, at: number, state: string, reason: string|null, undone: boolean, words: string, detail: string,
 *   quantity: string|null, unit: string, user: string, attention: boolean}} Entry  an operation, told for people
 */

const PICTURES = /** @type {Record<string, string>} */ ({
  "stock.receive": "receive", "stock.move": "move", "stock.pick": "pick", "stock.count": "count", "op.undo": "undo", "stock.pack": "tote", "stock.check": "check", "stock.ship": "arrow", "delivery.confirm": "person", "carton.open": "printer", "print.request": "printer", "barcode.bind": "scan",
});

const TONES = /** @type {Record<string, string>} */ ({ queued: "caution", applied: "good", warning: "caution", held: "bad", rejected: "bad", superseded: "", duplicate: "caution" });

/** @param {View} view @param {Entry[]} entries @returns {Html} */
export function undoBody(view, entries) {
  if (entries.length === 0) return html`<p class="quiet">${view.t("undo.nothing")}</p>`;
  return html`<p class="lead">${view.t("undo.lead")}</p><ul class="rows">${entries.map((entry) => html`<li class="row ${entry.undone ? "undone" : ""}">
    ${picture(entry)}${told(entry)}
    ${entry.undone
      ? html`<span class="badge">${view.t("undo.undone")}</span>`
      : html`<button class="button icon-only" type="button" hx-post="/edge/undo/${entry.id}" hx-vals='{"from":"undo"}' aria-label="${view.t("undo.this", { what: `${entry.words} ${entry.detail}` })}">${icon("undo")}</button>`}
  </li>`)}</ul>`;
}

/** @param {Entry} entry @returns {Html} */
function picture(entry) {
  return html`<span class="row-icon">${icon(PICTURES[entry.kind.split("@")[0]] || "item")}</span>`;
}

/** @param {Entry} entry @param {unknown} [state] @returns {Html} */
function told(entry, state) {
  return html`<span class="row-main"><b>${entry.words}</b><span class="row-sub"><time>${hour(entry.at)}</time> ${entry.detail}</span>${state}</span>
    ${entry.quantity && html`<span class="row-amount">${figure(entry.quantity)}<small>${entry.unit}</small></span>`}`;
}

/** @param {View} view @param {{attention: Entry[], waiting: Entry[], settled: Entry[], summary: {waiting: number, online: boolean, lastContact: number|null, storage: string, needs?: string|null}}} lists @returns {Html} */
export function waitingBody(view, { attention, waiting, settled, summary }) {
  return html`${summary.storage === "full" && html`<p class="notice bad">${icon("caution")}${view.t("waiting.storage_full")}</p>`}
    ${summary.needs && html`<p class="notice bad">${icon("caution")}${view.t(`waiting.needs.${summary.needs}`)}</p>`}
    <p class="notice ${summary.online ? "good" : "caution"}">${icon(summary.online ? "synced" : "offline")}<span>${view.t(summary.online ? "waiting.online" : "waiting.offline")}<br><small>${view.t("home.contact", { when: ago(view, summary.lastContact) })}</small></span></p>
    ${section(view, "waiting.attention", attention)}
    ${section(view, "waiting.waiting", waiting)}
    ${section(view, "waiting.settled", settled)}
    <button class="button wide" type="button" hx-get="/edge/waiting">${icon("flip")}${view.t("waiting.again")}</button>
    ${attention.length + waiting.length + settled.length === 0 && html`<p class="quiet">${view.t("waiting.nothing")}</p>`}`;
}

/** What waits can leave this device without a network, and come in from another. @param {View} view @param {{waiting: number}} summary @returns {Html} */
export function waitingActions(view, { waiting }) {
  return html`${waiting > 0 && html`<button class="button grow" type="button" hx-get="/edge/rescue">${icon("device")}${view.t("waiting.export")}</button>`}
    <button class="button grow" type="button" hx-get="/edge/take-in">${icon("scan")}${view.t("rescue.take_title")}</button>`;
}

/** @param {View} view @param {string} title @param {Entry[]} entries @returns {Html|null} */
function section(view, title, entries) {
  if (entries.length === 0) return null;
  return html`<section class="group"><h2 class="group-title">${view.t(title)} <span class="badge">${entries.length}</span></h2>
    <ul class="rows">${entries.map((entry) => html`<li class="row">${picture(entry)}${told(entry, html`<span class="row-state"><span class="badge ${TONES[entry.state] || ""}">${view.t(`state.${entry.state}`)}</span></span>`)}
      ${entry.reason && html`<p class="row-reason">${reasonWords(view.t, entry.reason)}</p>`}
      ${entry.attention && html`<button class="button" type="button" hx-post="/edge/waiting/${entry.id}/seen">${icon("check")}${view.t("waiting.seen")}</button>`}</li>`)}</ul></section>`;
}
