/**
 * Checking: somebody else than the picker looks into a carton and scans what is in it, without knowing what should be.
 *
 * Only when they say that this is all, it is compared, and what differs is named. Where two people are asked for, the
 * second one shows on the spot that it is them; what both say leaves in one operation with the seal of the second.
 */

import { shortCode } from "./box.js";
import { add, cmp, isQuantity } from "./quantity.js";
import { isMark, lineOf, sameGoods } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./box.js').Notice} Notice
 * @typedef {import('./pack.js').Named} Named
 * @typedef {{item: string, lot: string, serial: string, expected: string, found: string}} Difference
 * @typedef {{notice: Named|null, place: Place|null, lines: Line[], open: {line: Line, lots: string[]}|null, asks: boolean,
 *   differences: Difference[], done: {code: string, id: string|null, proven: boolean}|null}} Session  asks: all is right, and a second person is wanted
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{found?: Notice|null, why?: string|null, isFull?: boolean}} Facts  why: this person's look would not count
 * @typedef {{item: string, lot: string, serial: string, quantity: string}} Goods
 */

/** @returns {Session} */
export function start() {
  return { notice: null, place: null, lines: [], open: null, asks: false, differences: [], done: null };
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  if (session.asks) return refused(session, "check.second_first");
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location, facts);
    case "item":
      return scanItem(session, scan);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function scanPlace(session, place, { found, why, isFull }) {
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (session.place && session.lines.length) return refused(session, "check.finish_first", { code: shortCode(session.place.code) });
  if (!found) return refused(session, "pack.not_of_notice", { code: shortCode(place.code) });
  if (why) return refused(session, why, { code: shortCode(place.code) });
  if (!isFull) return refused(session, "check.is_empty", { code: shortCode(place.code) });
  const { id, number, customer } = found;
  return noted({ ...start(), notice: { id, number, customer }, place }, "check.at", { code: shortCode(place.code) });
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @returns {Outcome} */
function scanItem(session, scan) {
  const { place } = session;
  if (!place) return refused(session, "check.need_place");
  const line = lineOf(scan);
  if (session.open && session.open.line.item.id !== line.item.id) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if ((line.item.lot && !line.lot) || (line.item.serial && !line.serial)) {
    const lots = scan.balances.filter((balance) => balance.location === place.id && balance.lot).map((balance) => String(balance.lot));
    return noted({ ...session, open: { line, lots: [...new Set(lots)] } }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  return see({ ...session, open: null }, line);
}

/** @param {Session} session @param {{lot?: string, serial?: string}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  if (!isMark(marks.lot || marks.serial || "")) return refused(session, "receive.bad_lot");
  const { line } = session.open;
  return see({ ...session, open: null }, { ...line, lot: marks.lot || line.lot, serial: marks.serial || line.serial });
}

/** @param {Session} session @param {Line} line @returns {Outcome} */
function see(session, line) {
  const same = session.lines.find((other) => sameGoods(other, line));
  if (same && line.item.serial) return refused(session, "reason.serial_twice", { serial: line.serial });
  const seen = same ? { ...same, quantity: add(same.quantity, line.quantity) } : line;
  const lines = [seen, ...session.lines.filter((other) => other !== same)];
  const args = { name: line.item.name, quantity: seen.quantity, unit: line.item.unit };
  return { session: { ...session, lines, differences: [], done: null }, operations: [], feedback: { tone: "good", key: "check.seen", args, numeral: seen.quantity } };
}

/** Another quantity for what was seen last; zero takes it off the list. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const [line, ...others] = session.lines;
  if (!line || session.asks) return refused(session, "scan.nothing_open");
  if (line.item.serial && quantity !== "0") return refused(session, "reason.serial_quantity");
  if (!isQuantity(quantity) || cmp(quantity, "0") < 0 || (quantity.split(".")[1] || "").length > (line.item.scale ?? 0)) return refused(session, "scan.bad_quantity", { text: quantity });
  return noted({ ...session, lines: quantity === "0" ? others : [{ ...line, quantity }, ...others] }, "check.seen", { name: line.item.name, quantity, unit: line.item.unit });
}

/**
 * This is all. What is right waits for the second person where one is wanted; what is not is written down as it was found.
 * @param {Session} session @param {Goods[]} inside what should be in it @param {{others: number}} needs how many more people have to look
 * @returns {Outcome}
 */
export function done(session, inside, { others }) {
  if (!session.place) return refused(session, "check.need_place");
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (!session.lines.length) return refused(session, "check.nothing_seen", { code: shortCode(session.place.code) });
  const differences = differ(inside, session.lines);
  if (differences.length) {
    return booked({ ...session, lines: [], differences }, [draftOf(session)], { tone: "bad", key: "check.differs", args: { n: differences.length, code: shortCode(session.place.code) } });
  }
  if (others > 0) return { session: { ...session, asks: true }, operations: [], feedback: { tone: "caution", key: "check.second_wanted" } };
  return passed(session, [draftOf(session)], false);
}

/** What should be there and what was found, where they are not the same. @param {Goods[]} inside @param {Line[]} lines @returns {Difference[]} */
export function differ(inside, lines) {
  const all = new Map(inside.map((goods) => [keyOf(goods), { item: goods.item, lot: goods.lot, serial: goods.serial, expected: goods.quantity, found: "0" }]));
  for (const line of lines) {
    const goods = { item: line.item.id, lot: line.lot || "", serial: line.serial || "" };
    all.set(keyOf(goods), { ...goods, expected: all.get(keyOf(goods))?.expected ?? "0", found: line.quantity });
  }
  return [...all.values()].filter(({ expected, found }) => cmp(expected, found) !== 0);
}

/** @param {{item: string, lot: string, serial: string}} goods */
function keyOf({ item, lot, serial }) {
  return `${item}/${lot}/${serial}`;
}

/** What was found, as it travels. @param {Session} session @returns {import('./outcome.js').Draft & {args: {carton: string, document: string, lines: any[]}}} */
export function draftOf({ place, notice, lines }) {
  const found = lines.map((line) => present({ item: line.item.id, quantity: line.quantity, lot: line.lot, serial: line.serial }));
  return { kind: "stock.check@1", args: { carton: place?.id ?? "", document: notice?.id ?? "", lines: found } };
}

/** The second person has shown that it was them: one operation says what both saw. @param {Session} session @param {{id: string, proof: Record<string, string>}} proven @param {string} name @returns {Outcome} */
export function proven(session, { id, proof }, name) {
  if (!session.asks) return refused(session, "scan.nothing_open");
  const draft = draftOf(session);
  const operation = /** @type {any} */ ({ ...draft, id, args: { ...draft.args, proof } });
  return passed(session, [operation], true, name);
}

/** Nobody else is here: this look is written down, another person has to look later. @param {Session} session @returns {Outcome} */
export function alone(session) {
  if (!session.asks) return refused(session, "scan.nothing_open");
  return passed(session, [draftOf(session)], false);
}

/** @param {Session} session @param {import('./outcome.js').Draft[]} operations @param {boolean} isProven @param {string} [name] @returns {Outcome} */
function passed(session, operations, isProven, name) {
  const code = shortCode(session.place?.code ?? "");
  const next = { ...start(), notice: session.notice, done: { code, id: null, proven: isProven } };
  return booked(next, operations, { tone: "good", key: isProven ? "check.passed_by_two" : "check.passed", args: { code, name }, numeral: "✓" });
}

/** Another look from the beginning, or leave this carton. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  if (session.open) return noted({ ...session, open: null }, "scan.cancelled");
  if (session.asks) return noted({ ...session, asks: false }, "scan.cancelled");
  return noted(start(), "scan.cancelled");
}

/** @param {Session} session @param {string[]} ids @returns {Session} */
export function named(session, ids) {
  return session.done && !session.done.id && ids.length ? { ...session, done: { ...session.done, id: ids[0] } } : session;
}

/** @param {Session} session @param {string} id @returns {Session} */
export function forgotten(session, id) {
  return session.done?.id === id ? { ...session, done: null } : session;
}
