/** Asking for a label: of an item, of a lot, of a place; how many. */

import { html } from "../html.js";
import { icon } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 */

/** @param {View} view @param {{subject: 'item'|'lot'|'location', id: string, title: string, code: string, lots: string[], lot: string, copies: number}} request @returns {Html} */
export function body(view, { subject, id, title, code, lots, lot, copies }) {
  const here = `/edge/print/${subject}/${id}`;
  return html`<article class="card subject"><span class="subject-icon">${icon(subject === "location" ? "place" : "item")}</span>
      <div class="line-name"><h2>${title}</h2><p class="line-code">${code}</p></div></article>
    ${lots.length > 0 && html`<section class="group"><h2 class="group-title">${view.t("print.which")}</h2><ul class="choices">
      <li><button class="choice" type="button" aria-pressed="${lot ? "false" : "true"}" hx-get="${here}"><b>${view.t("print.item_only")}</b></button></li>
      ${lots.map((each) => html`<li><button class="choice" type="button" aria-pressed="${each === lot ? "true" : "false"}" hx-get="${here}?lot=${encodeURIComponent(each)}"><b>${each}</b></button></li>`)}</ul></section>`}
    <section class="group"><h2 class="group-title">${view.t("print.copies")}</h2>
      <div class="stepper">${[1, 2, 5, 10].map((count) => html`<button class="button large" type="button" aria-pressed="${count === copies ? "true" : "false"}" hx-get="${here}?copies=${count}${lot && html`&lot=${encodeURIComponent(lot)}`}">${count}</button>`)}</div></section>
    <p class="quiet">${view.t("print.how")}</p>`;
}

/** @param {View} view @param {{subject: string, id: string, lot: string, copies: number}} request @returns {Html} */
export function actions(view, { subject, id, lot, copies }) {
  return html`<button class="button large primary wide" type="button" hx-post="/edge/print" hx-vals='${JSON.stringify({ subject: lot ? "lot" : subject, id, lot, copies })}'>${icon("printer")}${view.t("print.send", { n: copies })}</button>`;
}
