/** Binding a code that nobody knows: offered where it was refused, and done in a scan and two taps. */

import { html } from "../html.js";
import * as bindView from "../views/bind.js";
import * as activity from "./activity.js";
import * as bind from "../session/bind.js";
import { text } from "./form.js";
import { refused } from "../session/outcome.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

/** The code was refused a moment ago and somebody tapped. @param {Context} ctx */
export async function begin(ctx) {
  const [code, from] = [text(ctx, "code"), text(ctx, "from")];
  const session = { ...bind.start(), code, from: activity.BINDS_ON.has(from) ? from : "lookup", like: text(ctx, "like").split(" ").filter(Boolean) };
  const standing = work.withSession(await work.enter(ctx, "bind"), "bind", session);
  await work.save(ctx, standing);
  return activity.show(ctx, "bind", { standing });
}

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "bind");
}

/** @param {Context} ctx */
export async function results(ctx) {
  const wanted = (ctx.query.get("text") ?? "").trim();
  const view = activity.viewOf(ctx);
  return wanted ? html`${bindView.results(view, await ctx.stores.rows.findItems(wanted, 20))}` : bindView.nothingYet(view);
}

/** @param {Context} ctx */
export async function item(ctx) {
  const found = await ctx.stores.rows.item(text(ctx, "item"));
  return activity.act(ctx, "bind", (session) => found ? bind.choose(session, found) : refused(session, "reason.not_found"));
}

/** @param {Context} ctx */
export function unit(ctx) {
  return activity.act(ctx, "bind", (session) => bind.chooseUnit(session, text(ctx, "unit")));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "bind", bind.cancel);
}

/** Written down; the screen where the code was refused goes on, and the next scan of it is understood. @param {Context} ctx */
export async function confirm(ctx) {
  const standing = await work.enter(ctx, "bind");
  const outcome = bind.confirm(standing.sessions.bind);
  if (!outcome.operations.length) return activity.show(ctx, "bind", { feedback: outcome.feedback, standing });
  await activity.carryOut(ctx, "bind", outcome);
  return activity.show(ctx, outcome.session.from, { feedback: outcome.feedback });
}
