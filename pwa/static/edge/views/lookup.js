/** Looking up: results while typing, the card of an item, the card of a place. */

import { html } from "../html.js";
import { figure, icon, marks, sizeOf, ago } from "./parts.js";
import { prompt } from "./screen.js";
import { add, cmp } from "../session/quantity.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/goods.js').Item} Item
 * @typedef {import('../session/goods.js').Place} Place
 * @typedef {import('../session/goods.js').Balance} Balance
 */

/** @param {View} view @param {string} text @param {unknown} results @returns {Html} */
export function searchBody(view, text, results) {
  return html`${searchField(view, text, "/edge/lookup/results")}
    <div id="results">${results}</div>`;
}

/** Answers while one types. @param {View} view @param {string} text @param {string} path who answers @returns {Html} */
export function searchField(view, text, path) {
  return html`<div class="search">
      <label class="visually-hidden" for="search-text">${view.t("lookup.search")}</label>
      ${icon("lookup")}<input class="input" id="search-text" name="text" value="${text}" type="search" hx-get="${path}" hx-target="#results" hx-trigger="input changed delay:120ms, search" placeholder="${view.t("lookup.search")}" autocomplete="off" enterkeyhint="search">
    </div>`;
}

/** @param {View} view @returns {Html} */
export function nothingYet(view) {
  return prompt("scan", view.t("lookup.prompt"), view.t("lookup.prompt_detail"));
}

/** @param {View} view @param {Item[]} items @param {Place[]} places @returns {Html} */
export function results(view, items, places) {
  if (items.length + places.length === 0) return html`<p class="quiet">${view.t("lookup.nothing")}</p>`;
  return html`<ul class="rows">
    ${places.map((place) => html`<li><button class="row" type="button" hx-get="/edge/locations/${place.id}" hx-target="#screen">${icon("place")}
      <span class="row-main"><b>${place.code}</b><span class="row-sub">${view.t(`place.kind.${place.kind}`)}</span></span>${icon("chevron")}</button></li>`)}
    ${items.map((item) => html`<li><button class="row" type="button" hx-get="/edge/items/${item.id}" hx-target="#screen">${icon("item")}
      <span class="row-main"><b>${item.name}</b><span class="row-sub">${item.code}</span></span>${icon("chevron")}</button></li>`)}
  </ul>`;
}

/**
 * Stock by place and lot, with the age of what is shown.
 * @param {View} view @param {Item} item @param {{place: Place|null, balance: Balance, hidden: boolean}[]} stock hidden: being counted blind @param {number|null} asOf @returns {Html}
 */
export function itemCard(view, item, stock, asOf) {
  const total = stock.reduce((sum, { balance, hidden }) => (hidden ? sum : add(sum, balance.on_hand)), "0");
  return html`<article class="card subject">
      <div class="line-name"><h2>${item.name}</h2><p class="line-code">${item.code}</p>
        <span class="marks">${item.active === false && html`<span class="badge bad">${view.t("goods.inactive")}</span>`}
          ${item.lot && html`<span class="badge accent">${view.t("goods.has_lots")}</span>`}${item.expiry && html`<span class="badge accent">${view.t("goods.has_expiry")}</span>`}${item.serial && html`<span class="badge accent">${view.t("goods.has_serials")}</span>`}</span></div>
      <p class="line-amount"><span class="amount ${sizeOf(total)}">${figure(total)}</span><span class="amount-unit">${item.unit}</span></p>
    </article>
    ${asOfLine(view, asOf)}
    <ul class="rows">${stock.map(({ place, balance, hidden }) => html`<li><button class="row ${balance.pending ? "pending" : ""}" type="button" hx-get="/edge/locations/${balance.location}">
      <span class="row-main"><b class="place-code">${place ? place.code : balance.location}</b>${marks(view, balance)}</span>${hidden ? noFigure(view) : amountOf(view, item, balance)}</button></li>`)}</ul>
    ${stock.length === 0 && html`<p class="quiet">${view.t("lookup.no_stock")}</p>`}`;
}

/** @param {View} view @param {Item|null} item @param {Balance} balance @returns {Html} */
function amountOf(view, item, balance) {
  const held = balance.held && cmp(balance.held, "0") > 0 ? balance.held : null;
  return html`<span class="row-amount">${figure(balance.on_hand)}<small>${item ? item.unit : ""}</small>
    ${held && html`<small class="held">${view.t("goods.held")} ${figure(held)}</small>`}
    ${balance.pending && html`<small class="pending-mark">${icon("waiting")}<span class="visually-hidden">${view.t("goods.pending")}</span></small>`}</span>`;
}

/** @param {View} view @param {Place} place @param {{item: Item|null, balance: Balance, hidden: boolean}[]} contents @param {number|null} asOf @returns {Html} */
export function placeCard(view, place, contents, asOf) {
  return html`<article class="card subject place">
      <span class="subject-icon">${icon(place.kind === "tote" || place.kind === "carton" ? "tote" : "place")}</span>
      <div class="line-name"><h2 class="place-code">${place.code}</h2><p class="line-code">${view.t(`place.kind.${place.kind}`)}</p>
        ${place.active === false && html`<span class="badge bad">${view.t("place.inactive")}</span>`}</div>
      <p class="line-amount"><span class="amount plain">${contents.length}</span><span class="amount-unit">${view.t("lookup.kinds_of_goods")}</span></p>
    </article>
    ${asOfLine(view, asOf)}
    <ul class="rows">${contents.map(({ item, balance, hidden }) => html`<li><button class="row ${balance.pending ? "pending" : ""}" type="button" hx-get="/edge/items/${balance.item}">
      <span class="row-main"><b>${item ? item.name : balance.item}</b><span class="row-sub">${item ? item.code : ""}</span>${marks(view, balance)}</span>${hidden ? noFigure(view) : amountOf(view, item, balance)}</button></li>`)}</ul>
    ${contents.length === 0 && html`<p class="quiet">${view.t("lookup.empty_place")}</p>`}`;
}

/** @param {View} view @param {number|null} asOf @returns {Html} */
function asOfLine(view, asOf) {
  return html`<p class="as-of">${icon("clock")}${view.t("lookup.as_of", { when: ago(view, asOf) })}</p>`;
}

/** Somebody is to count here without knowing the book. @param {View} view @returns {Html} */
function noFigure(view) {
  return html`<span class="row-amount"><small>${view.t("count.no_figure")}</small></span>`;
}

/** @param {View} view @param {string} print where the label form is @param {string|null} [count] the place that may be counted now @returns {Html} */
export function cardActions(view, print, count = null) {
  return html`${count && html`<button class="button large wide" type="button" hx-post="/edge/count/at" hx-vals='${JSON.stringify({ location: count })}'>${icon("count")}${view.t("count.here")}</button>`}<button class="button large wide" type="button" hx-get="${print}">${icon("printer")}${view.t("print.title")}</button>`;
}
