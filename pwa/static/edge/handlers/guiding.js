/** Guided picking: which tasks there are, where the one in hand stands, and the taps of its screens. */

import { isExpired } from "../session/expiry.js";
import { isCarrier, lyingAt } from "../session/goods.js";
import * as guide from "../session/guide.js";
import { backsOf, elsewhere, isOpen, lacking, nextTask, standing, takenByOther, tasksOf } from "../session/pick_task.js";
import { layOut, metres, orderFrom } from "../session/pick_walk.js";
import { cmp } from "../session/quantity.js";
import * as guideView from "../views/guide.js";
import * as homeView from "../views/home.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import { text } from "./form.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/goods.js').Scan} Scan
 * @typedef {import('../session/goods.js').Place} Place
 * @typedef {import('../session/goods.js').Item} Item
 * @typedef {import('../session/guide.js').Session} Session
 * @typedef {import('../session/guide.js').Facts} Facts
 * @typedef {import('../session/outcome.js').Outcome<Session>} Outcome
 * @typedef {import('../session/pick_task.js').Act} Act
 * @typedef {import('../session/pick_task.js').Notice} Notice
 * @typedef {import('../session/pick_task.js').PickLine} PickLine
 * @typedef {import('../session/pick_task.js').Task} Task
 * @typedef {{notices: Notice[], picks: PickLine[], backs: import('../session/pick_task.js').PutBack[]}} Asked  what the feed says there is to pick, and to put back
 * @typedef {{members: Notice[], visits: import('../session/guide.js').Visit[], backs: import('../session/guide.js').Back[], lost: string|null}} Standing
 */

/** Read again only when rows of these kinds have changed: a scan must not wait for it. @type {WeakMap<object, {key: string, asked: Asked}>} */
const remembered = new WeakMap();

/** @param {Context} ctx @returns {Promise<Asked>} */
async function asked(ctx) {
  const { rows } = ctx.stores;
  const { generation, ground, versions } = await rows.latestBase();
  const key = [generation, ground, versions.notice ?? 0, versions.pick ?? 0, versions.task ?? 0].join("/");
  const known = remembered.get(rows);
  if (known?.key === key) return known.asked;
  const [notices, picks, tasks] = await Promise.all([rows.every("notice"), rows.every("pick"), rows.every("task")]);
  const found = {
    notices: listed(notices), picks: listed(picks).map((pick) => ({ ...pick, lot: pick.lot ?? "", serial: pick.serial ?? "" })),
    backs: listed(tasks).filter(({ kind }) => kind === "put_back"),
  };
  remembered.set(rows, { key, asked: found });
  return found;
}

/** @param {Map<string, any>} rows @returns {any[]} */
function listed(rows) {
  return [...rows].map(([id, body]) => ({ id, ...body }));
}

/** The tasks of this warehouse, the one to begin with first. @param {Context} ctx @returns {Promise<Task[]>} */
export async function tasks(ctx) {
  const [{ notices, picks, backs }, acts, warehouse] = await Promise.all([asked(ctx), ctx.stores.rows.underway(), work.warehouseOf(ctx)]);
  const here = notices.filter((notice) => !notice.warehouse || notice.warehouse === warehouse?.id);
  return tasksOf(here, standing(picks, acts), ctx.user, acts, backs);
}

/** What home says of picking: the task in hand, or else the next, and how many there are. @param {Context} ctx @param {Session|undefined} session */
export async function atHome(ctx, session) {
  const found = await tasks(ctx);
  const current = session?.task ?? null;
  const isOver = current && !found.some(({ id, holder }) => id === current.id && holder === "me");
  const free = found.filter(({ holder }) => holder !== "other");
  return { current: isOver ? null : current, next: free[0] ?? null, waiting: free.length };
}

/** The tile at home, when new tasks have come. @param {Context} ctx */
export async function tile(ctx) {
  const { sessions } = await work.load(ctx);
  return homeView.nextTask(activity.viewOf(ctx), await atHome(ctx, sessions.guide));
}

/** Where the task in hand stands, with what this device did since the rows were written. @param {Context} ctx @param {Session} session @returns {Promise<Standing>} */
async function standingOf(ctx, session) {
  const task = session.task;
  if (!task) return { members: [], visits: [], backs: [], lost: null };
  const [{ notices, picks, backs: rows }, acts] = await Promise.all([asked(ctx), ctx.stores.rows.underway()]);
  const members = notices.filter((notice) => (notice.wave ?? notice.id) === task.id || task.notices.includes(notice.id));
  const wanted = new Set(members.filter(({ state }) => state === "released" || state === "picking").map(({ id }) => id));
  const lines = standing(picks.filter(({ notice }) => wanted.has(notice)), acts);
  const others = elsewhere(lines, acts, await goodElsewhere(ctx, lines.filter(({ state }) => state === "short")));
  const open = [...lines, ...others].filter(isOpen).sort((one, other) => one.position - other.position);
  const [items, places] = await Promise.all([itemsById(ctx, open.map(({ item }) => item)), placesById(ctx, open.map(({ location }) => location))]);
  return {
    members, lost: takenByOther(members, ctx.user),
    visits: guide.visitsOf(session, open, items, places),
    backs: await backs(ctx, rows.filter(({ document }) => task.notices.includes(document)), acts),
  };
}

/** Good stock in bins of the items that were short somewhere. @param {Context} ctx @param {PickLine[]} lines */
async function goodElsewhere(ctx, lines) {
  const today = activity.viewOf(ctx).today;
  const warehouse = (await work.warehouseOf(ctx))?.id;
  const found = new Map();
  for (const id of new Set(lines.map(({ item }) => item))) {
    const balances = /** @type {import('../session/goods.js').Balance[]} */ ((await ctx.stores.rows.balancesOfItem(id)).filter(isGood));
    const places = await placesById(ctx, balances.map(({ location }) => location));
    found.set(id, balances.filter(({ location }) => isBinOf(places.get(location), warehouse)));
  }
  return found;

  /** @param {import('../session/goods.js').Balance} balance */
  function isGood({ on_hand, held, expiry }) {
    return cmp(on_hand, "0") > 0 && cmp(held ?? "0", "0") === 0 && !isExpired(expiry, today);
  }
}

/** @param {Place|undefined} place @param {string|undefined} warehouse */
function isBinOf(place, warehouse) {
  return place?.kind === "bin" && place.active !== false && (!warehouse || place.warehouse === warehouse);
}

/** What of the task is to go back, with its item and places. @param {Context} ctx @param {import('../session/pick_task.js').PutBack[]} rows @param {Act[]} acts @returns {Promise<import('../session/guide.js').Back[]>} */
async function backs(ctx, rows, acts) {
  const found = backsOf(rows, acts);
  const [items, places] = await Promise.all([itemsById(ctx, found.map(({ item }) => item)), placesById(ctx, found.flatMap(({ source, target }) => [source, target]))]);
  return found.flatMap((back) => {
    const item = items.get(back.item);
    const source = places.get(back.source);
    return item && source ? [{ ...back, item, source, target: places.get(back.target) ?? null }] : [];
  });
}

/** @param {Context} ctx @param {string[]} ids @returns {Promise<Map<string, Item>>} */
async function itemsById(ctx, ids) {
  const found = await Promise.all([...new Set(ids)].map((id) => ctx.stores.rows.item(id)));
  return new Map(found.filter(Boolean).map((item) => [item.id, item]));
}

/** @param {Context} ctx @param {string[]} ids @returns {Promise<Map<string, Place>>} */
async function placesById(ctx, ids) {
  const found = await Promise.all([...new Set(ids)].map((id) => ctx.stores.rows.location(id)));
  return new Map(found.filter(Boolean).map((place) => [place.id, place]));
}

// Scans

/** @param {Context} ctx @param {Session} session @param {Scan} scan @returns {Promise<Outcome>} */
export async function decide(ctx, session, scan) {
  const standing = await standingOf(ctx, session);
  const isOver = !session.task || standing.lost !== null || (!standing.visits.length && !standing.backs.length);
  const offered = isOver && scan.type === "location" && isCarrier(scan.location) ? await offeredTo(ctx, scan.location, session) : null;
  if (!offered) return guide.scan(session, scan, await factsOf(ctx, session, standing, scan));
  const taken = guide.take(offered, await totesOf(ctx, offered));
  const bound = guide.scan(taken.session, scan, { today: "", visits: [], isOwn: false, here: [], backs: [], holds: false });
  return { session: bound.session, operations: taken.operations, feedback: bound.feedback };
}

/** The task to whose goods this tote belongs; an empty one begins the next. @param {Context} ctx @param {Place} tote @param {Session} session */
async function offeredTo(ctx, tote, session) {
  const [found, { notices }] = await Promise.all([tasks(ctx), asked(ctx)]);
  const owner = notices.find(({ totes }) => totes?.includes(tote.id));
  const begun = owner && found.find(({ notices: members, holder }) => holder !== "other" && members.includes(owner.id));
  return begun ?? nextTask(found, session.task?.id);
}

/** @param {Context} ctx @param {Session} session @param {Standing} standing @param {Scan|null} scan @returns {Promise<Facts>} */
async function factsOf(ctx, session, { members, visits, backs, lost }, scan = null) {
  const { rows } = ctx.stores;
  const [next] = visits;
  const source = session.source ?? next?.place ?? null;
  const [here, balances] = await Promise.all([source ? rows.balancesAt(source.id) : [], next ? rows.balancesOfItem(next.item.id) : []]);
  return {
    today: activity.viewOf(ctx).today, visits, backs, lost, here,
    isOwn: Boolean(next) && !members.some(({ strict }) => strict) && (await isOwnBin(ctx, next, here, balances)),
    holds: scan?.type === "location" && lyingAt(balances, scan.location.id).length > 0,
  };
}

/** Whether the goods alone say where one stands: they lie in no other bin, or nothing else lies in this one. @param {Context} ctx @param {import('../session/guide.js').Visit} visit @param {import('../session/goods.js').Balance[]} here @param {import('../session/goods.js').Balance[]} balances */
async function isOwnBin(ctx, { place, item }, here, balances) {
  if (here.every((one) => one.item === item.id || (!one.veiled && cmp(one.on_hand, "0") <= 0))) return true;
  const lying = balances.filter(({ on_hand, veiled }) => veiled || cmp(on_hand, "0") > 0).map(({ location }) => location);
  const places = await placesById(ctx, lying);
  return [...places.values()].every(({ id, kind }) => kind !== "bin" || id === place.id);
}

// Taps

/** The task in hand; without one, those there are. @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "guide", { pad: ctx.query.has("pad") });
}

/** Somebody else is at it, or the order has changed: said on the screen that is shown, without taking it away. @param {Context} ctx */
export async function news(ctx) {
  const { sessions } = await work.load(ctx);
  const { lost, backs } = await standingOf(ctx, sessions.guide ?? guide.start());
  return guideView.news(activity.viewOf(ctx), { lost, backs: backs.length }) ?? "";
}

/** All tasks, to choose another or to leave this one. @param {Context} ctx */
export async function list(ctx) {
  const { sessions } = await work.enter(ctx, "guide");
  const view = activity.viewOf(ctx);
  const body = guideView.list(view, await tasks(ctx), sessions.guide);
  return screen(view, { name: "guide-list", title: view.t("guide.list"), back: sessions.guide.task ? "/edge/guide" : "/edge/home", body, actions: guideView.listActions(view, sessions.guide), camera: true, badge: await activity.badge(ctx, view) });
}

/** One tap: the task that is most urgent. @param {Context} ctx */
export async function next(ctx) {
  const { sessions } = await work.enter(ctx, "guide");
  const task = nextTask(await tasks(ctx), sessions.guide.task?.id);
  return task ? begin(ctx, task) : activity.show(ctx, "guide", { feedback: { tone: "bad", key: "guide.none" } });
}

/** @param {Context} ctx */
export async function take(ctx) {
  const id = text(ctx, "task");
  const { sessions } = await work.enter(ctx, "guide");
  if (sessions.guide.task?.id === id) return activity.show(ctx, "guide");
  const task = (await tasks(ctx)).find((one) => one.id === id);
  if (!task) return activity.show(ctx, "guide", { feedback: { tone: "bad", key: "reason.task_closed" } });
  return task.holder === "other" ? activity.show(ctx, "guide", { feedback: { tone: "bad", key: "guide.lost", args: { who: task.taker } } }) : begin(ctx, task);
}

/** @param {Context} ctx @param {Task} task */
async function begin(ctx, task) {
  const outcome = guide.take(task, await totesOf(ctx, task));
  return done(ctx, outcome);
}

/** Totes into which others, or this device, have begun to pick for these notices. @param {Context} ctx @param {Task} task @returns {Promise<Record<string, Place>>} */
async function totesOf(ctx, task) {
  const [{ notices }, acts] = await Promise.all([asked(ctx), ctx.stores.rows.underway()]);
  /** @type {Record<string, string>} */
  const ids = {};
  for (const { id, totes } of notices) if (totes?.length && task.notices.includes(id)) ids[id] = totes[totes.length - 1];
  for (const { kind, args, sign } of acts) if (kind === "stock.pick@1" && sign > 0 && !args.short_reason && task.notices.includes(args.document)) ids[args.document] = args.target;
  const places = await placesById(ctx, Object.values(ids));
  return Object.fromEntries(Object.entries(ids).flatMap(([notice, id]) => (places.has(id) ? [[notice, /** @type {Place} */ (places.get(id))]] : [])));
}

/** Whoever goes home leaves the task in hand to others. @param {Context} ctx */
export async function giveBack(ctx) {
  const { sessions } = await work.load(ctx);
  const { current } = await atHome(ctx, sessions.guide);
  if (current && ctx.user) await ctx.outbox.add(guide.leave(sessions.guide).operations, { user: ctx.user });
}

/** @param {Context} ctx */
export function leave(ctx) {
  return act(ctx, (session) => guide.leave(session));
}

/** Past the border of the zone, by oneself. @param {Context} ctx */
export function goOn(ctx) {
  return act(ctx, guide.goOn);
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return act(ctx, (session) => guide.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return act(ctx, (session, facts) => guide.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }, facts));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return act(ctx, guide.cancel);
}

/** @param {Context} ctx */
export function undo(ctx) {
  return act(ctx, guide.undo);
}

/** @param {Context} ctx */
export function empty(ctx) {
  return act(ctx, (session) => guide.answerEmpty(session, text(ctx, "answer") === "yes"));
}

/** Why is it short? @param {Context} ctx */
export async function askShort(ctx) {
  const { sessions } = await work.enter(ctx, "guide");
  const { visits } = await standingOf(ctx, sessions.guide);
  if (!visits.length) return activity.show(ctx, "guide");
  const view = activity.viewOf(ctx);
  return screen(view, { name: "guide-short", title: view.t("action.short"), back: "/edge/guide", body: guideView.short(view, visits[0]), badge: await activity.badge(ctx, view) });
}

/** @param {Context} ctx */
export function short(ctx) {
  const reason = guide.REASONS.includes(text(ctx, "reason")) ? text(ctx, "reason") : guide.NONE;
  return act(ctx, (session, facts) => guide.short(session, reason, facts));
}

/** Later; the others are walked the shortest way from here. @param {Context} ctx */
export async function skip(ctx) {
  const { sessions } = await work.enter(ctx, "guide");
  const session = /** @type {Session} */ (sessions.guide);
  const { members, visits: [first, ...others] } = await standingOf(ctx, session);
  if (!others.length) return activity.show(ctx, "guide", { feedback: { tone: "bad", key: "guide.only_one" } });
  const floor = await floorOf(ctx, members);
  const order = orderFrom(floor, others.map(({ place }) => place), first.place).map((index) => others[index].key);
  return done(ctx, guide.skip(session, first.key, order));
}

/** @param {Context} ctx @param {Notice[]} members */
async function floorOf(ctx, members) {
  return layOut(await work.placesOf(ctx, ["bin"]), members[0]?.grid);
}

/** @param {Context} ctx @param {(session: Session, facts: Facts) => Outcome} action */
async function act(ctx, action) {
  const { sessions } = await work.enter(ctx, "guide");
  const facts = await factsOf(ctx, sessions.guide, await standingOf(ctx, sessions.guide));
  return done(ctx, action(sessions.guide, facts));
}

/** @param {Context} ctx @param {Outcome} outcome */
async function done(ctx, outcome) {
  const standing = await activity.carryOut(ctx, "guide", outcome);
  return activity.show(ctx, "guide", { feedback: outcome.feedback, standing });
}

// What is shown

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {Session} session @param {boolean} pad */
export async function contents(ctx, view, session, pad) {
  if (!session.task) return { body: guideView.list(view, await tasks(ctx), session), actions: guideView.listActions(view, session) };
  const { number } = session.task;
  const standing = await standingOf(ctx, session);
  if (standing.lost !== null) return { title: number, ...guideView.lost(view, { who: standing.lost, picked: session.visited.length, next: await upNext(ctx, session) }) };
  const { visits, backs, members } = standing;
  if (!visits.length && !backs.length) {
    const walk = session.visited.length ? metres(await floorOf(ctx, members), session.visited) : null;
    const missing = lacking(members, await ctx.stores.rows.underway());
    return { title: number, ...guideView.finished(view, session, { walk, missing, isLive: members.length > 0, next: await upNext(ctx, session) }) };
  }
  if (!visits.length) return { title: number, ...guideView.back(view, backs) };
  if (guide.isAtBorder(session, visits)) return { title: number, ...guideView.border(view, session, visits) };
  const [visit, then] = visits;
  const lying = lyingAt(await ctx.stores.rows.balancesOfItem(visit.item.id), visit.place.id);
  const expiry = lying.find((balance) => (balance.lot ?? "") === visit.lot)?.expiry ?? null;
  const state = { visit: { ...visit, expiry }, then, left: visits.reduce((sum, { lines }) => sum + lines.length, 0), isLast: !then, backs, pad };
  return { title: number, body: guideView.body(view, session, state), actions: pad ? null : guideView.actions(view, session, state) };
}

/** @param {Context} ctx @param {Session} session */
async function upNext(ctx, session) {
  return nextTask(await tasks(ctx), session.task?.id);
}
