/** At the door: a signature, photos, who signed; or a refusal with its reason. */

import { html } from "../html.js";
import { icon } from "./parts.js";
import { chosen, noticeHead } from "./pack.js";
import { prompt } from "./screen.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/door.js').Session} Session
 * @typedef {{open: import('../session/box.js').Notice[], waiting: number, asks: 'refusal'|'signature'|null}} State
 */

const REASONS = ["damaged", "wrong_goods", "late", "nobody", "not_ordered"];

/** @param {View} view @param {Session} session @param {State} state @returns {Html} */
export function body(view, session, { open, waiting, asks }) {
  const kept = waiting > 0 && html`<p class="notice caution">${icon("waiting")}${view.t("door.pictures_wait", { n: waiting })}</p>`;
  if (!session.notice) return html`${session.done && concluded(view, session.done)}${prompt("scan", view.t("door.prompt"), open.length ? view.t("door.prompt_detail") : null)}${open.length > 0 && chosen("/edge/door/notice", view.t("door.open", { n: open.length }), open)}${kept}`;
  if (asks === "refusal") return html`${noticeHead(session.notice)}${refusal(view)}`;
  return html`${noticeHead(session.notice)}
    ${session.signature && asks !== "signature"
      ? html`<p class="notice good">${icon("check")}${view.t("door.signed")}</p><button class="button wide" type="button" hx-get="/edge/door?sign=1">${icon("undo")}${view.t("door.sign_again")}</button>`
      : html`<p class="pad-label">${view.t("door.sign_here")}</p><signature-pad action="/edge/door/picture" form="delivered" class="signature" label="${view.t("door.sign_here")}" erase="${view.t("door.sign_again")}" done="${view.t("door.keep_signature")}"></signature-pad>`}
    <take-photo action="/edge/door/picture" class="take-photo"><label class="button large wide">${icon("photo")}${session.photos.length ? view.t("door.photos", { n: session.photos.length }) : view.t("door.photo")}
      <input class="visually-hidden" type="file" accept="image/*" capture="environment" aria-label="${view.t("door.photo")}"></label></take-photo>
    <form class="signer" id="delivered" hx-post="/edge/door/delivered" hx-target="#screen"><label class="field-label" for="signer">${view.t("door.signer")}</label>
      <input class="input" id="signer" name="signer" type="text" value="${session.signer}" autocomplete="off" maxlength="100"></form>${kept}`;
}

/** @param {View} view @returns {Html} */
function refusal(view) {
  return html`<h2 class="question-words">${icon("refused")}${view.t("door.why")}</h2>
    <ul class="choices">${REASONS.map((reason) => html`<li><button class="choice" type="button" hx-post="/edge/door/refusal" hx-vals='${JSON.stringify({ reason: view.t(`door.reason.${reason}`) })}'><b>${view.t(`door.reason.${reason}`)}</b></button></li>`)}</ul>
    <form class="typed" hx-post="/edge/door/refusal" hx-target="#screen"><label class="visually-hidden" for="reason">${view.t("door.other_reason")}</label>
      <input class="input" id="reason" name="reason" type="text" placeholder="${view.t("door.other_reason")}" autocomplete="off" maxlength="200">
      <button class="button icon-only" type="submit" aria-label="${view.t("pad.done")}">${icon("check")}</button></form>
    <button class="button plain wide" type="button" hx-get="/edge/door">${view.t("pad.cancel")}</button>`;
}

/** @param {View} view @param {NonNullable<Session['done']>} done @returns {Html} */
function concluded(view, { number, outcome }) {
  return html`<article class="card done-card">${icon(outcome === "refused" ? "refused" : "check")}<p><b>${number}</b><span>${view.t(outcome === "refused" ? "door.was_refused" : "door.was_delivered")}</span></p></article>`;
}

/** @param {View} view @param {Session} session @returns {Html|null} */
export function actions(view, { notice, done }) {
  if (!notice) return done?.id ? html`<button class="button large wide" type="button" hx-post="/edge/undo/${done.id}">${icon("undo")}${view.t("action.undo")}</button>` : null;
  return html`<button class="button large" type="button" hx-get="/edge/door?refuse=1">${icon("refused")}${view.t("door.refuse")}</button>
    <button class="button large primary grow" type="submit" form="delivered">${icon("check")}${view.t("door.confirm")}</button>`;
}
