/** Binding a code: what it is, which item, which unit. */

import { html } from "../html.js";
import { figure, icon } from "./parts.js";
import { searchField } from "./lookup.js";
import { prompt } from "./screen.js";
import { unitsOf } from "../session/bind.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/bind.js').Session} Session
 * @typedef {import('../session/goods.js').Item} Item
 */

/** One tap below a refused scan. @param {View} view @param {{code: string, like: string[], from: string}} stranger @returns {Html} */
export function offer(view, stranger) {
  return html`<button class="button large primary offer" type="button" hx-post="/edge/bind" hx-vals='${JSON.stringify({ ...stranger, like: stranger.like.join(" ") })}'>${icon("plus")}${view.t("bind.offer")}</button>`;
}

/** @param {View} view @param {Session} session @param {Item[]} proposed @returns {Html} */
export function body(view, session, proposed) {
  return html`<p class="new-code">${icon("scan")}<b>${session.code}</b></p>
    ${session.item ? unitQuestion(view, session, session.item) : itemQuestion(view, proposed)}`;
}

/** @param {View} view @param {Item[]} proposed @returns {Html} */
function itemQuestion(view, proposed) {
  return html`${searchField(view, "", "/edge/bind/results")}
    <div id="results">${proposed.length ? html`<h2 class="group-title">${view.t("bind.like")}</h2>${results(view, proposed)}` : nothingYet(view)}</div>`;
}

/** @param {View} view @returns {Html} */
export function nothingYet(view) {
  return prompt("item", view.t("bind.prompt"), view.t("bind.prompt_detail"));
}

/** @param {View} view @param {Item[]} items @returns {Html} */
export function results(view, items) {
  if (items.length === 0) return html`<p class="quiet">${view.t("lookup.nothing")}</p>`;
  return html`<ul class="rows">${items.map((item) => html`<li><button class="row" type="button" hx-post="/edge/bind/item" hx-vals='${JSON.stringify({ item: item.id })}' hx-target="#screen">${icon("item")}
    <span class="row-main"><b>${item.name}</b><span class="row-sub">${item.code}</span></span>${icon("chevron")}</button></li>`)}</ul>`;
}

/** @param {View} view @param {Session} session @param {Item} item @returns {Html} */
function unitQuestion(view, session, item) {
  return html`<article class="card subject"><span class="subject-icon">${icon("item")}</span>
      <div class="line-name"><h2>${item.name}</h2><p class="line-code">${item.code}</p></div></article>
    <section class="group"><h2 class="group-title">${view.t("bind.one_scan")}</h2><ul class="choices">
      ${unitsOf(item).map(({ name, factor }) => html`<li><button class="choice" type="button" aria-pressed="${name === session.unit ? "true" : "false"}" hx-post="/edge/bind/unit" hx-vals='${JSON.stringify({ unit: name })}'>
        <b>1 ${name}</b>${name !== item.unit && html`<span>= ${figure(factor)} ${item.unit}</span>`}</button></li>`)}</ul></section>`;
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (!session.item) return null;
  return html`<button class="button large" type="button" hx-post="/edge/bind/cancel">${icon("close")}${view.t("bind.other_item")}</button>
    <button class="button large primary grow" type="button" hx-post="/edge/bind/confirmation">${icon("check")}${view.t("bind.confirm")}</button>`;
}
