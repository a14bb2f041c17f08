/** What there is to count: the places that somebody asked for, in the order in which one walks. */

/**
 * @typedef {import('./goods.js').Place & {aisle?: string, bay?: number|string, level?: number|string}} Spot
 * @typedef {{id: string, location: Spot, number: string, blind: boolean, again: boolean}} CountTask
 *   again: this person counted here before, so another has to do it now
 */

/**
 * The count tasks whose places are known here, as one walks: up one aisle, down the next.
 * @param {Map<string, any>} tasks rows of the feed @param {Map<string, any>} places rows of the feed @param {string} user @param {Set<string>} done tasks answered on this device and not yet heard of
 * @returns {CountTask[]}
 */
export function toCount(tasks, places, user, done) {
  const wanted = [...tasks].flatMap(([id, body]) => {
    const place = body.kind === "count" && !done.has(id) ? places.get(body.location) : null;
    if (!place) return [];
    const again = (body.counters ?? []).includes(user);
    return [{ id, location: { id: body.location, ...place }, number: body.number ?? "", blind: body.blind !== false, again }];
  });
  return walk(wanted);
}

/** @param {CountTask[]} wanted @returns {CountTask[]} */
function walk(wanted) {
  const aisles = [...new Set(wanted.map(aisleOf))].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  return aisles.flatMap((aisle, index) => {
    const along = wanted.filter((task) => aisleOf(task) === aisle).sort(byBay);
    return index % 2 ? along.reverse() : along;
  });
}

/** @param {CountTask} task */
function aisleOf(task) {
  return task.location.aisle ?? "";
}

/** @param {CountTask} one @param {CountTask} other */
function byBay(one, other) {
  return Number(one.location.bay ?? 0) - Number(other.location.bay ?? 0)
    || Number(one.location.level ?? 0) - Number(other.location.level ?? 0)
    || (one.location.code < other.location.code ? -1 : 1);
}

/**
 * Tasks that operations of this device have answered, as far as the server has not said so.
 * @param {{operation: {kind: string, args: any}, state: string, undone?: boolean}[]} recent @returns {Set<string>}
 */
export function answered(recent) {
  const waiting = recent.filter(({ operation, state, undone }) => operation.kind === "stock.count@1" && state === "queued" && !undone);
  return new Set(waiting.map(({ operation }) => operation.args.task).filter(Boolean));
}
