/**
 * Packing: what was picked goes from its tote into cartons.
 *
 * The tote says which notice it is; a carton's label makes it a box of that notice, a printed-ahead one as well, so
 * none of it needs the network. Each scan of an item packs as many as the scanned unit holds, or one tap packs all.
 */

import { shortCode } from "./box.js";
import { cmp } from "./quantity.js";
import { doubtOf, find, isRepeated } from "./source.js";
import { isCountable, isMark, lineOf } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./box.js').Notice} Notice
 * @typedef {{id: string, number: string, customer: string}} Named
 * @typedef {{notice: Named|null, source: Place|null, carton: Place|null, sealed: Place|null, open: {line: Line, source: Place, choices: import('./source.js').Choice[]}|null,
 *   doubt: {item: string, mark: string, source: string}|null, last: {line: Line, source: string, id: string|null}|null}} Session  sealed: the carton closed last, or one that was scanned and is closed
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{today: string, found?: Notice|null, isFree?: boolean, sources?: Place[], left?: Record<string, string>}} Facts
 *   found: whose goods lie at the scanned place; isFree: a carton that nobody uses; sources: totes that hold the scanned item; left: not packed yet, by item
 */

/** Lines of one operation: more would not travel in 8 KiB. */
const LINES = 40;

/** @returns {Session} */
export function start() {
  return { notice: null, source: null, carton: null, sealed: null, open: null, doubt: null, last: null };
}

/** @param {Notice|Named} notice @returns {Named} */
export function named({ id, number, customer }) {
  return { id, number, customer };
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location, facts);
    case "item":
      return scanItem(session, scan, facts);
    case "unknown":
    case "document":
      if (facts.found) return choose(session, facts.found);
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** This notice is packed now. @param {Session} session @param {Notice} notice @returns {Outcome} */
export function choose(session, notice) {
  if (session.notice?.id === notice.id) return noted(session, "pack.notice", { number: notice.number });
  return noted({ ...start(), notice: named(notice) }, "pack.notice", { number: notice.number });
}

/** @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function scanPlace(session, place, { found, isFree }) {
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (place.kind === "carton") return scanCarton(session, place, found ?? null, Boolean(isFree));
  if (!found) return refused(session, "pack.not_of_notice", { code: shortCode(place.code) });
  const same = session.notice?.id === found.id;
  return noted({ ...(same ? session : start()), notice: named(found), source: place, doubt: null, last: null }, "pack.from", { code: shortCode(place.code), number: found.number });
}

/** @param {Session} session @param {Place} carton @param {Notice|null} found @param {boolean} isFree @returns {Outcome} */
function scanCarton(session, carton, found, isFree) {
  if (!found && !isFree) return refused(session, "pack.carton_used", { code: shortCode(carton.code) });
  const notice = found ? named(found) : session.notice;
  if (!notice) return refused(session, "pack.need_notice");
  const kept = notice.id === session.notice?.id ? session : { ...start(), notice };
  if (found?.cartons.some(({ location, state }) => location === carton.id && state === "sealed")) {
    return { session: { ...kept, notice, carton: null, sealed: carton, last: null }, operations: [], feedback: { tone: "caution", key: "pack.is_sealed", args: { code: shortCode(carton.code) } } };
  }
  return noted({ ...kept, notice, carton, sealed: null, doubt: null, last: null }, "pack.into", { code: shortCode(carton.code) });
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {Facts} facts @returns {Outcome} */
function scanItem(session, scan, { today, sources = [], left = {} }) {
  if (!session.notice) return refused(session, "pack.need_notice");
  if (!session.carton) return refused(session, "pack.need_carton");
  const source = sources.length === 1 ? sources[0] : session.source;
  if (!source) return refused(session, "pack.need_source", { codes: sources.map(({ code }) => code).join(" · ") });
  const line = lineOf(scan);
  if (session.open && session.open.line.item.id !== line.item.id) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  const sure = isRepeated(session.doubt, line, source.id);
  const next = { ...session, source, open: null, doubt: null };
  const tooMany = cmp(line.quantity, left[line.item.id] ?? "0") > 0;
  if (tooMany && !sure) return refused({ ...next, doubt: doubtOf(line, source.id) }, "pack.not_wanted", { name: line.item.name, number: session.notice.number });
  const finding = find(line, scan.balances, source.id, { today, sure });
  if (finding.kind === "doubt") {
    return refused({ ...next, doubt: doubtOf(line, source.id) }, finding.reason, { name: line.item.name, code: source.code, lot: finding.line.lot || finding.line.serial });
  }
  if (finding.kind === "choose") {
    return noted({ ...next, open: { line: finding.line, source, choices: finding.choices } }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  return take(next, finding.line, source.id);
}

/** The lot or serial of the open line, tapped, typed or scanned. @param {Session} session @param {{lot?: string, serial?: string}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  const mark = marks.lot || marks.serial || "";
  if (!isMark(mark)) return refused(session, "receive.bad_lot");
  const { line, source } = session.open;
  return take({ ...session, open: null }, { ...line, lot: marks.lot || line.lot, serial: marks.serial || line.serial }, source.id);
}

/** @param {Session} session @param {Line} line @param {string} source @returns {Outcome} */
function take(session, line, source) {
  const args = { name: line.item.name, quantity: line.quantity, unit: line.item.unit, code: shortCode(session.carton?.code ?? "") };
  return booked({ ...session, last: { line, source, id: null } }, [draftOf(session, [goodsOf(line, source)])], { tone: "good", key: "pack.booked", args, numeral: `+${line.quantity}` });
}

/** @param {Line} line @param {string} source */
function goodsOf(line, source) {
  return present({ item: line.item.id, quantity: line.quantity, source, lot: line.lot, serial: line.serial });
}

/** @param {Session} session @param {Record<string, unknown>[]} lines @returns {import('./outcome.js').Draft} */
function draftOf({ carton, notice }, lines) {
  return { kind: "stock.pack@1", args: { carton: carton?.id, document: notice?.id, lines } };
}

/** Another quantity for the line packed last. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const { last } = session;
  if (!last?.id || !session.carton) return refused(session, "scan.nothing_open");
  if (last.line.item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, last.line.item)) return refused(session, "scan.bad_quantity", { text: quantity });
  if (last.line.quantity === quantity) return noted(session, "scan.unchanged");
  const line = { ...last.line, quantity };
  const operations = [
    { kind: "op.undo@1", args: { operation: last.id }, group: true },
    { ...draftOf(session, [goodsOf(line, last.source)]), group: true },
  ];
  return booked({ ...session, last: { ...last, line, id: null } }, operations, { tone: "good", key: "scan.corrected", args: { name: line.item.name, quantity, unit: line.item.unit }, numeral: quantity });
}

/** All that lies in the totes of this notice, into this carton. @param {Session} session @param {import('./box.js').Lying[]} lying @returns {Outcome} */
export function allIn(session, lying) {
  if (!session.carton || !session.notice) return refused(session, "pack.need_carton");
  if (!lying.length) return refused(session, "pack.nothing_left", { number: session.notice.number });
  const lines = lying.map(({ item, quantity, source, lot, serial }) => present({ item, quantity, source, lot, serial }));
  const operations = Array.from({ length: Math.ceil(lines.length / LINES) }, (_, i) => draftOf(session, lines.slice(i * LINES, (i + 1) * LINES)));
  return booked({ ...session, last: null, doubt: null, open: null }, operations, { tone: "good", key: "pack.all_packed", args: { n: lines.length, code: shortCode(session.carton.code) }, numeral: "✓" });
}

/** A new carton with a label from the printer; without a network it comes when there is one. @param {Session} session @param {string|null} printer @returns {Outcome} */
export function another(session, printer) {
  if (!session.notice) return refused(session, "pack.need_notice");
  return booked(session, [{ kind: "carton.open@1", args: present({ document: session.notice.id, printer }) }], { tone: "good", key: "pack.label_asked" });
}

/** Closed, with what it weighs (kilograms) and measures (millimetres); either may be left out. @param {Session} session @param {{weight: string, size: string}} given @returns {Outcome} */
export function seal(session, { weight, size }) {
  if (!session.carton) return refused(session, "pack.need_carton");
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  const measures = sizeOf(size);
  if (weight && !/^\d{1,4}(\.\d{1,3})?$/.test(weight)) return refused(session, "scan.bad_quantity", { text: weight });
  if (measures === null) return refused(session, "pack.bad_size", { text: size });
  const args = present({ carton: session.carton.id, document: session.notice?.id, lines: [], state: "sealed", weight, size: measures });
  return booked({ ...session, carton: null, sealed: session.carton, last: null }, [{ kind: "stock.pack@1", args }], { tone: "good", key: "pack.sealed", args: { code: shortCode(session.carton.code) }, numeral: "✓" });
}

/** Centimetres as people say them, `40 30 20` or `40x30x20`, in millimetres; null for what is no size. @param {string} text */
export function sizeOf(text) {
  if (!text.trim()) return "";
  const read = /^(\d{1,3})[\s×x*,-]+(\d{1,3})[\s×x*,-]+(\d{1,3})$/iu.exec(text.trim());
  return read ? read.slice(1).map((one) => Number(one) * 10).join("x") : null;
}

/** Open it again: what is changed in it voids the check. @param {Session} session @returns {Outcome} */
export function reopen(session) {
  if (!session.sealed || !session.notice) return refused(session, "pack.need_carton");
  const args = { carton: session.sealed.id, document: session.notice.id, lines: [], state: "open" };
  return booked({ ...session, carton: session.sealed, sealed: null, last: null }, [{ kind: "stock.pack@1", args }], { tone: "caution", key: "pack.reopened", args: { code: shortCode(session.sealed.code) } });
}

/** Drop what still wants its lot, else begin with another notice. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  return noted(session.open ? { ...session, open: null, doubt: null } : start(), "scan.cancelled");
}

/** @param {Session} session @param {string[]} ids @returns {Session} */
export function remember(session, ids) {
  return session.last && !session.last.id && ids.length ? { ...session, last: { ...session.last, id: ids[ids.length - 1] } } : session;
}

/** @param {Session} session @param {string} id @returns {Session} */
export function forgotten(session, id) {
  return session.last?.id === id ? { ...session, last: null } : session;
}

/** What was in hand is booked already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, open: null, doubt: null, last: null };
}
