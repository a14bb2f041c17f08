/**
 * Where goods that came should be brought, and why there: the twin of server/inbound/putaway.py.
 *
 * First a bin that already holds the same goods (the same lot before others), then the bin that is the item's
 * own, then the nearest empty one. Near means early on the walk: by aisle, bay and level.
 */

const REASONS = ["same_lot", "same_item", "home", "empty"];

/**
 * @typedef {{location: string, code: string, aisle?: string, bay?: string|number, level?: string|number, lots: string[],
 *   is_empty?: boolean, is_home?: boolean}} Spot  lots: those of the item that lie here
 * @typedef {{location: string, code: string, reason: string}} Suggestion
 */

/** The best bin for goods of this lot; null when every bin holds something else. @param {Spot[]} spots @param {string} [lot] @returns {Suggestion|null} */
export function suggest(spots, lot = "") {
  const fitting = spots
    .map((spot) => ({ rank: REASONS.indexOf(reasonOf(spot, lot)), spot }))
    .filter(({ rank }) => rank >= 0)
    .sort((left, right) => left.rank - right.rank || walk(left.spot, right.spot));
  if (!fitting.length) return null;
  const [{ rank, spot }] = fitting;
  return { location: spot.location, code: spot.code, reason: REASONS[rank] };
}

/** @param {Spot} spot @param {string} lot @returns {string} */
function reasonOf(spot, lot) {
  if (spot.lots.includes(lot)) return lot ? "same_lot" : "same_item";
  if (spot.lots.length) return "same_item";
  if (spot.is_home) return "home";
  return spot.is_empty ? "empty" : "";
}

/** A short aisle name comes before a long one, so that aisle 9 comes before aisle 10. @param {Spot} left @param {Spot} right */
function walk(left, right) {
  const [one, other] = [left.aisle ?? "", right.aisle ?? ""];
  return (
    one.length - other.length || order(one, other) || Number(left.bay ?? 0) - Number(right.bay ?? 0)
    || Number(left.level ?? 0) - Number(right.level ?? 0) || order(left.code, right.code)
  );
}

/** @param {string} left @param {string} right */
function order(left, right) {
  return left < right ? -1 : Number(left > right);
}
