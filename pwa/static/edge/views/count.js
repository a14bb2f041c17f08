/** Counting: the place, what was counted so far, one tap when done. The book's figure is not here. */

import { html } from "../html.js";
import { lineCard, whichMark } from "./goods.js";
import { figure, icon, marks, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/count.js').Session} Session
 * @typedef {import('../session/count_tasks.js').CountTask} CountTask
 */

/** @param {View} view @param {Session} session @param {{pad: boolean, tasks: CountTask[]}} state @returns {Html} */
export function body(view, session, { pad, tasks }) {
  return html`<div class="route still"><span class="route-end"><span class="route-label">${view.t("count.place")}</span>${placeCode(session.location, view.t("place.scan"))}</span>
      ${session.lines.length > 0 && html`<span class="route-count" role="img" aria-label="${view.t("count.lines", { n: session.lines.length })}">${session.lines.length}</span>`}</div>
    ${work(view, session, pad, tasks)}`;
}

/** @param {View} view @param {Session} session @param {boolean} pad @param {CountTask[]} tasks @returns {Html} */
function work(view, session, pad, tasks) {
  if (session.open) {
    const choices = session.open.lots.map((lot) => ({ lot }));
    return html`${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/count/marks", line: session.open.line, choices, blind: true })}`;
  }
  const [line, ...others] = session.lines;
  if (line && pad) return html`${lineCard(view, line, { tone: "compact" })}${quantityPad(view, line)}`;
  if (line) return html`${lineCard(view, line, { edit: line.item.serial ? null : "/edge/count?pad=1" })}${countedRows(view, others)}`;
  if (session.location) return prompt("scan", view.t("count.prompt_item"), view.t("count.prompt_item_detail"));
  return html`${session.done && doneCard(view, session.done)}${prompt("place", view.t("count.prompt_place"), session.done ? null : view.t("count.prompt_place_detail"))}${tasks.length > 0 && wanted(view, tasks)}`;
}

/** The places to be counted, as one walks; those that want another pair of eyes last. @param {View} view @param {CountTask[]} tasks @returns {Html} */
function wanted(view, tasks) {
  const ordered = [...tasks.filter(({ again }) => !again), ...tasks.filter(({ again }) => again)];
  return html`<h2 class="rows-title">${view.t("count.wanted", { n: tasks.length })}</h2><ul class="rows">${ordered.slice(0, 50).map((task) => html`<li><button class="row" type="button" hx-post="/edge/count/at" hx-vals='${JSON.stringify({ location: task.location.id })}'>${icon("place")}
    <span class="row-main"><b class="place-code">${task.location.code}</b><span class="row-sub">${task.number}</span>${task.again && html`<span class="badge caution">${view.t("count.by_another")}</span>`}</span>${icon("chevron")}</button></li>`)}</ul>`;
}

/** @param {View} view @param {import('../session/goods.js').Line[]} lines @returns {Html} */
function countedRows(view, lines) {
  return html`<ul class="rows">${lines.map((line, index) => html`<li><button class="row" type="button" hx-post="/edge/count/choose" hx-vals='${JSON.stringify({ index: index + 1 })}'>
    <span class="row-main"><b>${line.item.name}</b><span class="row-sub">${line.item.code}</span>${marks(view, line)}</span>
    <span class="row-amount">${figure(line.quantity)}<small>${line.item.unit}</small></span></button></li>`)}</ul>`;
}

/** @param {View} view @param {NonNullable<Session['done']>} done @returns {Html} */
function doneCard(view, done) {
  return html`<article class="card done-card">${icon("check")}<p><b class="place-code">${done.location.code}</b>
    <span>${done.lines ? view.t("count.lines", { n: done.lines }) : view.t("count.was_empty")}</span></p></article>`;
}

/** @param {View} view @param {import('../session/goods.js').Line} line @returns {Html} */
function quantityPad(view, line) {
  return numberPad(view, { action: "/edge/count/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/count" });
}

/** @param {View} view @param {Session} session @param {{pad: boolean}} state @returns {Html|null} */
export function actions(view, session, { pad }) {
  if (session.open) return html`<button class="button large wide" type="button" hx-post="/edge/count/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  if (pad) return null;
  if (session.lines.length) {
    return html`<button class="button large" type="button" hx-get="/edge/count?pad=1">${icon("pad")}${view.t("action.quantity")}</button>
      <button class="button large primary grow" type="button" hx-post="/edge/count/done">${icon("check")}${view.t("action.done")}</button>`;
  }
  if (session.location) {
    return html`<button class="button large" type="button" hx-post="/edge/count/cancel">${icon("close")}${view.t("action.leave_place")}</button>
      <button class="button large grow" type="button" hx-post="/edge/count/empty">${icon("empty")}${view.t("action.empty_bin")}</button>`;
  }
  return session.done?.id ? html`<button class="button large wide" type="button" hx-post="/edge/undo/${session.done.id}">${icon("undo")}${view.t("action.undo")}</button>` : null;
}
