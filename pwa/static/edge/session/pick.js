/**
 * Picking: goods go from bins into a tote.
 *
 * The tote is chosen once, by a scan. A scanned bin stays set until another is scanned. When the book knows
 * one bin only, it need not be scanned at all: ten lines from ten own bins are ten scans. Every scan of an
 * item books as many as the scanned unit holds. What the book does not expect is refused once; scanned again, it is taken as said.
 */

import { correct } from "./correction.js";
import { doubtOf, exceedsBook, find, isRepeated } from "./source.js";
import { goodsOf, isCarrier, isMark, isReachable, lineOf, lyingAt } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {{source: Place|null, isOwn?: boolean, target: Place|null, open: {line: Line, choices: import('./source.js').Choice[]}|null,
 *   doubt: {item: string, mark: string, source: string}|null, last: import('./correction.js').Last|null, picked: number}} Session  isOwn: nobody scanned the source, the book knew it
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{today: string, bins: Place[]}} Facts bins: reachable bins where the book knows the scanned item
 */

/** @returns {Session} */
export function start() {
  return { source: null, target: null, open: null, doubt: null, last: null, picked: 0 };
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location);
    case "item":
      return scanItem(session, scan, facts);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? correct(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** A tote or dock is where goods go, a bin is where they come from. @param {Session} session @param {Place} place @returns {Outcome} */
function scanPlace(session, place) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (isCarrier(place)) return noted({ ...session, target: place, picked: 0, doubt: null, last: null }, "pick.into", { code: place.code });
  return noted({ ...session, source: place, isOwn: false, doubt: null }, "pick.from", { code: place.code });
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {Facts} facts @returns {Outcome} */
function scanItem(session, scan, { today, bins }) {
  if (!session.target) return refused(session, "pick.need_target");
  const isOwn = !session.source || Boolean(session.isOwn);
  const source = isOwn && bins.length === 1 ? bins[0] : session.source;
  if (!source) return refused(session, bins.length ? "pick.which_bin" : "pick.need_source", { codes: bins.map((bin) => bin.code).join(" · ") });
  const line = lineOf(scan);
  if (session.open && session.open.line.item.id !== line.item.id) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  const finding = find(line, scan.balances, source.id, { today, sure: isRepeated(session.doubt, line, source.id) });
  const next = { ...session, source, isOwn, open: null, doubt: null };
  if (finding.kind === "doubt") {
    return refused({ ...next, doubt: doubtOf(line, source.id) }, finding.reason, { name: line.item.name, code: source.code, lot: finding.line.lot || finding.line.serial });
  }
  if (finding.kind === "choose") {
    return noted({ ...next, open: { line: finding.line, choices: finding.choices } }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  return take(next, finding.line, exceedsBook(finding.line, scan.balances, source.id));
}

/** The lot or serial of the open line, tapped, typed or scanned. @param {Session} session @param {{lot?: string, serial?: string}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  const mark = marks.lot || marks.serial || "";
  if (mark && !isMark(mark)) return refused(session, "receive.bad_lot");
  const choice = session.open.choices.find((lying) => (marks.serial ? lying.serial === marks.serial : lying.lot === marks.lot));
  const line = { ...session.open.line, lot: marks.lot || session.open.line.lot, serial: marks.serial || session.open.line.serial, expiry: choice?.expiry };
  return take({ ...session, open: null }, line, !choice);
}

/** @param {Session} session @param {Line} line @param {boolean} more @returns {Outcome} */
function take(session, line, more) {
  const source = /** @type {Place} */ (session.source);
  const target = /** @type {Place} */ (session.target);
  const draft = { kind: "stock.pick@1", args: { ...goodsOf(line), source: source.id, target: target.id } };
  const args = { name: line.item.name, quantity: line.quantity, unit: line.item.unit, code: source.code };
  return booked({ ...session, last: { line, draft, id: null }, picked: session.picked + 1 }, [draft], {
    tone: more ? "caution" : "good",
    key: more ? "pick.more_than_book" : "pick.booked",
    args,
    numeral: `+${line.quantity}`,
  });
}

/** Another quantity for the line just picked, or for the one that still wants its lot. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  return correct(session, quantity);
}

/**
 * Short: the person stands before the bin and there is none left. That is an observation about the bin,
 * so it is written as one; the book follows it and a search can begin.
 * @param {Session} session @param {import('./goods.js').Item} item @param {import('./goods.js').Balance[]} balances of the item
 * @returns {Outcome}
 */
export function short(session, item, balances) {
  const source = session.source;
  if (!source) return refused(session, "pick.need_source");
  const lying = lyingAt(balances, source.id);
  const lots = lying.length ? lying : [{ lot: null, serial: null }];
  const lines = lots.map((balance) => present({ item: item.id, lot: balance.lot, serial: balance.serial, quantity: "0" }));
  const draft = { kind: "stock.count@1", args: { location: source.id, lines, complete: false } };
  return booked({ ...session, last: null, doubt: null }, [draft], {
    tone: "caution",
    key: "pick.short_noted",
    args: { name: item.name, code: source.code },
    numeral: "0",
  });
}

/** @param {Session} session @returns {Outcome} */
export function cancel(session) {
  return noted({ ...session, open: null, doubt: null }, "scan.cancelled");
}

/** What was in hand is booked already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, open: null, doubt: null, last: null };
}
