/** The one way through every work screen: decide, write down, remember, show. */

import { html } from "../html.js";
import { dayOf } from "../session/expiry.js";
import { named as namedBooking } from "../session/correction.js";
import * as bind from "../session/bind.js";
import * as carry from "../session/carry.js";
import * as check from "../session/check.js";
import * as count from "../session/count.js";
import * as door from "../session/door.js";
import * as guide from "../session/guide.js";
import * as lookup from "../session/lookup.js";
import * as move from "../session/move.js";
import * as pack from "../session/pack.js";
import * as pick from "../session/pick.js";
import * as receive from "../session/receive.js";
import * as ship from "../session/ship.js";
import * as bindView from "../views/bind.js";
import * as countView from "../views/count.js";
import * as moveView from "../views/move.js";
import * as pickView from "../views/pick.js";
import * as receiveView from "../views/receive.js";
import { queueBadge, screen } from "../views/screen.js";
import * as arrivals from "./arrivals.js";
import * as carrying from "./carrying.js";
import * as checking from "./checking.js";
import { taskAt, tasksOf } from "./count_tasks.js";
import { binsHolding } from "./facts.js";
import * as guiding from "./guiding.js";
import * as lookupScreen from "./lookup.js";
import * as packing from "./packing.js";
import * as shipping from "./shipping.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/goods.js').Scan} Scan
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 * @typedef {import('../session/outcome.js').Outcome<any>} Outcome
 * @typedef {import('../views/parts.js').View} View
 * @typedef {{code: string, like: string[], from: string}} Stranger  a code nobody knows, and on which screen it was met
 */

export const SCREENS = ["receive", "move", "pick", "guide", "pack", "check", "ship", "door", "carry", "count", "lookup", "bind"];

/** Where an unknown code may be bound to an item. */
export const BINDS_ON = new Set(["receive", "lookup"]);

/** What each activity makes of a scan. */
const DECIDERS = /** @type {Record<string, (ctx: Context, session: any, scan: Scan) => Promise<Outcome>>} */ ({
  receive: async (ctx, session, scan) => receive.scan(session, scan, dayOf(ctx.now())),
  move: async (ctx, session, scan) => move.scan(session, scan, dayOf(ctx.now()), await receiptsOf(ctx, session, scan)),
  pick: async (ctx, session, scan) => pick.scan(session, scan, { today: dayOf(ctx.now()), bins: scan.type === "item" ? await binsHolding(ctx, scan.balances) : [] }),
  count: async (ctx, session, scan) => count.scan(session, scan, scan.type === "location" ? await taskAt(ctx, scan.location.id) : null),
  guide: guiding.decide,
  pack: packing.decide,
  check: checking.decide,
  ship: shipping.decideShip,
  door: shipping.decideDoor,
  carry: carrying.decide,
  lookup: async (_ctx, session, scan) => lookup.scan(session, scan),
  bind: async (_ctx, session, scan) => bind.scan(session, scan),
});

/** Goods leave the dock: with which receipts they came, so that these know them to be put away. @param {Context} ctx @param {import('../session/move.js').Session} session @param {Scan} scan */
async function receiptsOf(ctx, session, scan) {
  const leaves = scan.type === "location" && session.source?.kind === "dock" && session.carried.length > 0;
  return leaves ? arrivals.waitingFor(ctx, session.carried.map(({ item }) => item.id)) : {};
}

/** Writing down gives ids; each session keeps the ones it may undo. */
const NAMED = /** @type {Record<string, (session: any, ids: string[]) => any>} */ ({
  receive: namedBooking, pick: namedBooking, guide: guide.named, pack: pack.remember, check: check.named, ship: (session) => session, door: door.named, carry: namedBooking, move: move.named, count: count.named, lookup: (session) => session, bind: (session) => session,
});

/** What each activity writes down. */
const KINDS = /** @type {Record<string, string[]>} */ ({
  receive: ["stock.receive@1"], move: ["stock.move@1"], pick: ["stock.pick@1", "stock.count@1"], guide: ["stock.pick@1", "stock.count@1", "stock.move@1"], count: ["stock.count@1"],
  pack: ["stock.pack@1"], check: ["stock.check@1"], ship: ["stock.ship@1"], door: ["delivery.confirm@1"], carry: ["stock.move@1", "stock.count@1"],
});

/** What is left in the hands once the operation was written. */
const SETTLED = /** @type {Record<string, (session: any) => any>} */ ({
  receive: receive.settled, move: move.settled, pick: pick.settled, guide: guide.settled, pack: pack.settled, check: check.start, ship: ship.settled, door: door.start, carry: carry.settled, count: count.start,
});

/** A scan on this screen: decided, written down, shown. @param {Context} ctx @param {string} name @param {Scan} scan */
export async function take(ctx, name, scan) {
  const standing = await work.enter(ctx, name);
  const outcome = await DECIDERS[name](ctx, standing.sessions[name], scan);
  return answer(ctx, name, standing, outcome, await strangerIn(ctx, name, scan, outcome));
}

/** A code that was refused because nobody knows it, where this person may say what it is. @param {Context} ctx @param {string} name @param {Scan} scan @param {Outcome} outcome @returns {Promise<Stranger|null>} */
async function strangerIn(ctx, name, scan, { feedback }) {
  if (scan.type !== "unknown" || !scan.bindable || feedback.key !== "scan.unknown" || !BINDS_ON.has(name)) return null;
  const permissions = (await ctx.stores.people.current())?.permissions;
  // Somebody who signed in before devices were told of permissions may try: the server has the last word.
  return !permissions || permissions.includes("bind barcodes") ? { code: scan.bindable, like: scan.like ?? [], from: name } : null;
}

/** A tap on this screen: decided by a plain function, written down, shown. @param {Context} ctx @param {string} name @param {(session: any) => Outcome} action */
export async function act(ctx, name, action) {
  const standing = await work.enter(ctx, name);
  return answer(ctx, name, standing, action(standing.sessions[name]));
}

/** Nothing is shown, and nothing beeps, before the operations are on disk. @param {Context} ctx @param {string} name @param {import('./work.js').Work} standing @param {Outcome} outcome @param {Stranger|null} [stranger] */
async function answer(ctx, name, standing, outcome, stranger = null) {
  const next = await written(ctx, name, standing, outcome);
  return show(ctx, name, { feedback: outcome.feedback, standing: next, stranger });
}

/**
 * The browser may have died between an operation and the session that knows of it. The operation is on disk
 * and later than the session, so the goods are out of the hands: they must not be booked by a second scan.
 * @param {Context} ctx
 */
export async function catchUp(ctx) {
  const standing = await work.load(ctx);
  const name = standing.screen;
  if (!SETTLED[name] || !standing.sessions[name]) return;
  const [last] = await ctx.outbox.recent(1);
  if (!last || last.operation.id === standing.newest || !KINDS[name].includes(last.operation.kind)) return;
  if (last.operation.captured.wall >= (standing.at ?? 0)) await work.save(ctx, work.withSession(standing, name, SETTLED[name](standing.sessions[name])));
}

/** Carry out what was decided, without showing it. @param {Context} ctx @param {string} name @param {Outcome} outcome */
export async function carryOut(ctx, name, outcome) {
  return written(ctx, name, await work.enter(ctx, name), outcome);
}

/** The operations and the session that knows of them reach the disk together, or not at all. @param {Context} ctx @param {string} name @param {import('./work.js').Work} standing @param {Outcome} outcome @returns {Promise<import('./work.js').Work>} */
async function written(ctx, name, standing, { session, operations }) {
  let next = work.withSession(standing, name, NAMED[name](session, []));
  if (!operations.length) await work.save(ctx, next);
  else await ctx.outbox.add(operations, { user: ctx.user, work: (/** @type {string[]} */ ids) => work.asOf(ctx, (next = knowing(ids))) });
  return next;

  /** @param {string[]} ids */
  function knowing(ids) {
    return work.withSession({ ...standing, newest: ids[ids.length - 1] }, name, NAMED[name](session, ids));
  }
}

/** @param {Context} ctx @param {string} name @param {{feedback?: Feedback|null, pad?: boolean, standing?: import('./work.js').Work, stranger?: Stranger|null}} [state] */
export async function show(ctx, name, { feedback = null, pad = false, standing, stranger = null } = {}) {
  const { sessions } = standing ?? (await work.enter(ctx, name));
  if (name === "lookup") return lookupScreen.show(ctx, sessions.lookup, feedback, stranger);
  const view = viewOf(ctx);
  const [{ body, actions, title }, queue] = await Promise.all([contents(ctx, view, name, sessions[name], pad), badge(ctx, view)]);
  const offered = stranger ? html`${bindView.offer(view, stranger)}${actions}` : actions;
  const back = name === "bind" ? `/edge/${sessions.bind.from}` : undefined;
  const unfinished = pad || work.isUnfinished(name, sessions[name]);
  return screen(view, { name, title: title ?? view.t(`${name}.title`), body, actions: offered, back, feedback, camera: true, badge: queue, unfinished });
}

/** @param {Context} ctx @param {View} view @param {string} name @param {any} session @param {boolean} pad @returns {Promise<{body: unknown, actions: unknown, title?: string}>} */
async function contents(ctx, view, name, session, pad) {
  switch (name) {
    case "receive":
      return { body: receiveView.body(view, session, { pad, ...(await arrivalsOf(ctx, session, pad)) }), actions: pad ? null : receiveView.actions(view, session) };
    case "move":
      return { body: moveView.body(view, session, { pad, proposal: pad ? null : await arrivals.proposal(ctx, session) }), actions: pad ? null : moveView.actions(view, session) };
    case "pick":
      return { body: pickView.body(view, session, { pad, carriers: session.target ? [] : (await work.placesOf(ctx, ["tote", "dock"])).slice(0, 8) }), actions: pad ? null : pickView.actions(view, session) };
    case "guide":
      return guiding.contents(ctx, view, session, pad);
    case "pack":
      return packing.contents(ctx, view, session, pad);
    case "check":
      return checking.contents(ctx, view, session, pad);
    case "ship":
      return shipping.shipContents(ctx, view, session);
    case "door":
      return shipping.doorContents(ctx, view, session);
    case "carry":
      return carrying.contents(ctx, view, session, pad);
    case "bind":
      return { body: bindView.body(view, session, await itemsOf(ctx, session.like)), actions: bindView.actions(view, session) };
    default:
      return { body: countView.body(view, session, { pad, tasks: session.location ? [] : await tasksOf(ctx) }), actions: countView.actions(view, session, { pad }) };
  }
}

/** What is expected, as long as nothing is chosen and nothing begun; then how far the chosen receipt is. @param {Context} ctx @param {import('../session/receive.js').Session} session @param {boolean} pad */
async function arrivalsOf(ctx, session, pad) {
  if (pad || session.open) return { expected: [], lines: [] };
  if (session.receipt) return { expected: [], lines: await arrivals.standing(ctx, session.receipt.id, session.last?.line.item.id ?? null) };
  return { expected: session.last ? [] : await arrivals.expected(ctx), lines: [] };
}

/** @param {Context} ctx @param {string[]} ids @returns {Promise<import('../session/goods.js').Item[]>} */
async function itemsOf(ctx, ids) {
  return (await Promise.all(ids.slice(0, 5).map((id) => ctx.stores.rows.item(id)))).filter(Boolean);
}

/** @param {Context} ctx @returns {View} */
export function viewOf(ctx) {
  return { t: ctx.t, lang: ctx.lang, now: ctx.now(), today: dayOf(ctx.now()) };
}

/** @param {Context} ctx @param {View} view */
export async function badge(ctx, view) {
  return queueBadge(view, await ctx.outbox.summary());
}
