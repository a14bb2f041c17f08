/**
 * Taking goods out of a place: what lies there by the book, and when the book and the hand disagree.
 *
 * The hand is right in the end, but a surprise is asked about once: the first scan is refused in sound,
 * colour and words, the same scan again means *yes, really*. No dialogue stands in the way.
 */

import { cmp } from "./quantity.js";
import { isExpired } from "./expiry.js";
import { lyingAt } from "./goods.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Balance} Balance
 * @typedef {{lot?: string|null, serial?: string|null, expiry?: string|null, on_hand: string, veiled?: boolean}} Choice
 * @typedef {{kind: 'take', line: Line} | {kind: 'choose', line: Line, choices: Choice[]} |
 *   {kind: 'doubt', line: Line, reason: string}} Finding
 */

/**
 * Which goods a hand takes here. One lot alone needs no question.
 * @param {Line} line @param {Balance[]} balances of the item @param {string} location
 * @param {{today: string, sure: boolean}} given sure: the person scanned it twice
 * @returns {Finding}
 */
export function find(line, balances, location, { today, sure }) {
  const lying = lyingAt(balances, location);
  const named = identify(line, lying);
  if (wantsMark(named)) {
    return lying.length || sure ? { kind: "choose", line: named, choices: lying.filter((one) => !one.veiled || !line.item.serial) } : { kind: "doubt", line: named, reason: "source.not_in_book" };
  }
  if (sure) return { kind: "take", line: named };
  if (isExpired(named.expiry, today)) return { kind: "doubt", line: named, reason: "source.expired" };
  if (!lying.some((balance) => isSame(named, balance))) return { kind: "doubt", line: named, reason: reasonOfAbsence(named, lying) };
  return { kind: "take", line: named };
}

/** Fill in the lot, serial and expiry when only one can be meant. @param {Line} line @param {Balance[]} lying @returns {Line} */
function identify(line, lying) {
  const fitting = lying.filter((balance) => (!line.lot || balance.lot === line.lot) && (!line.serial || balance.serial === line.serial));
  const [only] = fitting;
  if (!only || fitting.length > 1) return line;
  return {
    ...line,
    lot: line.lot || only.lot,
    serial: line.serial || (line.item.serial ? null : only.serial),
    expiry: line.expiry || only.expiry,
  };
}

/** @param {Line} line */
function wantsMark(line) {
  return Boolean((line.item.serial && !line.serial) || (line.item.lot && !line.lot));
}

/** @param {Line} line @param {Balance} balance */
function isSame(line, balance) {
  // Of a place that is counted blind, a device knows lots and no serials.
  return (line.lot || "") === (balance.lot || "") && (balance.veiled || (line.serial || "") === (balance.serial || ""));
}

/** @param {Line} line @param {Balance[]} lying */
function reasonOfAbsence(line, lying) {
  if (line.serial) return "source.serial_not_in_book";
  return lying.length ? "source.lot_not_in_book" : "source.not_in_book";
}

/** Does the hand take more than the book knows of? @param {Line} line @param {Balance[]} balances @param {string} location */
export function exceedsBook(line, balances, location) {
  const lying = lyingAt(balances, location).find((balance) => isSame(line, balance));
  return !lying || (!lying.veiled && cmp(line.quantity, lying.on_hand) > 0);
}

/** Two scans of the same doubt make it sure. @param {{item: string, mark: string, source: string}|null|undefined} doubt @param {Line} line @param {string} source */
export function isRepeated(doubt, line, source) {
  return Boolean(doubt && doubt.item === line.item.id && doubt.source === source && doubt.mark === markOf(line));
}

/** @param {Line} line @param {string} source */
export function doubtOf(line, source) {
  return { item: line.item.id, mark: markOf(line), source };
}

/** @param {Line} line */
function markOf(line) {
  return line.serial || line.lot || "";
}
