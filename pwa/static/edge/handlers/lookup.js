/** Looking up: by scan or by letters, the item card and the place card. */

import { html } from "../html.js";
import * as bindView from "../views/bind.js";
import * as lookupView from "../views/lookup.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import * as work from "./work.js";
import { isReachable } from "../session/goods.js";
import { cmp } from "../session/quantity.js";
import { blindPlaces } from "./count_tasks.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx @param {import('../session/lookup.js').Session} session @param {import('../session/outcome.js').Feedback|null} feedback @param {import('./activity.js').Stranger|null} [stranger] */
export async function show(ctx, session, feedback = null, stranger = null) {
  if (stranger) return search(ctx, feedback, stranger);
  if (session.card?.kind === "item") return itemCard(ctx, session.card.id, feedback);
  if (session.card?.kind === "location") return placeCard(ctx, session.card.id, feedback);
  return search(ctx, feedback);
}

/** A fresh search; the card seen last is put away. @param {Context} ctx */
export async function start(ctx) {
  await remember(ctx, null);
  return search(ctx, null);
}

/** @param {Context} ctx @param {import('../session/outcome.js').Feedback|null} feedback @param {import('./activity.js').Stranger|null} [stranger] */
async function search(ctx, feedback, stranger = null) {
  const view = activity.viewOf(ctx);
  const body = lookupView.searchBody(view, "", lookupView.nothingYet(view));
  return screen(view, { name: "lookup", title: view.t("lookup.title"), body, actions: stranger && bindView.offer(view, stranger), feedback, camera: true, badge: await activity.badge(ctx, view) });
}

/** @param {Context} ctx */
export async function results(ctx) {
  const text = (ctx.query.get("text") ?? "").trim();
  const view = activity.viewOf(ctx);
  if (!text) return lookupView.nothingYet(view);
  const [items, places] = await Promise.all([ctx.stores.rows.findItems(text, 20), placesCalled(ctx, text)]);
  return html`${lookupView.results(view, items, places)}`;
}

/** @param {Context} ctx @param {string} text */
async function placesCalled(ctx, text) {
  const place = await ctx.stores.rows.locationByCode(text);
  return place ? [place] : [];
}

/** @param {Context} ctx */
export async function item(ctx) {
  await remember(ctx, { kind: "item", id: ctx.params.id });
  return itemCard(ctx, ctx.params.id, null);
}

/** @param {Context} ctx */
export async function place(ctx) {
  await remember(ctx, { kind: "location", id: ctx.params.id });
  return placeCard(ctx, ctx.params.id, null);
}

/** @param {Context} ctx @param {import('../session/lookup.js').Session['card']} card */
async function remember(ctx, card) {
  const standing = await work.enter(ctx, "lookup");
  await work.save(ctx, work.withSession(standing, "lookup", { card, text: "" }));
}

/** @param {Context} ctx @param {string} id @param {import('../session/outcome.js').Feedback|null} feedback */
async function itemCard(ctx, id, feedback) {
  const { rows } = ctx.stores;
  const [found, balances] = await Promise.all([rows.item(id), rows.balancesOfItem(id)]);
  if (!found) return search(ctx, { tone: "bad", key: "reason.not_found" });
  const all = await Promise.all(balances.map(async (/** @type {any} */ balance) => ({ balance, place: await rows.location(balance.location) })));
  const blind = await blindPlaces(ctx);
  const stock = all
    .filter(({ balance, place: at }) => isThere(balance) && (!at || isReal(at)))
    .map((one) => ({ ...one, hidden: one.balance.veiled || blind.has(one.balance.location) }));
  const view = activity.viewOf(ctx);
  const summary = await ctx.outbox.summary();
  return card(ctx, { title: view.t("lookup.item"), body: lookupView.itemCard(view, found, stock, summary.lastContact), print: `/edge/print/item/${found.id}`, feedback });
}

/** @param {Context} ctx @param {string} id @param {import('../session/outcome.js').Feedback|null} feedback */
async function placeCard(ctx, id, feedback) {
  const { rows } = ctx.stores;
  const [found, balances] = await Promise.all([rows.location(id), rows.balancesAt(id)]);
  if (!found) return search(ctx, { tone: "bad", key: "reason.not_found" });
  const lying = balances.filter(isThere);
  const hidden = (await blindPlaces(ctx)).has(id);
  const contents = await Promise.all(lying.map(async (/** @type {any} */ balance) => ({ balance, item: await rows.item(balance.item), hidden })));
  const view = activity.viewOf(ctx);
  const summary = await ctx.outbox.summary();
  return card(ctx, { title: view.t("lookup.place"), body: lookupView.placeCard(view, found, contents, summary.lastContact), print: `/edge/print/location/${found.id}`, count: isReachable(found) ? found.id : null, feedback });
}

/** @param {{on_hand: string, veiled?: boolean}} balance */
function isThere({ on_hand, veiled }) {
  return veiled || cmp(on_hand, "0") !== 0;
}

/** @param {{kind: string}} place */
function isReal(place) {
  return ["bin", "dock", "tote", "carton", "transit"].includes(place.kind);
}

/** @param {Context} ctx @param {{title: string, body: unknown, print: string, count?: string|null, feedback: import('../session/outcome.js').Feedback|null}} shown */
async function card(ctx, { title, body, print, count = null, feedback }) {
  const view = activity.viewOf(ctx);
  return screen(view, { name: "lookup", title, back: "/edge/lookup", body, actions: lookupView.cardActions(view, print, count), feedback, camera: true, badge: await activity.badge(ctx, view) });
}
