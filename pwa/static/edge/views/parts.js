/** Small pieces that many screens show: icons, quantities, lots, places, times. */

import { html } from "../html.js";

/**
 * @typedef {(key: string, args?: Record<string, unknown>) => string} Translate
 * @typedef {{t: Translate, lang: string, now: number, today: string}} View
 * @typedef {import('../html.js').Html} Html
 */

const SPRITE = new URL("../../icons/sprite.svg", import.meta.url).pathname;

/** @param {string} name an id in icons/sprite.svg @returns {Html} */
export function icon(name) {
  return html`<svg class="icon" aria-hidden="true"><use href="${SPRITE}#${name}"></use></svg>`;
}

/** Figures in groups of three from five digits on, as both languages read them. @param {string} quantity @returns {string} */
export function figure(quantity) {
  const [whole, part] = quantity.split(".");
  const grouped = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, " ") : whole;
  return part ? `${grouped}.${part}` : grouped;
}

/** How large a figure may be drawn: long ones have to shrink. @param {string} quantity */
export function sizeOf(quantity) {
  if (quantity.length <= 4) return "huge";
  return quantity.length <= 7 ? "big" : "plain";
}

/** Lot, serial and expiry beside goods. @param {View} view @param {{lot?: string|null, serial?: string|null, expiry?: string|null}} goods @returns {Html} */
export function marks(view, goods) {
  const over = Boolean(goods.expiry && goods.expiry < view.today);
  return html`<span class="marks">
    ${goods.lot && html`<span class="badge">${view.t("goods.lot")} <b>${goods.lot}</b></span>`}
    ${goods.serial && html`<span class="badge">${view.t("goods.serial")} <b>${goods.serial}</b></span>`}
    ${goods.expiry && html`<span class="badge ${over ? "bad" : ""}">${over ? view.t("goods.expired") : view.t("goods.expiry")} <b>${goods.expiry}</b></span>`}
  </span>`;
}

/** How long ago, in words that fit on a badge. @param {View} view @param {number|null|undefined} at milliseconds @returns {string} */
export function ago(view, at) {
  if (!at) return view.t("time.never");
  const minutes = Math.max(0, Math.floor((view.now - at) / 60_000));
  if (minutes < 1) return view.t("time.now");
  if (minutes < 60) return view.t("time.minutes", { n: minutes });
  if (minutes < 24 * 60) return view.t("time.hours", { n: Math.floor(minutes / 60) });
  return view.t("time.days", { n: Math.floor(minutes / (24 * 60)) });
}

/** The clock on the wall. @param {number} at milliseconds */
export function hour(at) {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** A place one can read from afar. @param {{code: string, kind?: string}|null|undefined} place @param {string} [missing] @returns {Html} */
export function placeCode(place, missing = "—") {
  return place ? html`<b class="place-code">${place.code}</b>` : html`<span class="place-code missing">${missing}</span>`;
}
