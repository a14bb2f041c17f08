/** Guided picking: the bin in the largest letters, what and how many, where next; the tasks; the end of one. */

import { html } from "../html.js";
import { positionOf, REASONS, toteOf } from "../session/guide.js";
import { whichMark } from "./goods.js";
import { figure, icon, marks, sizeOf } from "./parts.js";
import { numberPad, prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/guide.js').Session} Session
 * @typedef {import('../session/guide.js').Visit} Visit
 * @typedef {import('../session/guide.js').Back} Back
 * @typedef {import('../session/goods.js').Place} Place
 * @typedef {import('../session/pick_task.js').Task} Task
 * @typedef {{visit: Visit, then: Visit|undefined, left: number, isLast: boolean, backs: Back[], pad: boolean}} State
 */

// The line to pick

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, { visit, then, left, backs, pad }) {
  if (pad && session.last) return html`${lastCard(view, session)}${quantityPad(view, session)}`;
  return html`${progress(view, session, left)}
    <div class="guide-news" hx-get="/edge/guide/news" hx-trigger="rows:changed from:body delay:300ms" hx-target="this">${news(view, { lost: null, backs: backs.length })}</div>
    ${work(view, session, visit, then)}`;
}

/** What has come in from elsewhere about the task in hand. @param {View} view @param {{lost: string|null, backs: number}} state @returns {Html|null} */
export function news(view, { lost, backs }) {
  if (lost !== null) return html`<p class="notice bad" role="alert">${icon("caution")}${view.t("guide.lost", { who: lost })}</p>`;
  return backs > 0 ? html`<p class="notice caution" role="status">${icon("caution")}${view.t("guide.back_later", { n: backs })}</p>` : null;
}

/** @param {View} view @param {Session} session @param {Visit} visit @param {Visit|undefined} then @returns {Html} */
function work(view, session, visit, then) {
  if (session.open) return html`${visitCard(view, session, visit, { compact: true })}${whichMark(view, { action: "/edge/guide/marks", line: session.open.line, choices: session.open.choices })}`;
  if (session.held) return hand(view, session);
  if (session.emptied) return html`${isItEmpty(view, session.emptied.place)}${after(view, visit)}`;
  if (session.task?.kind !== "cluster" && !toteOf(session, visit.lines[0].notice)) return html`${visitCard(view, session, visit, { compact: true })}${prompt("tote", view.t("guide.prompt_tote"))}`;
  return html`${visitCard(view, session, visit)}${after(view, then)}`;
}

/** How far the task is and where the goods go; a tap shows all tasks. @param {View} view @param {Session} session @param {number} left @returns {Html} */
function progress(view, session, left) {
  const task = /** @type {NonNullable<Session["task"]>} */ (session.task);
  const totes = [...new Set(Object.values(session.totes).map(({ code }) => code))];
  const into = totes.length > 2 ? view.t("guide.totes", { n: totes.length }) : totes.join(" · ");
  return html`<button class="route guide-route" type="button" hx-get="/edge/guide/list">
    ${icon("tote")}<span class="route-end"><b class="place-code">${into || view.t("place.scan")}</b></span>
    <span class="guide-left"><b>${left}</b><small>${view.t("guide.left_of", { n: Math.max(task.places, left) })}</small></span></button>`;
}

/** @param {View} view @param {Session} session @param {Visit} visit @param {{compact?: boolean}} [options] @returns {Html} */
function visitCard(view, session, { place, item, lot, expiry, lines, quantity }, { compact = false } = {}) {
  const isAt = session.source?.id === place.id;
  const serials = item.serial ? lines.map(({ serial }) => serial).filter(Boolean) : [];
  return html`<article class="card visit ${compact ? "compact" : ""} ${isAt ? "at" : ""}">
    <p class="visit-place"><b class="place-code">${session.source?.code ?? place.code}</b>${isAt && icon("check")}</p>
    <div class="visit-goods">
      <div class="line-name"><h2>${item.name}</h2><p class="line-code">${item.code}</p>${marks(view, { lot, expiry, serial: serials.slice(0, 2).join(" · ") })}</div>
      <p class="line-amount"><span class="amount ${sizeOf(quantity)}">${figure(quantity)}</span><span class="amount-unit">${item.unit}</span></p>
    </div></article>`;
}

/** Where one goes then. @param {View} view @param {Visit|undefined} visit @returns {Html} */
function after(view, visit) {
  return visit
    ? html`<p class="visit-then">${icon("arrow")}<span>${view.t("guide.then")}</span><b>${visit.place.code}</b><span class="visit-then-name">${visit.item.name}</span></p>`
    : html`<p class="visit-then">${icon("check")}<span>${view.t("guide.last_one")}</span></p>`;
}

/** What is in the hand, and the tote it goes into next. @param {View} view @param {Session} session @returns {Html} */
function hand(view, session) {
  const { goods, parts: [part, ...rest] } = /** @type {NonNullable<Session["held"]>} */ (session.held);
  const position = positionOf(session, part.notice);
  return html`<article class="card visit put">
    <p class="visit-place">${icon("tote")}<b class="place-code">${session.totes[part.notice]?.code ?? view.t("guide.tote_n", { n: position })}</b><span class="badge accent">${position}</span></p>
    <div class="visit-goods"><div class="line-name"><h2>${goods.item.name}</h2><p class="line-code">${goods.item.code}</p>${marks(view, goods)}</div>
      <p class="line-amount"><span class="amount ${sizeOf(part.quantity)}">${figure(part.quantity)}</span><span class="amount-unit">${goods.item.unit}</span></p></div>
    </article>${prompt("tote", view.t("guide.prompt_put"), rest.length > 0 && view.t("guide.put_more", { n: rest.length }))}`;
}

/** Asked, and answered under the thumb; the next scan may pass over it. @param {View} view @param {Place} place @returns {Html} */
function isItEmpty(view, place) {
  return html`<article class="card visit ask"><p class="visit-place"><b class="place-code">${place.code}</b></p><h2>${view.t("guide.ask_empty")}</h2></article>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function lastCard(view, session) {
  const { goods } = /** @type {NonNullable<Session["last"]>} */ (session.last);
  return html`<article class="card line compact"><div class="line-name"><h2>${goods.item.name}</h2><p class="line-code">${goods.item.code}</p>${marks(view, goods)}</div>
    <p class="line-amount"><span class="amount ${sizeOf(goods.quantity)}">${figure(goods.quantity)}</span><span class="amount-unit">${goods.item.unit}</span></p></article>`;
}

/** @param {View} view @param {Session} session @returns {Html} */
function quantityPad(view, session) {
  const { item } = /** @type {NonNullable<Session["last"]>} */ (session.last).goods;
  return numberPad(view, { action: "/edge/guide/quantity", name: "quantity", mode: "quantity", scale: item.scale ?? 0, label: view.t("ask.quantity", { unit: item.unit }), back: "/edge/guide" });
}

/** @param {View} view @param {Session} session @param {State} state @returns {Html|null} */
export function actions(view, session, { isLast }) {
  if (session.open || session.held) return html`<button class="button large wide" type="button" hx-post="/edge/guide/cancel">${icon("close")}${view.t("action.cancel_line")}</button>`;
  const last = session.last?.ids.length ? session.last : null;
  if (session.emptied) {
    return html`${last && html`<button class="button large" type="button" hx-post="/edge/guide/undo">${icon("undo")}${view.t("action.undo")}</button>`}
      <button class="button large" type="button" hx-post="/edge/guide/empty" hx-vals='{"answer": "no"}'>${icon("item")}${view.t("guide.empty_no")}</button>
      <button class="button large primary" type="button" hx-post="/edge/guide/empty" hx-vals='{"answer": "yes"}'>${icon("empty")}${view.t("guide.empty_yes")}</button>`;
  }
  return html`<button class="button large" type="button" hx-get="/edge/guide/short">${icon("short")}${view.t("action.short")}</button>
    ${!isLast && html`<button class="button large" type="button" hx-post="/edge/guide/skip">${icon("chevron")}${view.t("action.skip")}</button>`}
    ${last && html`<button class="button large" type="button" hx-post="/edge/guide/undo">${icon("undo")}${view.t("action.undo")}</button>`}
    ${last && !last.goods.item.serial && html`<button class="button large" type="button" hx-get="/edge/guide?pad=1">${icon("pad")}${view.t("action.quantity")}</button>`}`;
}

// From zone to zone

/** This zone is picked: the totes go to whoever picks the next one; the next scan there may pass over the question. @param {View} view @param {Session} session @param {Visit[]} visits @returns {{body: Html, actions: Html}} */
export function border(view, session, visits) {
  const [next] = visits;
  const zone = next.place.zone ?? "";
  return {
    body: html`${progress(view, session, visits.reduce((sum, { lines }) => sum + lines.length, 0))}<article class="card visit ask"><p class="visit-place">${icon("tote")}<b class="place-code">${zone}</b></p>
      <h2>${view.t("guide.border", { done: session.zone, zone })}</h2></article>${after(view, next)}`,
    actions: html`<button class="button large" type="button" hx-post="/edge/guide/zone">${icon("arrow")}${view.t("guide.go_on")}</button>
      <button class="button large primary" type="button" hx-post="/edge/guide/leave">${icon("leave")}${view.t("guide.hand_over")}</button>`,
  };
}

// Too little is there

/** @param {View} view @param {Visit} visit @returns {Html} */
export function short(view, visit) {
  return html`<article class="card visit compact"><p class="visit-place"><b class="place-code">${visit.place.code}</b></p>
      <div class="visit-goods"><div class="line-name"><h2>${visit.item.name}</h2><p class="line-code">${visit.item.code}</p>${marks(view, { lot: visit.lot })}</div>
      <p class="line-amount"><span class="amount">${figure(visit.quantity)}</span><span class="amount-unit">${visit.item.unit}</span></p></div></article>
    <h2 class="question-words">${icon("short")}${view.t("guide.short_why")}</h2>
    <ul class="choices tall">${REASONS.map((reason) => html`<li><button class="choice" type="button" hx-post="/edge/guide/short" hx-vals='${JSON.stringify({ reason })}'><b>${view.t(`guide.short.${reason}`)}</b></button></li>`)}</ul>`;
}

// What goes back

/** @param {View} view @param {Back[]} backs @returns {{body: Html, actions: Html|null}} */
export function back(view, [first, ...others]) {
  const { item, quantity, source, target, lot, serial, reason } = first;
  return {
    body: html`<p class="notice caution">${icon("caution")}${view.t(reason === "cancelled" ? "guide.cancelled" : "guide.less")}</p>
      <article class="card visit put"><p class="visit-place">${icon("undo")}<b class="place-code">${target?.code ?? view.t("guide.any_bin")}</b></p>
        <div class="visit-goods"><div class="line-name"><h2>${item.name}</h2><p class="line-code">${item.code} · ${view.t("guide.out_of", { code: source.code })}</p>${marks(view, { lot, serial })}</div>
        <p class="line-amount"><span class="amount ${sizeOf(quantity)}">${figure(quantity)}</span><span class="amount-unit">${item.unit}</span></p></div></article>
      ${prompt("place", view.t("guide.prompt_back"), others.length > 0 && view.t("guide.back_more", { n: others.length }))}`,
    actions: null,
  };
}

// The tasks, and the end of one

/** @param {View} view @param {Task[]} tasks @param {Session} session @returns {Html} */
export function list(view, tasks, session) {
  const kept = refreshed(session.task ? "/edge/guide/list" : "/edge/guide");
  if (!tasks.length) return html`${prompt("check", view.t("guide.none"), view.t("guide.none_detail"))}${kept}`;
  return html`${kept}<ul class="rows">${tasks.slice(0, 50).map((task) => taskRow(view, task, task.id === session.task?.id))}</ul>`;
}

/** Drawn anew when rows have come, once the eye has taken in what was just said. @param {string} path @returns {Html} */
function refreshed(path) {
  return html`<div hx-get="${path}" hx-trigger="rows:changed from:body delay:1500ms" hx-target="#screen" hidden></div>`;
}

/** @param {View} view @param {Task} task @param {boolean} isCurrent @returns {Html} */
function taskRow(view, task, isCurrent) {
  const inside = html`${icon({ single: "pick", back: "undo" }[/** @type {string} */ (task.kind)] ?? "wave")}
    <span class="row-main"><b>${task.number}</b><span class="row-sub">${[task.due && view.t("guide.due", { day: task.due.slice(5) }), task.customer].filter(Boolean).join(" · ")}</span>
      ${stateBadge(view, task, isCurrent)}</span>
    <span class="row-amount">${task.places}<small>${view.t(task.kind === "back" ? "guide.to_put_back" : "guide.places")}</small></span>`;
  if (task.holder === "other") return html`<li class="row">${inside}</li>`;
  return html`<li><button class="row" type="button" hx-post="/edge/guide/take" hx-vals='${JSON.stringify({ task: task.id })}'>${inside}</button></li>`;
}

/** @param {View} view @param {Task} task @param {boolean} isCurrent @returns {Html|null} */
function stateBadge(view, task, isCurrent) {
  if (isCurrent) return html`<span class="badge good">${view.t("guide.current")}</span>`;
  if (task.holder === "me") return html`<span class="badge accent">${view.t("guide.mine")}</span>`;
  if (task.holder === "other") return html`<span class="badge">${icon("person")}${task.taker}</span>`;
  return task.priority > 0 ? html`<span class="badge caution">${view.t("guide.urgent")}</span>` : null;
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function listActions(view, session) {
  if (!session.task) return html`<button class="button large wide primary" type="button" hx-post="/edge/guide/next">${icon("pick")}${view.t("guide.next")}</button>`;
  return html`<button class="button large grow" type="button" hx-post="/edge/guide/leave">${icon("leave")}${view.t("guide.leave")}</button>`;
}

/** @param {View} view @param {Session} session @param {{walk: {walked: number, saved: number}|null, missing: number, isLive: boolean, next: Task|null}} state  isLive: the floor still has it, as it is to be packed or sent @returns {{body: Html, actions: Html}} */
export function finished(view, session, { walk, missing, isLive, next }) {
  const words = session.task?.kind === "back" ? "guide.all_back" : isLive && walk ? "guide.finished" : "guide.over";
  const totes = [...new Set(Object.values(session.totes).map(({ code }) => code))];
  return {
    body: html`<article class="card done-card">${icon("check")}<p><b>${view.t(words, { number: session.task?.number })}</b>
        ${isLive && totes.length > 0 && html`<span>${view.t("guide.bring", { code: totes.join(" · ") })}</span>`}</p></article>
      ${missing > 0 && html`<p class="notice caution">${icon("short")}${view.t("guide.missing", { n: missing })}</p>`}
      ${walk && html`<p class="guide-walk"><span>${view.t("guide.walked", { n: walk.walked })}</span>${walk.saved > 0 && html`<span class="saved">${view.t("guide.saved", { n: walk.saved })}</span>`}</p>`}
      ${offer(view, next)}`,
    actions: nextAction(view, next, session),
  };
}

/** Somebody else was first, or was given it. @param {View} view @param {{who: string, picked: number, next: Task|null}} state @returns {{body: Html, actions: Html}} */
export function lost(view, { who, picked, next }) {
  return {
    body: html`<p class="notice bad">${icon("caution")}${view.t("guide.lost", { who })}</p>${picked > 0 && html`<p class="lead">${view.t("guide.lost_picked", { who })}</p>`}${offer(view, next)}`,
    actions: nextAction(view, next, null),
  };
}

/** The next task stands there by itself. @param {View} view @param {Task|null} task @returns {Html} */
function offer(view, task) {
  if (!task) return html`${refreshed("/edge/guide")}${prompt("check", view.t("guide.none"), view.t("guide.none_detail"))}`;
  return html`${refreshed("/edge/guide")}<h2 class="rows-title">${view.t("guide.up_next")}</h2><ul class="rows">${taskRow(view, task, false)}</ul>${prompt("tote", view.t("guide.prompt_next_tote"))}`;
}

/** @param {View} view @param {Task|null} task @param {Session|null} session @returns {Html} */
function nextAction(view, task, session) {
  return html`${session?.last?.ids.length && html`<button class="button large" type="button" hx-post="/edge/guide/undo">${icon("undo")}${view.t("action.undo")}</button>`}
    ${!session && html`<button class="button large" type="button" hx-get="/edge/guide/list">${icon("menu")}${view.t("guide.list_short")}</button>`}
    ${task && html`<button class="button large primary grow" type="button" hx-post="/edge/guide/next">${icon("pick")}${view.t("guide.next")}</button>`}`;
}
