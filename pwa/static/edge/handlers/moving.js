/** The taps of the put-away and moving screen. */

import * as activity from "./activity.js";
import * as move from "../session/move.js";
import { text } from "./form.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "move", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "move", (session) => move.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "move", (session) => move.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "move", move.cancel);
}
