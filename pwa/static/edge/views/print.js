/** Asking for a label: of an item, of a lot, of a place; how many. */

import { html } from "../html.js";
import { icon } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {{id: string, name: string, station: string, usual: boolean}} Printer
 * @typedef {{subject: 'item'|'lot'|'location', id: string, title: string, code: string, lots: string[], lot: string, copies: number,
 *   printers: Printer[], printer: string}} Request  printers: none when there is nothing to choose; printer: nothing for the usual one
 */

/** @param {View} view @param {Request} request @returns {Html} */
export function body(view, request) {
  const { subject, title, code, lots, lot, copies, printers, printer } = request;
  return html`<article class="card subject"><span class="subject-icon">${icon(subject === "location" ? "place" : "item")}</span>
      <div class="line-name"><h2>${title}</h2><p class="line-code">${code}</p></div></article>
    ${lots.length > 0 && html`<section class="group"><h2 class="group-title">${view.t("print.which")}</h2><ul class="choices">
      <li><button class="choice" type="button" aria-pressed="${lot ? "false" : "true"}" hx-get="${addressOf(request, { lot: "" })}"><b>${view.t("print.item_only")}</b></button></li>
      ${lots.map((each) => html`<li><button class="choice" type="button" aria-pressed="${each === lot ? "true" : "false"}" hx-get="${addressOf(request, { lot: each })}"><b>${each}</b></button></li>`)}</ul></section>`}
    <section class="group"><h2 class="group-title">${view.t("print.copies")}</h2>
      <div class="stepper">${[1, 2, 5, 10].map((count) => html`<button class="button large" type="button" aria-pressed="${count === copies ? "true" : "false"}" hx-get="${addressOf(request, { copies: count })}">${count}</button>`)}</div></section>
    ${printers.length > 0 && html`<section class="group"><h2 class="group-title">${view.t("print.where")}</h2><ul class="choices">
      ${printers.map((each) => html`<li><button class="choice" type="button" aria-pressed="${(printer ? each.id === printer : each.usual) ? "true" : "false"}" hx-get="${addressOf(request, { printer: each.id })}"><b>${each.name}</b><span>${each.station}</span></button></li>`)}</ul></section>`}
    <p class="quiet">${view.t("print.how")}</p>`;
}

/** The same form with one thing chosen anew. @param {Request} request @param {Partial<Request>} chosen */
function addressOf({ subject, id, lot, copies, printer }, chosen) {
  const all = Object.entries({ lot, copies: String(copies), printer, ...chosen }).filter(([, value]) => value);
  return `/edge/print/${subject}/${id}?${new URLSearchParams(all.map(([name, value]) => [name, String(value)]))}`;
}

/** @param {View} view @param {Request} request @returns {Html} */
export function actions(view, { subject, id, lot, copies, printer }) {
  return html`<button class="button large primary wide" type="button" hx-post="/edge/print" hx-vals='${JSON.stringify({ subject: lot ? "lot" : subject, id, lot, copies, printer })}'>${icon("printer")}${view.t("print.send", { n: copies })}</button>`;
}
