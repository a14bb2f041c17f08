/** The taps of the receiving screen. */

import * as activity from "./activity.js";
import { dayOf } from "../session/expiry.js";
import * as receive from "../session/receive.js";
import { receiptById } from "./arrivals.js";
import { text } from "./form.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "receive", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "receive", (session) => receive.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  const given = { lot: text(ctx, "lot"), serial: text(ctx, "serial"), expiry: text(ctx, "expiry") };
  return activity.act(ctx, "receive", (session) => receive.setMarks(session, given, dayOf(ctx.now())));
}

/** For this receipt from now on, or for none. @param {Context} ctx */
export async function receipt(ctx) {
  const chosen = await receiptById(ctx, text(ctx, "receipt"));
  return activity.act(ctx, "receive", (session) => receive.choose(session, chosen));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "receive", receive.cancel);
}
