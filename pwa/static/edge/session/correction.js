/** Mending what was just booked: the booking is undone and written anew, together or not at all. */

import { isCountable } from "./goods.js";
import { booked, noted, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {{line: Line, draft: import('./outcome.js').Draft, id: string|null}} Last  what was booked last, and its operation
 */

/**
 * Another quantity for the line booked last.
 * @template {{last: Last|null}} S
 * @param {S} session @param {string} quantity in base units
 * @returns {import('./outcome.js').Outcome<S>}
 */
export function correct(session, quantity) {
  const last = session.last;
  if (!last?.id) return refused(session, "scan.nothing_open");
  if (last.line.item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, last.line.item)) return refused(session, "scan.bad_quantity", { text: quantity });
  if (last.line.quantity === quantity) return noted(session, "scan.unchanged");
  const line = { ...last.line, quantity };
  const draft = { kind: last.draft.kind, args: { ...last.draft.args, quantity } };
  const operations = [
    { kind: "op.undo@1", args: { operation: last.id }, group: true },
    { ...draft, group: true },
  ];
  const args = { name: line.item.name, quantity, unit: line.item.unit };
  return booked({ ...session, last: { line, draft, id: null } }, operations, {
    tone: "good",
    key: "scan.corrected",
    args,
    numeral: quantity,
  });
}

/**
 * After the operations were stored: what was booked last now has a name and can be undone by it.
 * @template {{last?: Last|null}} S
 * @param {S} session @param {string[]} ids ids of the stored operations, in order @returns {S}
 */
export function named(session, ids) {
  if (!session.last || session.last.id || ids.length === 0) return session;
  return { ...session, last: { ...session.last, id: ids[ids.length - 1] } };
}

/**
 * The booking with this id was undone: it can no longer be corrected.
 * @template {{last?: Last|null}} S
 * @param {S} session @param {string} id @returns {S}
 */
export function forgotten(session, id) {
  return session.last?.id === id ? { ...session, last: null } : session;
}
