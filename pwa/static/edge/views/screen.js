/** The frame of every screen: bar above, work in the middle, actions under the thumb, and what just happened. */

import { html, raw } from "../html.js";
import { icon } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 * @typedef {{name: string, title: string, back?: string|null, body: unknown, actions?: unknown, feedback?: Feedback|null,
 *   camera?: boolean, badge?: unknown, unfinished?: boolean}} Frame  unfinished: an update has to wait
 */

const MARK = new URL("../../icons/mark.svg", import.meta.url).pathname;
const FEEDBACK_ICONS = { good: "check", caution: "caution", bad: "refused", quiet: "check" };

/** @param {View} view @param {Frame} frame @returns {Html} */
export function screen(view, { name, title, back = "/edge/home", body, actions, feedback, camera = false, badge, unfinished = false }) {
  return html`<section class="screen" data-screen="${name}"${unfinished ? raw(" data-unfinished") : ""} lang="${view.lang === "en" ? "en" : "zh-CN"}">
    <header class="bar">
      ${back && html`<button class="bar-button" type="button" hx-get="${back}" aria-label="${view.t("screen.back")}">${icon("back")}</button>`}
      ${!back && html`<img class="bar-mark" src="${MARK}" alt="" width="32" height="32">`}
      <h1 class="bar-title">${title}</h1>
      ${camera && html`<button class="bar-button" type="button" data-camera="toggle" aria-label="${view.t("screen.camera")}">${icon("camera")}</button>`}
      <span class="bar-badge" id="queue" hx-get="/edge/badge" hx-trigger="every 5s, queue:changed from:body delay:150ms" hx-target="this">${badge}</span>
    </header>
    ${feedback && told(view, feedback)}
    <div class="work">${body}</div>
    ${actions && html`<footer class="thumb">${actions}</footer>`}
  </section>`;
}

/**
 * What just happened. The element beeps, vibrates and colours the screen when it comes into the page, and
 * goes with the next answer; nothing has to be closed.
 * @param {View} view @param {Feedback} feedback @returns {Html}
 */
export function told(view, feedback) {
  const words = view.t(feedback.key, feedback.args);
  const picture = icon(FEEDBACK_ICONS[feedback.tone]);
  if (feedback.tone === "quiet") return html`<scan-feedback tone="quiet" role="status" class="visually-hidden">${words}</scan-feedback>`;
  return html`<scan-feedback tone="${feedback.tone}" class="feedback ${feedback.tone}" role="${feedback.tone === "bad" ? "alert" : "status"}">
    <span class="flash" aria-hidden="true">
      <span class="flash-icon">${picture}</span>
      ${feedback.numeral && html`<span class="flash-numeral">${feedback.numeral}</span>`}
      <span class="flash-words">${words}</span>
    </span>
    <span class="told">${picture}<span>${words}</span></span>
  </scan-feedback>`;
}

/** How much still has to reach the server, and how much somebody has to look at. @param {View} view @param {{waiting: number, attention: number, online: boolean, storage?: string}} summary @returns {Html} */
export function queueBadge(view, { waiting, attention, online }) {
  const tone = attention ? "bad" : waiting ? "caution" : "good";
  const queue = waiting ? view.t("badge.waiting", { n: waiting }) : view.t(online ? "badge.synced" : "badge.offline");
  const words = attention ? `${view.t("badge.attention", { n: attention })}, ${queue}` : queue;
  return html`<button class="queue ${tone}" type="button" hx-get="/edge/waiting" hx-target="#screen" aria-label="${words}">
    ${attention > 0 && html`${icon("caution")}<b>${attention}</b>`}
    ${(waiting > 0 || !attention || !online) && icon(!online ? "offline" : waiting ? "waiting" : "synced")}${waiting > 0 && html`<b>${waiting}</b>`}
  </button>`;
}

/** What to do now, large enough to read at arm's length. @param {string} picture @param {string} words @param {unknown} [detail] @returns {Html} */
export function prompt(picture, words, detail) {
  return html`<div class="prompt">
    <span class="prompt-icon">${icon(picture)}</span>
    <p class="prompt-words">${words}</p>
    ${detail && html`<p class="prompt-detail">${detail}</p>`}
  </div>`;
}

/** The big figure pad, under the thumb; the soft keyboard stays shut. @param {View} view @param {{action: string, name: string, value?: string, mode: 'quantity'|'date'|'pin', scale?: number, length?: {figures: number, unsure: boolean}|null, label: string, back: string|null}} pad  length: of a PIN, after which no other tap is needed @returns {Html} */
export function numberPad(view, { action, name, value = "", mode, scale = 0, length = null, label, back }) {
  return html`<form class="pad" hx-post="${action}" hx-target="#screen">
    <p class="pad-label">${label}</p>
    <number-pad name="${name}" mode="${mode}" value="${value}" scale="${scale}"${length && html` length="${length.figures}"${length.unsure && raw(" unsure")}`} erase="${view.t("pad.erase")}" done="${view.t("pad.done")}"></number-pad>
    ${back && html`<button class="button plain wide" type="button" hx-get="${back}">${view.t("pad.cancel")}</button>`}
  </form>`;
}
