/** What waits, carried from one device to another: the codes to show, and how much of them was taken in. */

import { html } from "../html.js";
import { icon } from "./parts.js";
import { prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 */

const MISSING_SHOWN = 12;

/** @param {View} view @param {{frames: string[], waiting: number}} state @returns {Html} */
export function giveBody(view, { frames, waiting }) {
  if (!waiting) return prompt("synced", view.t("rescue.nothing"));
  return html`<p class="lead">${view.t("rescue.give", { n: waiting })}</p>
    ${frames.length
      ? html`<qr-series class="qr-series" frames="${frames.join(" ")}" words="${view.t("rescue.frame", { i: "{i}", n: frames.length })}" hold="${view.t("rescue.hold")}" next="${view.t("rescue.next")}"></qr-series>`
      : html`<p class="notice caution">${icon("caution")}${view.t("rescue.too_much")}</p>`}
    <save-file href="/edge/unsent" name="unsent.jsonl"><button class="button large wide" type="button">${icon("receive")}${view.t("rescue.save")}</button></save-file>`;
}

/** @param {View} view @param {{collected: import('../session/rescue.js').Collected|null, missing: number[], done: {fresh: number, known: number}|null}} state @returns {Html} */
export function takeBody(view, { collected, missing, done }) {
  return html`${collected ? progress(view, collected, missing) : done ? result(view, done) : prompt("scan", view.t("rescue.take"), view.t("rescue.take_detail"))}
    <open-file action="/edge/take-in/file">
      <label class="button large wide">${icon("receive")}${view.t("rescue.open")}<input class="visually-hidden" type="file" accept=".jsonl,application/x-ndjson,text/plain"></label>
    </open-file>`;
}

/** @param {View} view @param {import('../session/rescue.js').Collected} collected @param {number[]} missing @returns {Html} */
function progress(view, { total }, missing) {
  const have = total - missing.length;
  return html`<article class="card rescued"><p class="line-amount"><span class="amount huge">${have}</span><span class="amount-unit">/ ${total}</span></p>
    <progress max="${total}" value="${have}" aria-label="${view.t("rescue.progress", { n: have, total })}"></progress>
    <p>${view.t("rescue.missing", { frames: missing.slice(0, MISSING_SHOWN).join(" · ") + (missing.length > MISSING_SHOWN ? " …" : "") })}</p></article>`;
}

/** @param {View} view @param {{fresh: number, known: number}} done @returns {Html} */
function result(view, { fresh, known }) {
  return html`<p class="notice good">${icon("check")}<span>${view.t("rescue.taken", { n: fresh })}${known > 0 && html`<br><small>${view.t("rescue.known", { n: known })}</small>`}</span></p>
    <p class="quiet">${view.t("rescue.sent_by_itself")}</p>`;
}
