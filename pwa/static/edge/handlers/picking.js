/** The taps of the picking screen, and what to do when a bin has none left. */

import * as activity from "./activity.js";
import { correct } from "../session/correction.js";
import { lyingAt } from "../session/goods.js";
import * as pick from "../session/pick.js";
import * as pickView from "../views/pick.js";
import { screen } from "../views/screen.js";
import { text } from "./form.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "pick", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "pick", (session) => correct(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "pick", (session) => pick.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "pick", pick.cancel);
}

/** Which of the goods in this bin is missing? The one just picked stands first. @param {Context} ctx */
export async function askShort(ctx) {
  const { sessions } = await work.enter(ctx, "pick");
  const session = sessions.pick;
  const balances = session.source ? await ctx.stores.rows.balancesAt(session.source.id) : [];
  const ids = [session.last?.line.item.id, ...balances.map((/** @type {{item: string}} */ balance) => balance.item)].filter(Boolean);
  const items = await Promise.all([...new Set(ids)].map((id) => ctx.stores.rows.item(id)));
  const view = activity.viewOf(ctx);
  const body = pickView.shortBody(view, session, items.filter(Boolean));
  return screen(view, { name: "short", title: view.t("action.short"), back: "/edge/pick", body, badge: await activity.badge(ctx, view) });
}

/** None left here: written down, and another bin proposed at once. @param {Context} ctx */
export async function short(ctx) {
  const { rows } = ctx.stores;
  const id = text(ctx, "item");
  const [item, balances] = await Promise.all([rows.item(id), rows.balancesOfItem(id)]);
  if (!item) return activity.show(ctx, "pick");
  const { sessions } = await work.enter(ctx, "pick");
  const outcome = pick.short(sessions.pick, item, balances);
  await activity.carryOut(ctx, "pick", outcome);
  const view = activity.viewOf(ctx);
  const body = pickView.otherBins(view, item, await otherBins(ctx, balances, sessions.pick.source?.id));
  return screen(view, { name: "short", title: view.t("pick.title"), back: "/edge/pick", body, feedback: outcome.feedback, badge: await activity.badge(ctx, view) });
}

/** @param {Context} ctx @param {import('../session/goods.js').Balance[]} balances @param {string|undefined} here */
async function otherBins(ctx, balances, here) {
  const elsewhere = [...new Set(balances.map((balance) => balance.location))].filter((id) => id !== here);
  const found = elsewhere.flatMap((id) => lyingAt(balances, id).slice(0, 1));
  const bins = await Promise.all(found.map(async (balance) => ({ balance, place: await ctx.stores.rows.location(balance.location) })));
  return bins.filter(({ place }) => place && place.kind === "bin");
}
