/**
 * Counting: what is really in a place, whatever the book says.
 *
 * Scan the place, scan what lies there; each scan adds the scanned unit, or the quantity is entered. One
 * tap says *done*: what was not counted is then not there. An empty place takes one tap. The figure of the
 * book is never shown, so that nobody counts what they expect.
 */

import { add, cmp, isQuantity } from "./quantity.js";
import { isMark, isReachable, lineOf, sameGoods } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {{location: Place|null, task: string|null, lines: Line[], open: {line: Line, lots: string[]}|null,
 *   done: {location: Place, lines: number, id: string|null}|null}} Session
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

/** @returns {Session} */
export function start() {
  return { location: null, task: null, lines: [], open: null, done: null };
}

/** @param {Session} session @param {Scan} scan @param {{id: string, again: boolean}|null} [task] what asks for the scanned place @returns {Outcome} */
export function scan(session, scan, task = null) {
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location, task);
    case "item":
      return scanItem(session, scan);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      if (scan.command === "OK") return done(session);
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** The place again means done; another place has to wait for it. @param {Session} session @param {Place} place @param {{id: string, again: boolean}|null} task @returns {Outcome} */
function scanPlace(session, place, task) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (!session.location) return begin(place, task);
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (place.id === session.location.id && session.lines.length) return done(session);
  if (session.lines.length) return refused(session, "count.finish_first", { code: session.location.code });
  return begin(place, task);
}

/** Who counted here before is told that another should, and may count all the same. @param {Place} place @param {{id: string, again: boolean}|null} task @returns {Outcome} */
function begin(place, task) {
  const next = { ...start(), location: place, task: task?.id ?? null };
  if (!task?.again) return noted(next, "count.at", { code: place.code });
  return { session: next, operations: [], feedback: { tone: "caution", key: "reason.second_opinion" } };
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @returns {Outcome} */
function scanItem(session, scan) {
  const location = session.location;
  if (!location) return refused(session, "count.need_place");
  const line = lineOf(scan);
  if (session.open && session.open.line.item.id !== line.item.id) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if ((line.item.lot && !line.lot) || (line.item.serial && !line.serial)) {
    const known = scan.balances.filter((balance) => balance.location === location.id && balance.lot).map((balance) => String(balance.lot));
    return noted({ ...session, open: { line, lots: [...new Set(known)] } }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  return countLine({ ...session, open: null }, line);
}

/** @param {Session} session @param {{lot?: string, serial?: string}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  const mark = marks.lot || marks.serial || "";
  if (!isMark(mark)) return refused(session, "receive.bad_lot");
  const line = { ...session.open.line, lot: marks.lot || session.open.line.lot, serial: marks.serial || session.open.line.serial };
  return countLine({ ...session, open: null }, line);
}

/** The line counted last comes first, so that it can be mended. @param {Session} session @param {Line} line @returns {Outcome} */
function countLine(session, line) {
  const same = session.lines.find((other) => sameGoods(other, line));
  if (same && line.item.serial) return refused(session, "reason.serial_twice", { serial: line.serial });
  const counted = same ? { ...same, quantity: add(same.quantity, line.quantity) } : line;
  const lines = [counted, ...session.lines.filter((other) => other !== same)];
  const args = { name: line.item.name, quantity: counted.quantity, unit: line.item.unit };
  return { session: { ...session, lines }, operations: [], feedback: { tone: "good", key: "count.counted", args, numeral: counted.quantity } };
}

/** Another quantity for the line counted last; zero takes it off the list. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const [line, ...others] = session.lines;
  if (!line) return refused(session, "scan.nothing_open");
  if (line.item.serial && quantity !== "0") return refused(session, "reason.serial_quantity");
  if (!isQuantity(quantity) || cmp(quantity, "0") < 0 || (quantity.split(".")[1] || "").length > (line.item.scale ?? 0)) {
    return refused(session, "scan.bad_quantity", { text: quantity });
  }
  const lines = quantity === "0" ? others : [{ ...line, quantity }, ...others];
  return noted({ ...session, lines }, "count.counted", { name: line.item.name, quantity, unit: line.item.unit });
}

/** Bring a line to the front, to mend it. @param {Session} session @param {number} index @returns {Outcome} */
export function choose(session, index) {
  const line = session.lines[index];
  if (!line) return refused(session, "scan.nothing_open");
  return noted({ ...session, lines: [line, ...session.lines.filter((other) => other !== line)] }, "count.counted", { name: line.item.name, quantity: line.quantity, unit: line.item.unit });
}

/** This is all that lies here. @param {Session} session @returns {Outcome} */
export function done(session) {
  if (!session.location) return refused(session, "count.need_place");
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (session.lines.length === 0) return refused(session, "count.nothing_counted", { code: session.location.code });
  return finish(session, session.location, "count.done");
}

/** Nothing lies here. @param {Session} session @returns {Outcome} */
export function empty(session) {
  if (!session.location) return refused(session, "count.need_place");
  if (session.lines.length) return refused(session, "count.not_empty", { code: session.location.code });
  return finish(session, session.location, "count.empty");
}

/** @param {Session} session @param {Place} location @param {string} key @returns {Outcome} */
function finish(session, location, key) {
  const lines = session.lines.map((line) => present({ item: line.item.id, lot: line.lot, serial: line.serial, quantity: line.quantity }));
  const draft = { kind: "stock.count@1", args: present({ location: location.id, lines, complete: true, task: session.task }) };
  const next = { ...start(), done: { location, lines: lines.length, id: null } };
  return booked(next, [draft], { tone: "good", key, args: { code: location.code, lines: lines.length }, numeral: "✓" });
}

/** Drop what still wants its lot. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  if (session.open) return noted({ ...session, open: null }, "scan.cancelled");
  return noted(start(), "scan.cancelled");
}

/** @param {Session} session @param {string[]} ids @returns {Session} */
export function named(session, ids) {
  return session.done && !session.done.id ? { ...session, done: { ...session.done, id: ids[0] ?? null } } : session;
}

/** @param {Session} session @param {string} id @returns {Session} */
export function forgotten(session, id) {
  return session.done?.id === id ? { ...session, done: null } : session;
}
