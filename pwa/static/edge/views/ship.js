/** Shipping: which cartons leave, with whom and under which numbers. */

import { html } from "../html.js";
import { icon } from "./parts.js";
import { shortened } from "./pack.js";
import { prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/ship.js').Session} Session
 * @typedef {{carriers: string[], waiting: import('../session/box.js').Notice[], asks: boolean}} State
 */

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, { carriers, waiting, asks }) {
  if (asks) return askCarrier(view, carriers);
  return html`<button class="route" type="button" hx-get="/edge/ship?carrier=1"><span class="route-end"><span class="route-label">${view.t("ship.carrier")}</span>
    <b class="place-code">${session.carrier || view.t("ship.no_carrier")}</b></span></button>
    ${session.loads.length ? loaded(view, session) : html`${session.sent && gone(view, session.sent)}${prompt("tote", view.t("ship.prompt"), view.t("ship.prompt_detail"))}${waiting.length > 0 && ready(view, waiting)}`}`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function loaded(view, { loads }) {
  return html`<ul class="rows">${loads.map((load) => html`<li class="row">${icon("tote")}
      <span class="row-main"><b class="place-code">${shortened(load.place)?.code}</b><span class="row-sub">${load.number} · ${load.customer}</span>${load.tracking && html`<span class="badge">${load.tracking}</span>`}</span>
      <button class="button icon-only" type="button" hx-post="/edge/ship/unload" hx-vals='${JSON.stringify({ place: load.place.id })}' aria-label="${view.t("ship.unload", { code: load.place.code })}">${icon("close")}</button></li>`)}</ul>
    ${prompt("scan", loads[0].tracking ? view.t("ship.next") : view.t("ship.prompt_tracking"), loads[0].tracking ? null : view.t("ship.prompt_tracking_detail"))}
    ${!loads[0].tracking && html`<form class="typed" hx-post="/edge/ship/tracking" hx-target="#screen"><label class="visually-hidden" for="tracking">${view.t("ship.tracking")}</label>
      <input class="input" id="tracking" name="tracking" type="text" placeholder="${view.t("ship.tracking")}" autocomplete="off" maxlength="100">
      <button class="button icon-only" type="submit" aria-label="${view.t("pad.done")}">${icon("check")}</button></form>`}`;
}

/** @param {View} view @param {{n: number, number: string}} sent @returns {Html} */
function gone(view, { n, number }) {
  return html`<article class="card done-card">${icon("check")}<p><b>${number}</b><span>${view.t("ship.gone", { n })}</span></p></article>`;
}

/** @param {View} view @param {State["waiting"]} waiting @returns {Html} */
function ready(view, waiting) {
  return html`<h2 class="rows-title">${view.t("ship.waiting", { n: waiting.length })}</h2><ul class="rows">${waiting.slice(0, 30).map(({ number, customer, cartons }) => html`<li class="row">${icon("order")}
    <span class="row-main"><b>${number}</b><span class="row-sub">${customer}</span></span><span class="row-amount">${String(cartons.length)}<small>${view.t("ship.boxes")}</small></span></li>`)}</ul>`;
}

/** @param {View} view @param {string[]} carriers @returns {Html} */
function askCarrier(view, carriers) {
  return html`<h2 class="question-words">${icon("arrow")}${view.t("ship.which_carrier")}</h2>
    <ul class="choices">${carriers.map((carrier) => html`<li><button class="choice" type="button" hx-post="/edge/ship/carrier" hx-vals='${JSON.stringify({ carrier })}'><b>${carrier}</b></button></li>`)}
      <li><button class="choice" type="button" hx-post="/edge/ship/carrier" hx-vals='{"carrier":""}'><b>${view.t("ship.no_carrier")}</b></button></li></ul>
    <form class="typed" hx-post="/edge/ship/carrier" hx-target="#screen"><label class="visually-hidden" for="carrier">${view.t("ship.carrier")}</label>
      <input class="input" id="carrier" name="carrier" type="text" placeholder="${view.t("ship.carrier")}" autocomplete="off" maxlength="100">
      <button class="button icon-only" type="submit" aria-label="${view.t("pad.done")}">${icon("check")}</button></form>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
export function actions(view, { loads }) {
  if (loads.length) return html`<button class="button large primary wide" type="button" hx-post="/edge/ship/departure">${icon("arrow")}${view.t("ship.send", { n: loads.length })}</button>`;
  return html`<button class="button large wide" type="button" hx-get="/edge/door">${icon("person")}${view.t("door.title")}</button>`;
}
