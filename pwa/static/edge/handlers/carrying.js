/** Transfers and bins to fill up: what there is to carry, and the taps of its screen. */

import * as activity from "./activity.js";
import * as carry from "../session/carry.js";
import { dayOf } from "../session/expiry.js";
import { lyingAt } from "../session/goods.js";
import { cmp, sub } from "../session/quantity.js";
import * as carryView from "../views/carry.js";
import { text } from "./form.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/carry.js').Session} Session
 * @typedef {import('../session/carry.js').Job} Job
 */

/** Where goods may be taken from to be sent. */
const GIVING = new Set(["bin", "dock"]);

/** All there is to carry here: bins to fill first, since pickers wait for them. @param {Context} ctx @returns {Promise<Job[]>} */
async function jobs(ctx) {
  const [tasks, transfers, works, house, acts] = await Promise.all([ctx.stores.rows.every("task"), ctx.stores.rows.every("transfer"), ctx.stores.rows.every("work"), work.warehouseOf(ctx), ctx.stores.rows.underway()]);
  const moves = acts.filter((/** @type {import('../session/box.js').Act} */ { kind }) => kind === "stock.move@1");
  const refills = await Promise.all([...tasks].filter(([, body]) => body.kind === "replenish").map(([id, body]) => refillOf(ctx, id, body, moves)));
  const carried = await Promise.all([...transfers].flatMap(([id, body]) => ends(body, house?.id ?? "").map((kind) => transferOf(ctx, id, body, kind, moves))));
  const issues = await Promise.all([...works].filter(([, body]) => !house || body.warehouse === house.id).map(([id, body]) => issueOf(ctx, id, body, moves)));
  return [...refills, ...issues, ...carried].filter((job) => job !== null);
}

/** Which ends of a transfer are here: goods leave, or goods come. @param {any} body @param {string} house @returns {('send'|'receive')[]} */
function ends(body, house) {
  return [...(body.source === house ? [/** @type {const} */ ("send")] : []), ...(body.target === house && body.transit ? [/** @type {const} */ ("receive")] : [])];
}

/** @param {Context} ctx @param {string} id @param {any} body @param {any[]} moves @returns {Promise<Job|null>} */
async function refillOf(ctx, id, body, moves) {
  const { rows } = ctx.stores;
  const [item, home] = await Promise.all([rows.item(body.item), rows.location(body.location)]);
  const filled = moves.some(({ args, sign }) => sign > 0 && args.item === body.item && args.target === body.location);
  if (!item || !home || filled) return null;
  const takes = await Promise.all((body.takes ?? []).map(async (/** @type {any} */ take) => ({ source: await rows.location(take.source), quantity: take.quantity, lot: take.lot ?? "", serial: take.serial ?? "" })));
  return { id, kind: "refill", number: home.code, other: item.name, transit: null, lines: [], item, home, takes: takes.filter(({ source }) => source) };
}

/** @param {Context} ctx @param {string} id @param {any} body @param {'send'|'receive'} kind @param {any[]} moves @returns {Promise<Job|null>} */
async function transferOf(ctx, id, body, kind, moves) {
  const { rows } = ctx.stores;
  const transit = body.transit ? await rows.location(body.transit) ?? { id: body.transit, code: "", kind: "transit" } : null;
  const own = moves.filter(({ args }) => args.document === id);
  const lines = body.lines.map((/** @type {any} */ line) => ({ item: line.item, rest: restOf(line, kind, own, body.transit) })).filter((/** @type {{rest: string}} */ { rest }) => cmp(rest, "0") > 0);
  if (!lines.length) return null;
  const far = await rows.row("warehouse", kind === "send" ? body.target : body.source);
  return { id, kind, number: body.number, other: far?.name || far?.code || "", transit, lines, item: null, home: null, takes: [] };
}

/** Material that a production order still takes. @param {Context} ctx @param {string} id @param {any} body @param {any[]} moves @returns {Promise<Job|null>} */
async function issueOf(ctx, id, body, moves) {
  const { rows } = ctx.stores;
  if (body.backflush) return null;
  const production = await rows.location(body.production) ?? { id: body.production, code: "", kind: "production" };
  const own = moves.filter(({ args }) => args.document === id);
  const taken = body.lines.filter((/** @type {any} */ line) => !line.made).map((/** @type {any} */ line) => ({ ...line, sent: line.done }));
  const lines = taken.map((/** @type {any} */ line) => ({ item: line.item, rest: restOf(line, "send", own, body.production) })).filter((/** @type {{rest: string}} */ { rest }) => cmp(rest, "0") > 0);
  if (!lines.length) return null;
  const product = body.lines.find((/** @type {any} */ line) => line.made);
  const made = product ? await rows.item(product.item) : null;
  return { id, kind: "issue", number: body.number, other: made?.name ?? "", transit: production, lines, item: null, home: null, takes: [] };
}

/** Still to be sent, or still on its way, with what this device did. @param {any} line @param {'send'|'receive'} kind @param {any[]} own @param {string|undefined} transit */
function restOf(line, kind, own, transit) {
  let rest = kind === "send" ? sub(line.quantity, line.sent) : line.on_the_way;
  for (const { args, sign } of own) {
    if (args.item !== line.item) continue;
    const leaves = kind === "receive" ? args.source === transit : args.source !== transit;
    if (leaves) rest = sub(rest, sign > 0 ? args.quantity : `-${args.quantity}`);
  }
  return rest;
}

/** @param {Context} ctx @param {Session} session @param {import('../session/goods.js').Scan} scan */
export async function decide(ctx, session, scan) {
  const bins = scan.type === "item" ? await giving(ctx, scan.balances) : [];
  return carry.scan(session, scan, { today: dayOf(ctx.now()), bins });
}

/** Places of this warehouse that hold an item. @param {Context} ctx @param {import('../session/goods.js').Balance[]} balances @returns {Promise<import('../session/goods.js').Place[]>} */
async function giving(ctx, balances) {
  const house = (await work.warehouseOf(ctx))?.id;
  const ids = [...new Set(balances.map(({ location }) => location))].filter((id) => lyingAt(balances, id).length > 0);
  const places = await Promise.all(ids.map((id) => ctx.stores.rows.location(id)));
  return places.filter((place) => place && GIVING.has(place.kind) && (!house || !place.warehouse || place.warehouse === house));
}

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {Session} session @param {boolean} pad */
export async function contents(ctx, view, session, pad) {
  const waiting = session.job ? [] : await jobs(ctx);
  const lines = await Promise.all((session.job?.lines ?? []).map(async ({ item, rest }) => ({ item: await ctx.stores.rows.item(item), rest })));
  return { body: carryView.body(view, session, { pad, waiting, lines: lines.filter(({ item }) => item) }), actions: pad ? null : carryView.actions(view, session) };
}

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "carry", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export async function choose(ctx) {
  const job = (await jobs(ctx)).find(({ id, kind }) => id === text(ctx, "job") && kind === text(ctx, "kind"));
  if (!job) return activity.show(ctx, "carry");
  const dock = await dockFor(ctx, job);
  return activity.act(ctx, "carry", (session) => carry.choose(session, job, dock));
}

/** Received goods are laid on our dock; goods sent in one step on the other warehouse's. @param {Context} ctx @param {Job} job */
async function dockFor(ctx, job) {
  if (job.kind === "refill" || (job.kind !== "receive" && job.transit)) return null;
  if (job.kind === "receive") return (await work.placesOf(ctx, ["dock"]))[0] ?? null;
  const { target } = await ctx.stores.rows.row("transfer", job.id);
  return (await ctx.stores.rows.locations({ warehouse: target, kind: "dock" }))[0] ?? null;
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "carry", (session) => carry.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "carry", (session) => carry.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export function short(ctx) {
  return activity.act(ctx, "carry", carry.short);
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "carry", carry.cancel);
}
