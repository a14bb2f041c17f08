/** The work in progress: kept on the device at every step, so that after a crash the same line stands there again. */

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

/**
 * @typedef {{screen: string, sessions: Record<string, any>, at?: number, newest?: string}} Work
 *   at: when it was kept, by the wall clock; newest: the last operation it knows of
 * @typedef {import('./facts.js').Context} Context
 */

/** @param {Context} ctx @returns {Promise<Work>} */
export async function load(ctx) {
  return (await ctx.stores.operations.work()) ?? { screen: "home", sessions: {} };
}

/** @param {Context} ctx @param {Work} work */
export async function save(ctx, work) {
  await ctx.stores.operations.keep(asOf(ctx, work));
}

/** As it is kept. @param {Context} ctx @param {Work} work @returns {Work} */
export function asOf(ctx, work) {
  return { ...work, at: ctx.now() };
}

/** Standing on another screen; what was begun on the others stays as it is. @param {Context} ctx @param {string} name @returns {Promise<Work>} */
export async function enter(ctx, name) {
  const work = await load(ctx);
  const entered = { ...work, screen: name, sessions: { ...work.sessions, [name]: work.sessions[name] ?? (await begin(ctx, name)) } };
  if (work.screen !== name || !work.sessions[name]) await save(ctx, entered);
  return entered;
}

/** @param {Work} work @param {string} name @param {any} session @returns {Work} */
export function withSession(work, name, session) {
  return { ...work, sessions: { ...work.sessions, [name]: session } };
}

/** The shift is over: nothing of it meets the next person. @param {Context} ctx */
export async function clear(ctx) {
  await save(ctx, { screen: "home", sessions: {} });
}

/** Is something begun here that would be lost? @param {string} name @param {any} session */
export function isUnfinished(name, session) {
  if (!session) return false;
  if (name === "move") return session.carried.length > 0 || Boolean(session.open);
  if (name === "carry") return Boolean(session.hand || session.open);
  if (name === "ship") return session.loads.length > 0;
  if (name === "door") return Boolean(session.notice);
  if (name === "check") return session.lines.length > 0 || Boolean(session.open);
  if (name === "count") return session.lines.length > 0 || Boolean(session.open);
  if (name === "guide") return Boolean(session.open || session.held);
  return Boolean(session.open);
}

/** @param {Context} ctx @param {string} name */
async function begin(ctx, name) {
  switch (name) {
    case "receive":
      return receive.start(await firstDock(ctx));
    case "move":
      return move.start(await firstDock(ctx));
    case "pick":
      return pick.start();
    case "guide":
      return guide.start();
    case "pack":
      return pack.start();
    case "check":
      return check.start();
    case "ship":
      return ship.start();
    case "door":
      return door.start();
    case "carry":
      return carry.start();
    case "count":
      return count.start();
    case "bind":
      return bind.start();
    default:
      return lookup.start();
  }
}

/** Goods come in at the first dock of the warehouse, until another is chosen. @param {Context} ctx */
async function firstDock(ctx) {
  const docks = await placesOf(ctx, ["dock"]);
  return docks[0] ?? null;
}

/** Places of these kinds in the warehouse of this person, the switched-off ones left out. @param {Context} ctx @param {string[]} kinds @returns {Promise<import('../session/goods.js').Place[]>} */
export async function placesOf(ctx, kinds) {
  const warehouse = (await warehouseOf(ctx))?.id;
  const found = await Promise.all(kinds.map((kind) => ctx.stores.rows.locations({ warehouse, kind })));
  return found.flat().filter((place) => place.active !== false);
}

/** The warehouse this device works in. @param {Context} ctx @returns {Promise<{id: string, name: string}|null>} */
export async function warehouseOf(ctx) {
  const id = await ctx.stores.settings.get("warehouse");
  if (!id) return null;
  const row = await ctx.stores.rows.row("warehouse", id);
  return { id, name: row?.name || row?.code || "" };
}
