/** Transfers, material for production and bins to fill up: what there is, from where to where, and what of it is left. */

import { html } from "../html.js";
import { nextTake } from "../session/carry.js";
import { lineCard, lineRow, whichMark } from "./goods.js";
import { figure, icon, marks, placeCode } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/carry.js').Session} Session
 * @typedef {import('../session/carry.js').Job} Job
 * @typedef {{pad: boolean, waiting: Job[], lines: {item: import('../session/goods.js').Item, rest: string}[]}} State
 */

const PICTURES = { refill: "empty", send: "arrow", issue: "item", receive: "receive" };

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, { pad, waiting, lines }) {
  if (!session.job) return waiting.length ? list(view, waiting) : prompt("check", view.t("carry.nothing"), view.t("carry.nothing_detail"));
  const line = session.hand?.line ?? session.last?.line;
  if (session.open) return html`${head(view, session)}${lineCard(view, session.open.line, { tone: "open compact" })}${whichMark(view, { action: "/edge/carry/marks", line: session.open.line, choices: session.open.choices })}`;
  if (pad && line) return html`${lineCard(view, line, { tone: "compact" })}${numberPad(view, { action: "/edge/carry/quantity", name: "quantity", mode: "quantity", scale: line.item.scale ?? 0, label: view.t("ask.quantity", { unit: line.item.unit }), back: "/edge/carry" })}`;
  return html`${head(view, session)}${session.job.kind === "refill" ? refill(view, session) : transfer(view, session, lines)}`;
}

/** @param {View} view @param {Job[]} waiting @returns {Html} */
function list(view, waiting) {
  return html`<ul class="rows">${waiting.slice(0, 40).map((job) => html`<li><button class="row" type="button" hx-post="/edge/carry/job" hx-vals='${JSON.stringify({ job: job.id, kind: job.kind })}'>${icon(PICTURES[job.kind])}
    <span class="row-main"><b>${job.number}</b><span class="row-sub">${view.t(`carry.${job.kind}`)} · ${job.other}</span></span>
    <span class="row-amount">${job.kind === "refill" ? figure(job.takes[0]?.quantity ?? "0") : String(job.lines.length)}<small>${job.kind === "refill" ? job.item?.unit : view.t("lookup.kinds_of_goods")}</small></span></button></li>`)}</ul>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function head(view, session) {
  const job = /** @type {Job} */ (session.job);
  const take = session.hand?.source ?? nextTake(session)?.source ?? null;
  const [source, target] = job.kind === "refill" ? [take, job.home] : job.kind !== "receive" ? [session.source, { code: job.other }] : [{ code: job.other }, session.target];
  return html`<p class="whoami">${icon(PICTURES[job.kind])}<b>${view.t(`carry.${job.kind}`)}</b><span>${job.number}</span></p>
    <div class="route still"><span class="route-end"><span class="route-label">${view.t("move.source")}</span>${placeCode(source, view.t("place.scan"))}</span>
    <span class="route-arrow">${icon("arrow")}</span>
    <span class="route-end"><span class="route-label">${view.t("move.target")}</span>${placeCode(target, view.t("place.scan"))}</span></div>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function refill(view, session) {
  const job = /** @type {Job} */ (session.job);
  if (session.hand) return html`${lineCard(view, session.hand.line, { edit: session.hand.line.item.serial ? null : "/edge/carry?pad=1" })}${prompt("place", view.t("carry.bring_to", { code: job.home?.code }))}`;
  const take = nextTake(session);
  if (!take || !job.item) return prompt("check", view.t("carry.filled"), session.last ? null : view.t("carry.none_left"));
  return html`<article class="card line"><div class="line-name"><h2>${job.item.name}</h2><p class="line-code">${job.item.code}</p>${marks(view, take)}</div>
    <p class="line-amount"><span class="amount big">${figure(take.quantity)}</span><span class="amount-unit">${job.item.unit}</span></p></article>${prompt("scan", view.t("carry.take_from", { code: take.source.code }))}`;
}

/** @param {View} view @param {Session} session @param {State["lines"]} lines @returns {Html} */
function transfer(view, session, lines) {
  const open = lines.filter(({ rest }) => rest !== "0" && !rest.startsWith("-"));
  const line = session.last?.line;
  return html`${line && lineCard(view, line, { sign: session.job?.kind === "receive" ? "+" : "→", edit: line.item.serial ? null : "/edge/carry?pad=1", tone: "good" })}
    ${open.length ? html`<h2 class="rows-title">${view.t("carry.left", { n: open.length })}</h2><ul class="rows">${open.slice(0, 30).map(({ item, rest }) => lineRow(view, { item, quantity: rest, unit: item.unit, factor: "1" }))}</ul>` : prompt("check", view.t("carry.done"))}
    ${!line && prompt("scan", view.t("carry.scan_goods"))}`;
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, session) {
  if (!session.job) return null;
  if (session.open || session.hand) {
    return html`<button class="button large" type="button" hx-post="/edge/carry/cancel">${icon("close")}${view.t("action.put_back")}</button>
      ${session.hand && !session.hand.line.item.serial && html`<button class="button large primary grow" type="button" hx-get="/edge/carry?pad=1">${icon("pad")}${view.t("action.quantity")}</button>`}`;
  }
  const canBeShort = session.job.kind === "refill" && nextTake(session);
  return html`<button class="button large" type="button" hx-post="/edge/carry/cancel">${icon("back")}${view.t("carry.leave")}</button>
    ${canBeShort && html`<button class="button large" type="button" hx-post="/edge/carry/short">${icon("short")}${view.t("action.short")}</button>`}
    ${session.last?.id && html`<button class="button large grow" type="button" hx-post="/edge/undo/${session.last.id}">${icon("undo")}${view.t("action.undo")}</button>`}`;
}
