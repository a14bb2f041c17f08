/** The floor as a picker walks it: the places still to visit in the best order, and what the walk came to. */

import { lengthOf, plan } from "./pick_path.js";

/**
 * @typedef {import('./goods.js').Place & {aisle?: string, bay?: number|string}} Spot
 * @typedef {{columns: Record<string, number>, block: import('./pick_path.js').Block, bayMm: number}} Floor
 */

const DOOR = { aisle: 0, along: 0 };
/** How far apart aisles and bays are where the warehouse does not say (notice.py: Steps). */
const USUAL = /** @type {[number, number]} */ ([3000, 1200]);

/** The warehouse as a block of parallel aisles, the door at the front of the first (routing.py: laid_out). @param {Spot[]} bins all of them @param {[number, number]} [grid] aisle and bay in mm @returns {Floor} */
export function layOut(bins, [aisleMm, bayMm] = USUAL) {
  const names = [...new Set(bins.map(({ aisle }) => aisle ?? "").filter(Boolean))].sort(naturally);
  const deepest = bins.reduce((deep, { bay }) => Math.max(deep, Number(bay) || 0), 0);
  const block = { aisles: (names.length ? names : [""]).map((_, index) => index * aisleMm), crosses: [0, (deepest + 1) * bayMm] };
  return { columns: Object.fromEntries(names.map((name, index) => [name, index])), block, bayMm };
}

/** @param {Floor} floor @param {Spot} spot @returns {import('./pick_path.js').Stop} */
function stopAt({ columns, bayMm }, { aisle, bay }) {
  return { aisle: columns[aisle ?? ""] ?? 0, along: aisle ? Math.max(0, Number(bay) || 0) * bayMm : 0 };
}

/** The shortest way through these places from where one stands, and out by the door. @param {Floor} floor @param {Spot[]} spots @param {Spot|null} here @returns {number[]} indexes of the spots */
export function orderFrom(floor, spots, here) {
  return plan(floor.block, spots.map((spot) => stopAt(floor, spot)), here ? stopAt(floor, here) : DOOR, DOOR).order;
}

/** Metres from the door through the places that were visited and back, and what they would be in the order of their codes. @param {Floor} floor @param {Spot[]} visited @returns {{walked: number, saved: number}} */
export function metres(floor, visited) {
  const byCode = [...new Map(visited.map((spot) => [spot.id, spot])).values()].sort((one, other) => naturally(one.code, other.code));
  const [walked, longer] = [visited, byCode].map((spots) => lengthOf(floor.block, spots.map((spot) => stopAt(floor, spot)), spots.map((_, index) => index), DOOR, DOOR));
  return { walked: Math.round(walked / 1000), saved: Math.round((longer - walked) / 1000) };
}

/** Aisle 2 comes before aisle 10. @param {string} one @param {string} other */
function naturally(one, other) {
  return one.localeCompare(other, "en", { numeric: true });
}
