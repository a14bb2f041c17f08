/** What a decider needs to know about a scan: the code resolved, the rows it names, the stock it touches. */

import { normalise, resolve } from "../session/barcode.js";
import { bindable, boundTo } from "../session/bind.js";
import { lyingAt } from "../session/goods.js";

/**
 * @typedef {object} Context  what the router hands to every handler
 * @property {Request} request
 * @property {URL} url
 * @property {Record<string, string>} params
 * @property {URLSearchParams} query
 * @property {FormData|null} form
 * @property {string} lang
 * @property {(key: string, args?: Record<string, unknown>) => string} t
 * @property {any} user
 * @property {any} device
 * @property {any} stores
 * @property {any} outbox
 * @property {() => number} now
 */

/**
 * @typedef {import('../session/goods.js').Scan} Scan
 * @typedef {import('../session/goods.js').Place} Place
 * @typedef {import('../session/goods.js').Balance} Balance
 */

/**
 * The meaning of a raw scan, with its rows. Stock is read only where it decides something: adding up what is
 * under way takes longest of all.
 * @param {Context} ctx @param {{text: string, aim?: string, source: string}} raw @param {string} name the screen @returns {Promise<Scan>}
 */
export async function scanOf(ctx, raw, name) {
  const { rows } = ctx.stores;
  const result = await resolve(raw, lookupOf(ctx.stores));
  const code = raw.aim && !raw.text.startsWith("]") ? `${raw.aim}${raw.text}` : raw.text;
  return described(rows, result, code, NEEDS_STOCK[name] ?? (() => false));
}

/** Whether a screen asks the book about an item: where lots may lie, and what a hand may take. */
const NEEDS_STOCK = /** @type {Record<string, (item: import('../session/goods.js').Item) => boolean>} */ ({
  receive: (item) => Boolean(item.lot), count: (item) => Boolean(item.lot), move: () => true, pick: () => true, guide: () => true, pack: () => true, carry: () => true, check: (item) => Boolean(item.lot),
});

/** @param {any} rows @param {import('../session/barcode.js').Result} result @param {string} code @param {(item: import('../session/goods.js').Item) => boolean} needsStock @returns {Promise<Scan>} */
async function described(rows, result, code, needsStock) {
  switch (result.type) {
    case "item":
      return itemScan(rows, result, code, needsStock);
    case "location":
      return placeScan(rows, result.location, code);
    case "container":
      if (result.location) return placeScan(rows, result.location, code);
      return result.content ? itemScan(rows, result.content, code, needsStock) : { type: "unknown", text: result.code, code };
    case "command":
      return { type: "command", command: result.name, value: result.quantity, code };
    case "user":
      return { type: "user", text: result.badge, code };
    case "unknown":
      return { type: "unknown", text: result.text, code, bindable: bindable(result), like: result.like };
    default:
      return { type: result.type, text: code, code };
  }
}

/** @param {any} rows @param {import('../session/barcode.js').Item} found @param {string} code @param {(item: import('../session/goods.js').Item) => boolean} needsStock @returns {Promise<Scan>} */
async function itemScan(rows, found, code, needsStock) {
  const item = await rows.item(found.item);
  if (!item) return { type: "unknown", text: code, code };
  const balances = needsStock(item) ? await rows.balancesOfItem(found.item) : [];
  const { quantity, unit, factor, lot, expiry, made_on, serial, suspect } = found;
  return { type: "item", item, quantity, unit, factor, lot, expiry, made_on, serial, suspect, balances, code };
}

/** @param {any} rows @param {string} id @param {string} code @returns {Promise<Scan>} */
async function placeScan(rows, id, code) {
  const location = await rows.location(id);
  return location ? { type: "location", location, balances: [], code } : { type: "unknown", text: code, code };
}

/** @param {any} stores @returns {import('../session/barcode.js').Lookup} */
function lookupOf({ rows, operations }) {
  return {
    barcode: async (code) => known((await rows.barcode(code)) ?? boundTo(code, (await operations.pending()).records, normalise)),
    item_by_code: async (code) => {
      const item = await rows.itemByCode(code);
      return item ? [{ item: item.id, unit: item.unit, factor: "1" }] : [];
    },
    location_by_code: async (code) => {
      const location = await rows.locationByCode(code);
      return location ? [location.id] : [];
    },
  };
}

/** @param {import('../session/barcode.js').Known|null} row */
function known(row) {
  return row ? [{ item: row.item, unit: row.unit, factor: row.factor }] : [];
}

/** Bins where the book knows the item, so that a bin need not be scanned when there is only one. @param {Context} ctx @param {Balance[]} balances @returns {Promise<Place[]>} */
export async function binsHolding(ctx, balances) {
  const ids = [...new Set(balances.map((balance) => balance.location))].filter((id) => lyingAt(balances, id).length > 0);
  const places = await Promise.all(ids.map((id) => ctx.stores.rows.location(id)));
  return places.filter((place) => place && place.kind === "bin");
}
