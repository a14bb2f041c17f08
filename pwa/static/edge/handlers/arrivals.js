/** What is expected and what came, for the screens that receive and put away. */

import { suggest } from "../session/putaway.js";
import { add, cmp } from "../session/quantity.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {{id: string, item: string, expected: string, received: string, waits?: string, lot?: string}} Line
 * @typedef {{id: string, number: string, partner: string, state: string, due: string, warehouse: string, kind: string, lines: Line[]}} Receipt
 * @typedef {Line & {name: string, code: string, unit: string}} Standing  received: with what this device did since
 */

const OPEN = new Set(["expected", "receiving"]);
const SHOWN = 8;

/** @param {Context} ctx @returns {Promise<Receipt[]>} of this warehouse, the earliest due first */
async function receipts(ctx) {
  const warehouse = (await work.warehouseOf(ctx))?.id;
  const rows = await ctx.stores.rows.every("receipt");
  return [...rows]
    .map(([id, body]) => ({ id, ...body }))
    .filter((receipt) => !warehouse || receipt.warehouse === warehouse)
    .sort(byDue);
}

/** What goods may still come for: receipts, and orders whose products are being made. @param {Context} ctx @returns {Promise<Receipt[]>} */
export async function expected(ctx) {
  const open = (await receipts(ctx)).filter(({ state }) => OPEN.has(state));
  return [...open, ...(await works(ctx))].sort(byDue).slice(0, SHOWN);
}

/** Production orders of this warehouse that are still to bring something, as if they were receipts. @param {Context} ctx @returns {Promise<Receipt[]>} */
async function works(ctx) {
  const warehouse = (await work.warehouseOf(ctx))?.id;
  const rows = [...(await ctx.stores.rows.every("work"))].filter(([, body]) => !warehouse || body.warehouse === warehouse);
  const found = await Promise.all(rows.map(([id, body]) => asReceipt(ctx, id, body)));
  return found.filter(({ lines }) => lines.some(({ expected: wanted, received }) => cmp(received, wanted) < 0));
}

/** @param {Context} ctx @param {string} id @param {any} body @returns {Promise<Receipt>} */
async function asReceipt(ctx, id, body) {
  const lines = body.lines
    .filter((/** @type {any} */ line) => line.made)
    .map((/** @type {any} */ line) => ({ id: line.id, item: line.item, expected: line.quantity, received: line.done }));
  const product = lines.length ? await ctx.stores.rows.item(lines[0].item) : null;
  return { id, number: body.number, partner: product?.name ?? "", state: body.state, due: body.due, warehouse: body.warehouse, kind: body.kind, lines };
}

/** What was chosen, by its id: a receipt or a production order. @param {Context} ctx @param {string} id @returns {Promise<Receipt|null>} */
async function chosen(ctx, id) {
  const kind = id.startsWith("wo-") ? "work" : "receipt";
  const row = id ? await ctx.stores.rows.row(kind, id) : null;
  if (!row) return null;
  return kind === "work" ? asReceipt(ctx, id, row) : { id, ...row };
}

/** @param {Receipt} left @param {Receipt} right */
function byDue(left, right) {
  return (left.due || "9").localeCompare(right.due || "9") || left.number.localeCompare(right.number);
}

/** @param {Context} ctx @param {string} id @returns {Promise<import('../session/receive.js').Receipt|null>} */
export async function receiptById(ctx, id) {
  const row = await chosen(ctx, id);
  if (!row) return null;
  return { id, number: row.number, partner: row.partner, lines: row.lines.map((/** @type {Line} */ line) => ({ id: line.id, item: line.item })) };
}

/** The lines of a receipt with what came, what lacks most urgently first: the item scanned last, then what is still to come. @param {Context} ctx @param {string} id @param {string|null} last @returns {Promise<Standing[]>} */
export async function standing(ctx, id, last) {
  const row = await chosen(ctx, id);
  if (!row) return [];
  const underway = await ctx.stores.rows.underwayFor(id);
  const lines = withUnderway(row.lines, underway);
  const rank = (/** @type {Line} */ line) => (line.item === last ? 0 : cmp(line.received, line.expected) < 0 ? 1 : 2);
  const shown = [...lines].sort((left, right) => rank(left) - rank(right)).slice(0, SHOWN);
  return Promise.all(shown.map(async (line) => {
    const item = await ctx.stores.rows.item(line.item);
    return { ...line, name: item?.name ?? line.item, code: item?.code ?? "", unit: item?.unit ?? "" };
  }));
}

/** What this device did fills the lines of its item in order; what is too much stands on the last. @param {Line[]} lines @param {Record<string, string>} underway @returns {Line[]} */
function withUnderway(lines, underway) {
  const lastOf = new Map(lines.map((line, i) => [line.item, i]));
  return lines.map((line, i) => (lastOf.get(line.item) === i && underway[line.item] ? { ...line, received: add(line.received, underway[line.item]) } : line));
}

/** Which receipt the goods at a dock came with, by item: the earliest that still waits to be put away. @param {Context} ctx @param {string[]} items @returns {Promise<Record<string, string>>} */
export async function waitingFor(ctx, items) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const receipt of await receipts(ctx)) {
    const lines = receipt.lines.filter((line) => items.includes(line.item) && !found[line.item]);
    if (!lines.length) continue;
    const underway = await ctx.stores.rows.underwayFor(receipt.id);
    for (const line of lines) {
      if (cmp(add(line.waits ?? "0", underway[line.item] ?? "0"), "0") > 0) found[line.item] ??= receipt.id;
    }
  }
  return found;
}

/** Where goods in hand had best be brought, as far as this device knows: bins that hold the item. @param {Context} ctx @param {import('../session/move.js').Session} session */
export async function proposal(ctx, session) {
  const line = session.carried[session.carried.length - 1];
  if (!line || session.source?.kind !== "dock") return null;
  /** @type {Map<string, string[]>} */
  const lots = new Map();
  for (const balance of await ctx.stores.rows.balancesOfItem(line.item.id)) {
    if (balance.location !== session.source.id && cmp(balance.on_hand, "0") > 0) {
      lots.set(balance.location, [...(lots.get(balance.location) ?? []), balance.lot || ""]);
    }
  }
  const places = await Promise.all([...lots.keys()].map((id) => ctx.stores.rows.location(id)));
  const bins = places.filter((place) => place?.kind === "bin" && place.active !== false && place.warehouse === session.source?.warehouse);
  return suggest(bins.map((place) => ({ ...place, location: place.id, lots: lots.get(place.id) ?? [] })), line.lot || "");
}
