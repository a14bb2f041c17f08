/** The taps of the counting screen. */

import * as activity from "./activity.js";
import * as count from "../session/count.js";
import { text } from "./form.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "count", { pad: ctx.query.has("pad") });
}

/** A place by a tap, from the list or from its card: the same as scanning its label. @param {Context} ctx */
export async function at(ctx) {
  const location = await ctx.stores.rows.location(text(ctx, "location"));
  const { sessions } = await work.load(ctx);
  // Its label scanned again would say done; a tap on its card does not.
  if (!location || sessions.count?.location?.id === location.id) return activity.show(ctx, "count");
  return activity.take(ctx, "count", { type: "location", location, balances: [], code: location.code });
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "count", (session) => count.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "count", (session) => count.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export function choose(ctx) {
  return activity.act(ctx, "count", (session) => count.choose(session, Number(text(ctx, "index"))));
}

/** @param {Context} ctx */
export function done(ctx) {
  return activity.act(ctx, "count", count.done);
}

/** @param {Context} ctx */
export function empty(ctx) {
  return activity.act(ctx, "count", count.empty);
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "count", count.cancel);
}
