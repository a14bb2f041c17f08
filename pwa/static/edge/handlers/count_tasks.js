/** Reading what there is to count from the rows of this device. */

import { answered, toCount } from "../session/count_tasks.js";

/** @typedef {import('./facts.js').Context} Context */

/** @param {Context} ctx @returns {Promise<import('../session/count_tasks.js').CountTask[]>} */
export async function tasksOf(ctx) {
  const { rows } = ctx.stores;
  const [tasks, recent] = await Promise.all([rows.every("task"), ctx.outbox.recent(100)]);
  const places = new Map();
  for (const { location } of tasks.values()) if (location) places.set(location, await rows.row("location", location));
  return toCount(tasks, places, ctx.user, answered(recent));
}

/** The task that asks for this place. @param {Context} ctx @param {string} location */
export async function taskAt(ctx, location) {
  return (await tasksOf(ctx)).find((task) => task.location.id === location) ?? null;
}

/** Places whose figures nobody may look up, because somebody is to count them blind. @param {Context} ctx @returns {Promise<Set<string>>} */
export async function blindPlaces(ctx) {
  const tasks = await ctx.stores.rows.every("task");
  return new Set([...tasks.values()].filter(({ kind, blind }) => kind === "count" && blind === true).map(({ location }) => location));
}
