/**
 * Receiving: goods come in at a dock.
 *
 * The dock is set. Scan an item: when the code (or the item) leaves nothing open, it is booked at once,
 * as many as the scanned unit holds. When the item needs a lot, an expiry or a serial that the code did
 * not give, the line stays open until it is scanned or typed. A wrong quantity is corrected afterwards:
 * the booking is undone and written anew, together or not at all.
 */

import { add } from "./quantity.js";
import { correct } from "./correction.js";
import { dayFromDigits, isExpired } from "./expiry.js";
import { isCountable, isMark, isReachable, lineOf, missing, sameGoods, withKnownExpiry } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {{id: string, number: string, partner: string, lines: {id: string, item: string}[]}} Receipt  what is expected, chosen by a tap
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./goods.js').Place} Place
 * @typedef {{target: Place|null, open: Line|null, last: import('./correction.js').Last|null,
 *   marks: Record<string, {lot?: string|null, expiry?: string|null}>, receipt?: Receipt|null}} Session
 *   marks: the lot last received of each item
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

/** @param {Place|null} dock @returns {Session} */
export function start(dock) {
  return { target: dock, open: null, last: null, marks: {} };
}

/** @param {Session} session @param {Scan} scan @param {string} today @returns {Outcome} */
export function scan(session, scan, today) {
  switch (scan.type) {
    case "location":
      return arriveAt(session, scan.location);
    case "item":
      return session.open ? scanAgain(session, session.open, scan, today) : scanItem(session, scan, today);
    case "unknown":
      return session.open ? scanMark(session, session.open, scan.text, today) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** @param {Session} session @param {Place} place @returns {Outcome} */
function arriveAt(session, place) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (place.active === false) return refused(session, "reason.inactive_location", { code: place.code });
  return noted({ ...session, target: place }, "receive.at", { code: place.code });
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {string} today @returns {Outcome} */
function scanItem(session, scan, today) {
  if (!session.target) return refused(session, "receive.need_dock");
  return advance(session, withKnownExpiry(lineOf(scan), scan.balances), today);
}

/** The line is still open: the same item adds to it or brings what was missing, another item has to wait. @param {Session} session @param {Line} open @param {import('./goods.js').ItemScan} scan @param {string} today @returns {Outcome} */
function scanAgain(session, open, scan, today) {
  const line = lineOf(scan);
  if (line.item.id !== open.item.id) return refused(session, "receive.finish_first", { name: open.item.name });
  if (line.lot || line.serial || line.expiry) {
    const filled = { ...open, lot: line.lot || open.lot, serial: line.serial || open.serial, expiry: line.expiry || open.expiry, code: scan.code };
    return advance({ ...session, open: null }, withKnownExpiry(filled, scan.balances), today);
  }
  if (open.item.serial) return refused(session, `receive.want_${missing(open)}`, { name: open.item.name });
  return noted({ ...session, open: { ...open, quantity: add(open.quantity, line.quantity) } }, `receive.want_${missing(open)}`, { name: open.item.name });
}

/** A code nobody knows, while a lot or serial is wanted, is that lot or serial. @param {Session} session @param {Line} open @param {string} text @param {string} today @returns {Outcome} */
function scanMark(session, open, text, today) {
  const wanted = missing(open);
  if (wanted === "expiry") return setMarks(session, { expiry: text }, today);
  return setMarks(session, { [wanted === "serial" ? "serial" : "lot"]: text }, today);
}

/**
 * What a person typed, tapped or scanned to complete the open line.
 * @param {Session} session @param {{lot?: string, serial?: string, expiry?: string}} marks @param {string} today @returns {Outcome}
 */
export function setMarks(session, marks, today) {
  const open = session.open;
  if (!open) return refused(session, "scan.nothing_open");
  if (marks.lot && !isMark(marks.lot)) return refused(session, "receive.bad_lot");
  if (marks.serial && !isMark(marks.serial)) return refused(session, "receive.bad_serial");
  const expiry = marks.expiry ? dayFromDigits(marks.expiry) : open.expiry;
  if (marks.expiry && !expiry) return refused(session, "receive.bad_day", { text: marks.expiry });
  const line = { ...open, lot: marks.lot || open.lot, serial: marks.serial || open.serial, expiry };
  return advance({ ...session, open: null }, line, today);
}

/** Book the line, or keep it open and ask for the next thing it lacks. @param {Session} session @param {Line} line @param {string} today @returns {Outcome} */
function advance(session, line, today) {
  const wanted = missing(line);
  if (wanted) return noted({ ...session, open: line }, `receive.want_${wanted}`, { name: line.item.name });
  if (line.serial && isRepeated(session, line)) return refused(session, "reason.serial_twice", { serial: line.serial });
  return book(session, line, today);
}

/** @param {Session} session @param {Line} line */
function isRepeated(session, line) {
  return Boolean(session.last && sameGoods(session.last.line, line));
}

/** @param {Session} session @param {Line} line @param {string} today @returns {Outcome} */
function book(session, line, today) {
  const draft = draftOf(line, /** @type {Place} */ (session.target), session.receipt);
  const marks = { ...session.marks, [line.item.id]: { lot: line.lot, expiry: line.expiry } };
  const next = { ...session, open: null, marks, last: { line, draft, id: null } };
  return booked(next, [draft], feedbackOf(line, today, session.receipt));
}

/** @param {Line} line @param {Place} target @param {Receipt|null} [receipt] */
function draftOf(line, target, receipt) {
  return {
    kind: "stock.receive@1",
    args: present({
      item: line.item.id,
      quantity: line.quantity,
      target: target.id,
      unit: line.unit,
      factor: line.factor,
      lot: line.lot,
      made_on: line.made_on,
      expiry: line.expiry,
      serial: line.serial,
      code: line.code,
      document: receipt?.id,
      line: expectedLine(receipt, line)?.id,
    }),
  };
}

/** @param {Receipt|null|undefined} receipt @param {Line} line */
function expectedLine(receipt, line) {
  return receipt?.lines.find(({ item }) => item === line.item.id);
}

/** @param {Line} line @param {string} today @param {Receipt|null} [receipt] @returns {import('./outcome.js').Feedback} */
function feedbackOf(line, today, receipt) {
  const args = { name: line.item.name, quantity: line.quantity, unit: line.item.unit };
  if (line.item.active === false) return { tone: "caution", key: "reason.inactive_item", args, numeral: `+${line.quantity}` };
  if (isExpired(line.expiry, today)) return { tone: "caution", key: "receive.expired", args: { ...args, expiry: line.expiry }, numeral: `+${line.quantity}` };
  if (receipt && !expectedLine(receipt, line)) return { tone: "caution", key: "receive.not_expected", args: { ...args, number: receipt.number }, numeral: `+${line.quantity}` };
  return { tone: "good", key: "receive.booked", args, numeral: `+${line.quantity}` };
}

/** Another quantity: for the open line, or for the one just booked. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const line = session.open;
  if (!line) return correct(session, quantity);
  if (line.item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, line.item)) return refused(session, "scan.bad_quantity", { text: quantity });
  return noted({ ...session, open: { ...line, quantity } }, `receive.want_${missing(line)}`, { name: line.item.name });
}

/** From now on for this receipt; null for goods that belong to none. @param {Session} session @param {Receipt|null} receipt @returns {Outcome} */
export function choose(session, receipt) {
  if (session.open) return refused(session, "receive.finish_first", { name: session.open.item.name });
  const next = { ...session, receipt, last: null };
  return receipt ? noted(next, "receive.for", { number: receipt.number }) : noted(next, "receive.for_none");
}

/** Put the open line back where it came from: nothing was booked. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  return noted({ ...session, open: null }, "scan.cancelled");
}

/** What was in hand is booked already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, open: null, last: null };
}
