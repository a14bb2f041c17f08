/**
 * Putting away and moving: goods go from one place to another.
 *
 * The source stays set. Scan what is taken, one item or several; scan where it goes: everything in hand
 * is booked there. Two scans for one item. With nothing in hand a scanned place becomes the source.
 */

import { add } from "./quantity.js";
import { exceedsBook, doubtOf, find, isRepeated } from "./source.js";
import { goodsOf, isCountable, isMark, isReachable, lineOf, sameGoods } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line & {available?: string|null}} Carried
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {{source: Place|null, carried: Carried[], open: {line: Carried, choices: import('./source.js').Choice[]}|null,
 *   doubt: {item: string, mark: string, source: string}|null,
 *   moved: {lines: Carried[], source: Place, target: Place, ids: string[]}|null}} Session
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

/** @param {Place|null} source where goods usually wait to be put away @returns {Session} */
export function start(source) {
  return { source, carried: [], open: null, doubt: null, moved: null };
}

/**
 * @param {Session} session @param {Scan} scan @param {string} today
 * @param {Record<string, string>} [receipts] which receipt the goods at the dock came with, by item
 * @returns {Outcome}
 */
export function scan(session, scan, today, receipts = {}) {
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location, receipts);
    case "item":
      return scanItem(session, scan, today);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** @param {Session} session @param {Place} place @param {Record<string, string>} receipts @returns {Outcome} */
function scanPlace(session, place, receipts) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (!session.source || session.carried.length === 0) {
    return noted({ ...session, source: place, doubt: null, moved: null }, "move.from", { code: place.code });
  }
  if (place.id === session.source.id) return refused(session, "move.same_place", { code: place.code });
  return putDown(session, session.source, place, isPutAway(session.source, place) ? receipts : {});
}

/** @param {Place} source @param {Place} target */
function isPutAway(source, target) {
  return source.kind === "dock" && target.kind === "bin";
}

/** @param {Session} session @param {Place} source @param {Place} target @param {Record<string, string>} receipts @returns {Outcome} */
function putDown(session, source, target, receipts) {
  const operations = session.carried.map((line) => ({
    kind: "stock.move@1",
    args: present({ ...goodsOf(line), source: source.id, target: target.id, document: receipts[line.item.id] }),
  }));
  const moved = { lines: session.carried, source, target, ids: [] };
  const key = target.active === false ? "reason.inactive_location" : "move.booked";
  return booked({ ...session, carried: [], doubt: null, moved }, operations, {
    tone: target.active === false ? "caution" : "good",
    key,
    args: { code: target.code, lines: operations.length, name: session.carried[0].item.name },
    numeral: `→ ${target.code}`,
  });
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {string} today @returns {Outcome} */
function scanItem(session, scan, today) {
  const source = session.source;
  if (!source) return refused(session, "move.need_source");
  const line = lineOf(scan);
  if (session.open && !fits(session.open, line)) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  const sure = isRepeated(session.doubt, line, source.id);
  const finding = find(line, scan.balances, source.id, { today, sure });
  const next = { ...session, doubt: null, open: null, moved: null };
  if (finding.kind === "doubt") {
    return refused({ ...next, doubt: doubtOf(line, source.id) }, finding.reason, { name: line.item.name, code: source.code, lot: finding.line.lot || finding.line.serial });
  }
  if (finding.kind === "choose") {
    return noted({ ...next, open: { line: finding.line, choices: finding.choices } }, wantOf(line), { name: line.item.name });
  }
  return pickUp(next, withAvailable(finding.line, scan.balances, source.id), exceedsBook(finding.line, scan.balances, source.id));
}

/** While a lot is wanted, only the same item with its lot or serial answers. @param {NonNullable<Session['open']>} open @param {Carried} line */
function fits(open, line) {
  return open.line.item.id === line.item.id && Boolean(line.lot || line.serial);
}

/** @param {Carried} line */
function wantOf(line) {
  return line.item.serial ? "move.want_serial" : "move.want_lot";
}

/** @param {Carried} line @param {import('./goods.js').Balance[]} balances @param {string} location @returns {Carried} */
function withAvailable(line, balances, location) {
  const lying = balances.find((balance) => balance.location === location && (balance.lot || "") === (line.lot || "") && (balance.serial || "") === (line.serial || ""));
  return { ...line, available: lying && !lying.veiled ? lying.on_hand : null };
}

/** Into the hand; the same goods again add up. @param {Session} session @param {Carried} line @param {boolean} more @returns {Outcome} */
function pickUp(session, line, more) {
  const same = session.carried.find((carried) => sameGoods(carried, line));
  if (same && line.item.serial) return refused(session, "reason.serial_twice", { serial: line.serial });
  const carried = same
    ? session.carried.map((other) => (other === same ? { ...same, quantity: add(same.quantity, line.quantity) } : other))
    : [...session.carried, line];
  const quantity = same ? add(same.quantity, line.quantity) : line.quantity;
  const args = { name: line.item.name, quantity, unit: line.item.unit };
  return { session: { ...session, carried }, operations: [], feedback: { tone: more ? "caution" : "quiet", key: more ? "move.more_than_book" : "move.in_hand", args } };
}

/** The lot or serial of the open line, tapped, typed or scanned. @param {Session} session @param {{lot?: string, serial?: string, expiry?: string|null}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  const mark = marks.lot || marks.serial || "";
  if (mark && !isMark(mark)) return refused(session, "receive.bad_lot");
  const choice = session.open.choices.find((lying) => (marks.serial ? lying.serial === marks.serial : lying.lot === marks.lot));
  const line = { ...session.open.line, lot: marks.lot || session.open.line.lot, serial: marks.serial || session.open.line.serial, expiry: choice?.expiry, available: choice && !choice.veiled ? choice.on_hand : null };
  return pickUp({ ...session, open: null }, line, !choice);
}

/** Another quantity for what was taken last. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const line = session.open ? session.open.line : session.carried[session.carried.length - 1];
  if (!line) return refused(session, "scan.nothing_open");
  if (line.item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, line.item)) return refused(session, "scan.bad_quantity", { text: quantity });
  const args = { name: line.item.name, quantity, unit: line.item.unit };
  if (session.open) return noted({ ...session, open: { ...session.open, line: { ...line, quantity } } }, wantOf(line), args);
  return noted({ ...session, carried: [...session.carried.slice(0, -1), { ...line, quantity }] }, "move.in_hand", args);
}

/** Put the last thing taken back: nothing was booked. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  if (session.open) return noted({ ...session, open: null, doubt: null }, "scan.cancelled");
  return noted({ ...session, carried: session.carried.slice(0, -1), doubt: null }, "scan.cancelled");
}

/** After the operations were stored, they can be undone by their ids. @param {Session} session @param {string[]} ids @returns {Session} */
export function named(session, ids) {
  return session.moved && session.moved.ids.length === 0 ? { ...session, moved: { ...session.moved, ids } } : session;
}

/** @param {Session} session @param {string} id @returns {Session} */
export function forgotten(session, id) {
  return session.moved?.ids.includes(id) ? { ...session, moved: null } : session;
}

/** What was in hand is booked already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, carried: [], open: null, doubt: null };
}
