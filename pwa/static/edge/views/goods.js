/** A line of goods on a work screen: who it is, how many, and what it still needs. */

import { html } from "../html.js";
import { figure, icon, marks, sizeOf } from "./parts.js";

/**
 * @typedef {import('./parts.js').View} View
 * @typedef {import('../html.js').Html} Html
 * @typedef {import('../session/goods.js').Line} Line
 */

/**
 * The line in large letters. The figure is a button when it can be changed.
 * @param {View} view @param {Line} line @param {{sign?: string, edit?: string|null, note?: unknown, tone?: string}} [options] @returns {Html}
 */
export function lineCard(view, line, { sign = "", edit = null, note = null, tone = "" } = {}) {
  const amount = html`<span class="amount ${sizeOf(line.quantity)}">${sign}${figure(line.quantity)}</span><span class="amount-unit">${line.item.unit}</span>`;
  return html`<article class="card line ${tone}">
    <div class="line-name"><h2>${line.item.name}</h2><p class="line-code">${line.item.code}</p>${marks(view, line)}</div>
    ${edit
      ? html`<button class="line-amount" type="button" hx-get="${edit}">${amount}<span class="edit-hint">${icon("pad")}<span class="visually-hidden">${view.t("goods.change_quantity")}</span></span></button>`
      : html`<p class="line-amount">${amount}</p>`}
    ${note && html`<p class="line-note">${note}</p>`}
  </article>`;
}

/** A line in a list. @param {View} view @param {Line} line @param {unknown} [button] @returns {Html} */
export function lineRow(view, line, button) {
  return html`<li class="row">
    <span class="row-main"><b>${line.item.name}</b><span class="row-sub">${line.item.code}</span>${marks(view, line)}</span>
    <span class="row-amount">${figure(line.quantity)}<small>${line.item.unit}</small></span>
    ${button}
  </li>`;
}

/**
 * Which lot (or piece)? Tap one, scan it, or type it. The one that expires first stands first.
 * @param {View} view @param {{action: string, line: Line, choices: {lot?: string|null, serial?: string|null, expiry?: string|null, on_hand?: string, veiled?: boolean}[], blind?: boolean}} question @returns {Html}
 */
export function whichMark(view, { action, line, choices, blind = false }) {
  const name = line.item.serial ? "serial" : "lot";
  return html`<div class="question">
    <h2 class="question-words">${icon("scan")}${view.t(line.item.serial ? "ask.serial" : "ask.lot")}</h2>
    ${choices.length > 0 && html`<ul class="choices">
      ${choices.slice(0, 6).map((choice) => html`<li><button class="choice" type="button" hx-post="${action}" hx-vals='${JSON.stringify({ [name]: choice[name] || "" })}'>
        <b>${choice[name]}</b>
        <span>${choice.expiry && html`${view.t("goods.expiry")} ${choice.expiry}`}${!blind && !choice.veiled && choice.on_hand && html` · ${figure(choice.on_hand)} ${line.item.unit}`}</span>
      </button></li>`)}
    </ul>`}
    ${typedMark(view, action, name)}
  </div>`;
}

/** Typing stays possible; the keyboard opens only when the field is touched. @param {View} view @param {string} action @param {'lot'|'serial'} name @returns {Html} */
export function typedMark(view, action, name) {
  return html`<form class="typed" hx-post="${action}" hx-target="#screen">
    <label class="visually-hidden" for="typed-mark">${view.t(`ask.type_${name}`)}</label>
    <input class="input" id="typed-mark" name="${name}" type="text" placeholder="${view.t(`ask.type_${name}`)}" autocomplete="off" autocapitalize="characters" enterkeyhint="done" maxlength="40">
    <button class="button icon-only" aria-label="${view.t("pad.done")}">${icon("check")}</button>
  </form>`;
}
