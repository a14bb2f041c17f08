/** Notices on their way out: whose goods lie where, and what of them is to be done; for packing, checking and shipping. */

import { isFromShelf, noticeAt, noticeOf, shareOf, unpacked } from "../session/box.js";
import { lyingAt } from "../session/goods.js";
import { cmp, sub } from "../session/quantity.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/box.js').Notice} Notice
 * @typedef {import('../session/box.js').Lying} Lying
 * @typedef {import('../session/goods.js').Item} Item
 * @typedef {import('../session/goods.js').Place} Place
 * @typedef {{item: Item, lot: string, serial: string, quantity: string, expiry?: string|null}} Content
 */

/** The notices of this warehouse as they stand, the most urgent first. @param {Context} ctx @returns {Promise<Notice[]>} */
export async function notices(ctx) {
  const [rows, acts, warehouse] = await Promise.all([ctx.stores.rows.every("notice"), ctx.stores.rows.underway(), work.warehouseOf(ctx)]);
  return [...rows]
    .filter(([, row]) => row.state !== "put_back" && (!row.warehouse || !warehouse || row.warehouse === warehouse.id))
    .map(([id, row]) => noticeOf(id, row, acts))
    .sort((one, other) => (other.priority ?? 0) - (one.priority ?? 0) || (one.due || "9").localeCompare(other.due || "9") || (one.number < other.number ? -1 : 1));
}

/** @param {Context} ctx @param {string|undefined} id @returns {Promise<Notice|null>} */
export async function noticeById(ctx, id) {
  const row = id ? await ctx.stores.rows.row("notice", id) : null;
  return row ? noticeOf(/** @type {string} */ (id), row, await ctx.stores.rows.underway()) : null;
}

/** Whose goods lie at a place; a number read from paper names a notice too. @param {Context} ctx @param {import('../session/goods.js').Scan} scan @returns {Promise<Notice|null>} */
export async function noticeIn(ctx, scan) {
  if (scan.type === "location") return noticeAt(await notices(ctx), scan.location.id);
  if (scan.type !== "unknown" && scan.type !== "document") return null;
  const number = scan.text.trim().toUpperCase();
  return (await notices(ctx)).find((one) => one.number.toUpperCase() === number) ?? null;
}

/** What of a notice lies in its totes and is to be packed, or on the shelves where nobody picks first. @param {Context} ctx @param {Notice} notice @returns {Promise<Lying[]>} */
export async function leftOf(ctx, notice) {
  if (isFromShelf(notice)) return shareOf(await onShelves(ctx, notice), unpacked(notice, await ctx.stores.rows.underway()));
  const all = await Promise.all(notice.totes.map((place) => lyingIn(ctx, place)));
  return shareOf(all.flat(), unpacked(notice, await ctx.stores.rows.underway()));
}

/** The places from which a notice is to be served. @param {Context} ctx @param {Notice} notice @returns {Promise<Lying[]>} */
async function onShelves(ctx, notice) {
  const picks = [...(await ctx.stores.rows.every("pick")).values()].filter((pick) => pick.notice === notice.id && pick.state === "open");
  return picks.map(({ item, location, quantity, picked, lot = "", serial = "" }) => ({ item, lot, serial, quantity: sub(quantity, picked), source: location }));
}

/** @param {Context} ctx @param {string} place @returns {Promise<Lying[]>} */
async function lyingIn(ctx, place) {
  const balances = await ctx.stores.rows.balancesAt(place);
  return lyingAt(balances, place).map(({ item, lot, serial, on_hand, expiry, held }) => ({ item, lot: lot || "", serial: serial || "", quantity: on_hand, source: place, expiry, held }));
}

/** What of a notice lies in a carton or tote, with the items' rows: several notices may share a tote. @param {Context} ctx @param {string} place @param {Notice|null} [notice] @returns {Promise<Content[]>} */
export async function inside(ctx, place, notice = null) {
  const isShared = notice !== null && notice.totes.includes(place);
  const lying = isShared ? (await leftOf(ctx, notice)).filter(({ source }) => source === place) : await lyingIn(ctx, place);
  const items = await Promise.all(lying.map(({ item }) => ctx.stores.rows.item(item)));
  return lying.flatMap((goods, i) => (items[i] ? [{ ...goods, item: items[i] }] : []));
}

/** The full totes and cartons of a notice. @param {Context} ctx @param {Notice} notice @returns {Promise<string[]>} */
export async function fullOf(ctx, notice) {
  const places = [...notice.totes, ...notice.cartons.map(({ location }) => location)].filter((place) => !notice.sent.includes(place));
  const lying = await Promise.all(places.map((place) => inside(ctx, place, notice)));
  return places.filter((_, i) => lying[i].length > 0);
}

/** A carton that nobody uses: on no notice, and nothing lies in it. @param {Context} ctx @param {string} place */
export async function isFree(ctx, place) {
  return (await lyingIn(ctx, place)).length === 0;
}

/** Totes of a notice that hold an item, or the shelves that are to give it. @param {Context} ctx @param {Notice} notice @param {import('../session/goods.js').Balance[]} balances of the item @returns {Promise<Place[]>} */
export async function sourcesOf(ctx, notice, balances) {
  const places = isFromShelf(notice) ? (await onShelves(ctx, notice)).map(({ source }) => source) : notice.totes;
  const holding = [...new Set(places)].filter((place) => balances.some((balance) => balance.location === place && cmp(balance.on_hand, "0") > 0));
  return (await Promise.all(holding.map((id) => ctx.stores.rows.location(id)))).filter(Boolean);
}

/** Their codes, as people read them. @param {Context} ctx @param {string[]} places @returns {Promise<Place[]>} */
export async function placesOf(ctx, places) {
  return (await Promise.all(places.map((id) => ctx.stores.rows.location(id)))).filter(Boolean);
}
