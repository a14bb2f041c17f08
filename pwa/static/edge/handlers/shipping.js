/** The taps of the shipping screen and of the one at the customer's door. */

import { fullOf, inside, noticeById, noticeIn, notices } from "./boxes.js";
import * as activity from "./activity.js";
import * as door from "../session/door.js";
import { dayOf, isExpired } from "../session/expiry.js";
import { cmp } from "../session/quantity.js";
import * as ship from "../session/ship.js";
import * as doorView from "../views/door.js";
import * as shipView from "../views/ship.js";
import { text } from "./form.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/goods.js').Scan} Scan
 * @typedef {import('../session/box.js').Notice} Notice
 */

const CARRIERS = 6;

// --- leaving ---

/** @param {Context} ctx @param {ship.Session} session @param {Scan} scan */
export async function decideShip(ctx, session, scan) {
  if (scan.type !== "location") return ship.scan(session, scan, {});
  const found = await noticeIn(ctx, scan);
  return ship.scan(session, scan, { found, why: found && (await whyNotLeave(ctx, found, scan.location.id)) });
}

/** What keeps a carton here, the gravest first; nothing when it may leave. @param {Context} ctx @param {Notice} notice @param {string} place @returns {Promise<string|null>} */
async function whyNotLeave(ctx, notice, place) {
  if (notice.sent.includes(place)) return "ship.has_left";
  const contents = await inside(ctx, place, notice);
  if (!contents.length) return "check.is_empty";
  const lots = await Promise.all(contents.filter(({ lot }) => lot).map((goods) => stateOfLot(ctx, goods)));
  if (lots.includes("held")) return "reason.lot_held";
  if (lots.includes("expired")) return "reason.expired_lot";
  if (notice.relabel.includes(place)) return "ship.old_label";
  const looks = (notice.checked[place] ?? []).filter((person) => !notice.pickers.includes(person));
  return looks.length < notice.checkers ? "ship.not_checked" : null;
}

/**
 * Where shipping is no step of its own, the last act before it sends everything: with these operations, together or not
 * at all. What may not leave yet waits to be sent by hand.
 * @template {import('../session/outcome.js').Outcome<any>} O
 * @param {Context} ctx @param {Notice|null} notice as it stands after the act @param {O} outcome @returns {Promise<O>}
 */
export async function withDeparture(ctx, notice, outcome) {
  if (!notice?.steps || notice.steps.includes("ship") || !outcome.operations.length) return outcome;
  const places = await fullOf(ctx, notice);
  const reasons = await Promise.all(places.map((place) => whyNotLeave(ctx, notice, place)));
  if (!places.length || reasons.some(Boolean)) return outcome;
  const goods = await Promise.all(places.map((place) => inside(ctx, place, notice)));
  const sent = places.flatMap((place, i) => ship.leaving({ carton: place, document: notice.id }, goods[i].map((one) => ({ ...one, item: one.item.id }))));
  return { ...outcome, operations: [...outcome.operations, ...sent].map((draft) => ({ ...draft, group: true })) };
}

/** A lot is one lot wherever it lies: what the book says of it in another place holds here too. @param {Context} ctx @param {import('./boxes.js').Content} goods @returns {Promise<'held'|'expired'|null>} */
async function stateOfLot(ctx, { item, lot }) {
  const same = (await ctx.stores.rows.balancesOfItem(item.id)).filter((/** @type {any} */ balance) => balance.lot === lot);
  if (same.some((/** @type {any} */ { held }) => held && cmp(held, "0") > 0)) return "held";
  return same.some((/** @type {any} */ { expiry }) => isExpired(expiry, dayOf(ctx.now()))) ? "expired" : null;
}

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {ship.Session} session */
export async function shipContents(ctx, view, session) {
  const [known, all] = await Promise.all([ctx.stores.settings.get("carriers"), session.loads.length ? [] : notices(ctx)]);
  const waiting = all.filter(({ next, cartons, sent }) => next === "ship" && !(sent.length && cartons.every(({ location }) => sent.includes(location))));
  return { body: shipView.body(view, session, { carriers: known ?? [], waiting, asks: ctx.query.has("carrier") }), actions: ctx.query.has("carrier") ? null : shipView.actions(view, session) };
}

/** @param {Context} ctx */
export function showShip(ctx) {
  return activity.show(ctx, "ship");
}

/** A number that no scanner reads, typed. @param {Context} ctx */
export function track(ctx) {
  return activity.act(ctx, "ship", (session) => ship.track(session, text(ctx, "tracking")));
}

/** @param {Context} ctx */
export async function carrier(ctx) {
  const name = text(ctx, "carrier");
  const known = (await ctx.stores.settings.get("carriers")) ?? [];
  if (name) await ctx.stores.settings.put("carriers", [name, ...known.filter((/** @type {string} */ one) => one !== name)].slice(0, CARRIERS));
  return activity.act(ctx, "ship", (session) => ship.setCarrier(session, name));
}

/** @param {Context} ctx */
export function unload(ctx) {
  return activity.act(ctx, "ship", (session) => ship.unload(session, text(ctx, "place")));
}

/** @param {Context} ctx */
export async function send(ctx) {
  const { sessions } = await work.enter(ctx, "ship");
  const loads = /** @type {ship.Load[]} */ (sessions.ship.loads);
  const places = loads.map((one) => one.place.id);
  const found = await Promise.all(loads.map(async (one) => inside(ctx, one.place.id, await noticeById(ctx, one.notice))));
  const contents = Object.fromEntries(places.map((place, i) => [place, found[i].map((goods) => ({ ...goods, item: goods.item.id }))]));
  return activity.act(ctx, "ship", (session) => ship.send(session, contents));
}

// --- at the door ---

/** @param {Context} ctx @param {door.Session} session @param {Scan} scan */
export async function decideDoor(ctx, session, scan) {
  const found = await noticeIn(ctx, scan);
  return door.scan(session, scan, { found: found && isUnderWay(found) ? found : null });
}

/** It has left, as the server says or as this device did it. @param {Notice} notice */
function isUnderWay({ next, sent }) {
  return next === "deliver" || sent.length > 0;
}

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {door.Session} session */
export async function doorContents(ctx, view, session) {
  const [all, acts, waiting] = await Promise.all([notices(ctx), ctx.stores.rows.underway(), ctx.stores.pictures.waiting()]);
  const said = new Set(acts.flatMap((/** @type {import('../session/box.js').Act} */ { kind, args }) => (kind === "delivery.confirm@1" ? [args.document] : [])));
  const open = session.notice ? [] : all.filter((notice) => isUnderWay(notice) && !said.has(notice.id));
  const asks = ctx.query.has("refuse") ? "refusal" : ctx.query.has("sign") ? "signature" : null;
  return { body: doorView.body(view, session, { open, waiting, asks }), actions: asks === "refusal" ? null : doorView.actions(view, session) };
}

/** @param {Context} ctx */
export function showDoor(ctx) {
  return activity.show(ctx, "door");
}

/** @param {Context} ctx */
export async function choose(ctx) {
  const notice = await noticeById(ctx, text(ctx, "notice"));
  return notice ? activity.act(ctx, "door", (session) => door.choose(session, notice)) : activity.show(ctx, "door");
}

/** A signature or a photo: on disk before anything is shown. @param {Context} ctx */
export async function picture(ctx) {
  const digest = await kept(ctx);
  if (!digest) return activity.show(ctx, "door");
  const kind = text(ctx, "kind") === "signature" ? "signature" : "photo";
  return activity.act(ctx, "door", (session) => door.picture({ ...session, signer: text(ctx, "signer") || session.signer }, kind, digest));
}

/** The picture that came along is on disk when this resolves. @param {Context} ctx @returns {Promise<string|null>} */
async function kept(ctx) {
  const bytes = Uint8Array.from(atob(text(ctx, "picture")), (sign) => sign.charCodeAt(0));
  return bytes.length ? ctx.stores.pictures.keep(bytes) : null;
}

/** What was drawn and not yet said to be finished is the signature all the same. @param {Context} ctx */
export async function delivered(ctx) {
  const drawn = await kept(ctx);
  return activity.act(ctx, "door", (session) => door.conclude({ ...session, signature: drawn ?? session.signature }, { outcome: "delivered", signer: text(ctx, "signer") }));
}

/** @param {Context} ctx */
export function refuse(ctx) {
  return activity.act(ctx, "door", (session) => door.conclude(session, { outcome: "refused", reason: text(ctx, "reason") }));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "door", door.cancel);
}
