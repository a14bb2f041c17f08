/** The taps of the packing screen, and what it shows. */

import { isFree, inside, leftOf, noticeById, noticeIn, notices, sourcesOf } from "./boxes.js";
import * as activity from "./activity.js";
import { dayOf } from "../session/expiry.js";
import * as pack from "../session/pack.js";
import { unpacked } from "../session/box.js";
import * as packView from "../views/pack.js";
import { text } from "./form.js";
import { withDeparture } from "./shipping.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/pack.js').Session} Session
 */

/** @param {Context} ctx @param {Session} session @param {import('../session/goods.js').Scan} scan */
export async function decide(ctx, session, scan) {
  return pack.scan(session, scan, { today: dayOf(ctx.now()), ...(await factsOf(ctx, session, scan)) });
}

/** @param {Context} ctx @param {Session} session @param {import('../session/goods.js').Scan} scan @returns {Promise<Partial<pack.Facts>>} */
async function factsOf(ctx, session, scan) {
  if (scan.type === "item") {
    const notice = await noticeById(ctx, session.notice?.id);
    if (!notice) return {};
    const [sources, acts] = await Promise.all([sourcesOf(ctx, notice, scan.balances), ctx.stores.rows.underway()]);
    return { sources, left: unpacked(notice, acts) };
  }
  const found = await noticeIn(ctx, scan);
  const isCarton = scan.type === "location" && scan.location.kind === "carton";
  return { found, isFree: isCarton && !found && (await isFree(ctx, scan.location.id)) };
}

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {Session} session @param {boolean} pad */
export async function contents(ctx, view, session, pad) {
  const notice = await noticeById(ctx, session.notice?.id);
  const [left, packed, waiting] = await Promise.all([
    notice ? leftOf(ctx, notice) : [], session.carton ? inside(ctx, session.carton.id) : [],
    session.notice ? [] : notices(ctx).then((all) => all.filter(({ next }) => next === "pack")),
  ]);
  const items = await Promise.all(left.map(({ item }) => ctx.stores.rows.item(item)));
  const rest = left.flatMap((goods, i) => (items[i] ? [{ ...goods, item: items[i] }] : []));
  const asks = ctx.query.get("seal") ? "seal" : pad ? "quantity" : null;
  return { body: packView.body(view, session, { asks, rest, packed, waiting }), actions: asks ? null : packView.actions(view, session, { rest }) };
}

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "pack", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export async function choose(ctx) {
  const notice = await noticeById(ctx, text(ctx, "notice"));
  return notice ? activity.act(ctx, "pack", (session) => pack.choose(session, notice)) : activity.show(ctx, "pack");
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "pack", (session) => pack.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "pack", (session) => pack.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export async function allIn(ctx) {
  const notice = await noticeById(ctx, text(ctx, "notice"));
  const lying = notice ? await leftOf(ctx, notice) : [];
  return activity.act(ctx, "pack", (session) => pack.allIn(session, lying));
}

/** @param {Context} ctx */
export async function another(ctx) {
  const printer = (await ctx.stores.settings.get("printer")) ?? null;
  return activity.act(ctx, "pack", (session) => pack.another(session, printer));
}

/** @param {Context} ctx */
export async function seal(ctx) {
  const { sessions } = await work.enter(ctx, "pack");
  const outcome = pack.seal(sessions.pack, { weight: text(ctx, "weight"), size: text(ctx, "size") });
  const notice = await noticeById(ctx, sessions.pack.notice?.id);
  // The last carton is closed, nobody has to look into it, and shipping is no step of its own.
  const isLast = notice !== null && (await leftOf(ctx, notice)).length === 0 && !isStillPicked(notice);
  const whole = isLast ? await withDeparture(ctx, notice, outcome) : outcome;
  return activity.act(ctx, "pack", () => whole);
}

/** @param {import('../session/box.js').Notice} notice */
function isStillPicked({ state, steps }) {
  return (state === "released" || state === "picking") && Boolean(steps?.includes("pick"));
}

/** @param {Context} ctx */
export function reopen(ctx) {
  return activity.act(ctx, "pack", pack.reopen);
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "pack", pack.cancel);
}
