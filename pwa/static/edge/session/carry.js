/**
 * Carrying as somebody asked for it: transfers that are sent and received, material for production, and pick bins that
 * are filled up.
 *
 * The task says what, from where and where to. Sending, issuing and receiving are one scan an item; filling up is two, the goods
 * and the bin, and when the place that should give them is empty, two taps say so and the next place is named.
 */

import { cmp, sub } from "./quantity.js";
import { doubtOf, exceedsBook, find, isRepeated } from "./source.js";
import { isCountable, isMark, isReachable, lineOf } from "./goods.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Item} Item
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {{source: Place, quantity: string, lot: string, serial: string}} Take
 * @typedef {{id: string, kind: 'send'|'receive'|'refill'|'issue', number: string, other: string, transit: Place|null, lines: {item: string, rest: string}[], item: Item|null, home: Place|null, takes: Take[]}} Job
 *   other: the warehouse at the far end, or the product that material is for; transit: also the place of production; rest: still to be sent, or still on its way; home, takes: of a bin to fill up
 * @typedef {{job: Job|null, source: Place|null, target: Place|null, hand: {line: Line, source: Place}|null,
 *   open: {line: Line, source: Place, choices: import('./source.js').Choice[]}|null, doubt: {item: string, mark: string, source: string}|null,
 *   skipped: string[], last: {line: Line, draft: import('./outcome.js').Draft, id: string|null}|null}} Session  skipped: places that gave nothing
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{today: string, bins?: Place[]}} Facts bins: reachable places where the book knows the scanned item
 */

/** @type {Record<string, string>} */
const BOOKED = { send: "carry.sent", issue: "carry.issued", receive: "carry.received" };

/** @returns {Session} */
export function start() {
  return { job: null, source: null, target: null, hand: null, open: null, doubt: null, skipped: [], last: null };
}

/** @param {Session} _session @param {Job} job @param {Place|null} dock where sent goods of one step, or received ones, are laid @returns {Outcome} */
export function choose(_session, job, dock) {
  const target = leaves(job) ? job.transit ?? dock : job.kind === "receive" ? dock : job.home;
  const source = job.kind === "receive" ? job.transit : null;
  return noted({ ...start(), job, source, target }, "carry.begun", { number: job.number });
}

/** The next place to take goods from, of a bin that is filled up. @param {Session} session @returns {Take|null} */
export function nextTake({ job, skipped }) {
  return job?.takes.find(({ source, lot, serial }) => !skipped.includes(`${source.id}/${lot}/${serial}`)) ?? null;
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  if (!session.job) return refused(session, "carry.choose_first");
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location);
    case "item":
      return session.job.kind === "refill" ? grasp(session, scan) : carry(session, scan, facts);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** @param {Session} session @param {Place} place @returns {Outcome} */
function scanPlace(session, place) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  switch (session.job?.kind) {
    case "refill":
      return session.hand ? putDown(session, place) : graspAt(session, place);
    case "send":
    case "issue":
      return noted({ ...session, source: place, doubt: null }, "pick.from", { code: place.code });
    default:
      return noted({ ...session, target: place, doubt: null }, "carry.into", { code: place.code });
  }
}

// --- filling up a bin ---

/** The goods are in the hand: as many as were asked for, of the place that was named. @param {Session} session @param {import('./goods.js').ItemScan} scan @returns {Outcome} */
function grasp(session, scan) {
  const take = nextTake(session);
  const { item } = /** @type {Job} */ (session.job);
  if (!take) return refused(session, "carry.nothing_left");
  if (scan.item.id !== item?.id) return refused(session, "carry.other_item", { name: item?.name });
  if (take.lot && scan.lot && scan.lot !== take.lot) return refused(session, "carry.other_lot", { lot: take.lot });
  return held(session, scan.item, take);
}

/** Its place was scanned instead: the same. @param {Session} session @param {Place} place @returns {Outcome} */
function graspAt(session, place) {
  const take = nextTake(session);
  const { item } = /** @type {Job} */ (session.job);
  if (!take || !item) return refused(session, "carry.nothing_left");
  if (place.id !== take.source.id) return refused(session, "carry.other_place", { code: take.source.code });
  return held(session, item, take);
}

/** @param {Session} session @param {Item} item @param {Take} take @returns {Outcome} */
function held(session, item, take) {
  const line = { item, quantity: take.quantity, unit: item.unit, factor: "1", lot: take.lot || null, serial: take.serial || null };
  return noted({ ...session, hand: { line, source: take.source }, last: null }, "move.in_hand", { name: item.name, quantity: take.quantity, unit: item.unit });
}

/** @param {Session} session @param {Place} place @returns {Outcome} */
function putDown(session, place) {
  const { hand, job } = session;
  if (!hand || !job?.home) return refused(session, "carry.nothing_left");
  if (place.id !== job.home.id) return refused(session, "carry.other_place", { code: job.home.code });
  const { line, source } = hand;
  const args = present({ item: line.item.id, quantity: line.quantity, source: source.id, target: place.id, lot: line.lot, serial: line.serial, reason: "replenish" });
  const skipped = [...session.skipped, `${source.id}/${line.lot ?? ""}/${line.serial ?? ""}`];
  const draft = { kind: "stock.move@1", args };
  return booked({ ...session, hand: null, skipped, last: { line, draft, id: null } }, [draft], { tone: "good", key: "move.booked", args: { code: place.code, lines: 1, name: line.item.name }, numeral: `→ ${place.code}` });
}

/** The place that should give them has none: that is seen, written down, and the next one is named. @param {Session} session @returns {Outcome} */
export function short(session) {
  const take = nextTake(session);
  const item = session.job?.item;
  if (!take || !item || session.hand) return refused(session, "carry.nothing_left");
  const line = present({ item: item.id, lot: take.lot, serial: take.serial, quantity: "0" });
  const draft = { kind: "stock.count@1", args: { location: take.source.id, lines: [line], complete: false } };
  const next = { ...session, skipped: [...session.skipped, `${take.source.id}/${take.lot}/${take.serial}`], last: null };
  return booked(next, [draft], { tone: "caution", key: "pick.short_noted", args: { name: item.name, code: take.source.code }, numeral: "0" });
}

// --- sending, issuing and receiving ---

/** Whether goods go from our shelves: to another warehouse, or into production. @param {Job|null} job */
function leaves(job) {
  return job?.kind === "send" || job?.kind === "issue";
}

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {Facts} facts @returns {Outcome} */
function carry(session, scan, { today, bins = [] }) {
  const job = /** @type {Job} */ (session.job);
  const source = leaves(job) && !session.source && bins.length === 1 ? bins[0] : session.source;
  if (!source) return refused(session, bins.length ? "pick.which_bin" : "pick.need_source", { codes: bins.map(({ code }) => code).join(" · ") });
  if (!session.target) return refused(session, "carry.need_target");
  const line = lineOf(scan);
  if (session.open && session.open.line.item.id !== line.item.id) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  const sure = isRepeated(session.doubt, line, source.id);
  const next = { ...session, open: null, doubt: null };
  const rest = restOf(job, line.item.id);
  if (!sure && cmp(line.quantity, rest) > 0) return refused({ ...next, doubt: doubtOf(line, source.id) }, "carry.not_wanted", { name: line.item.name, number: job.number });
  const finding = find(line, scan.balances, source.id, { today, sure });
  if (finding.kind === "doubt") {
    return refused({ ...next, doubt: doubtOf(line, source.id) }, finding.reason, { name: line.item.name, code: source.code, lot: finding.line.lot || finding.line.serial });
  }
  if (finding.kind === "choose") {
    return noted({ ...next, open: { line: finding.line, source, choices: finding.choices } }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  return moved(next, finding.line, source, exceedsBook(finding.line, scan.balances, source.id));
}

/** @param {Job} job @param {string} item */
function restOf(job, item) {
  return job.lines.find((line) => line.item === item)?.rest ?? "0";
}

/** The lot or serial of the open line, tapped, typed or scanned. @param {Session} session @param {{lot?: string, serial?: string}} marks @returns {Outcome} */
export function setMarks(session, marks) {
  if (!session.open) return refused(session, "scan.nothing_open");
  if (!isMark(marks.lot || marks.serial || "")) return refused(session, "receive.bad_lot");
  const { line, source } = session.open;
  return moved({ ...session, open: null }, { ...line, lot: marks.lot || line.lot, serial: marks.serial || line.serial }, source, false);
}

/** @param {Session} session @param {Line} line @param {Place} source @param {boolean} more @returns {Outcome} */
function moved(session, line, source, more) {
  const { job, target } = session;
  const args = present({ item: line.item.id, quantity: line.quantity, source: source.id, target: target?.id, lot: line.lot, serial: line.serial, document: job?.id, code: line.code });
  const draft = { kind: "stock.move@1", args };
  const lines = (job?.lines ?? []).map((one) => (one.item === line.item.id ? { ...one, rest: sub(one.rest, line.quantity) } : one));
  const next = { ...session, job: job && { ...job, lines }, last: { line, draft, id: null } };
  return booked(next, [draft], { tone: more ? "caution" : "good", key: BOOKED[job?.kind ?? "receive"], args: { name: line.item.name, quantity: line.quantity, unit: line.item.unit }, numeral: `${leaves(job) ? "→" : "+"}${line.quantity}` });
}

/** Another quantity: of what is in the hand, or of what was booked last. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const { hand, last, job } = session;
  const line = hand?.line ?? last?.line;
  if (!line || (!hand && !last?.id)) return refused(session, "scan.nothing_open");
  if (line.item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, line.item)) return refused(session, "scan.bad_quantity", { text: quantity });
  const changed = { ...line, quantity };
  const args = { name: line.item.name, quantity, unit: line.item.unit };
  if (hand) return noted({ ...session, hand: { ...hand, line: changed } }, "move.in_hand", args);
  const { id, draft } = /** @type {NonNullable<Session['last']>} */ (last);
  const anew = { kind: draft.kind, args: { ...draft.args, quantity } };
  const lines = (job?.lines ?? []).map((one) => (one.item === line.item.id ? { ...one, rest: sub(one.rest, sub(quantity, line.quantity)) } : one));
  const operations = [{ kind: "op.undo@1", args: { operation: id }, group: true }, { ...anew, group: true }];
  return booked({ ...session, job: job && { ...job, lines }, last: { line: changed, draft: anew, id: null } }, operations, { tone: "good", key: "scan.corrected", args, numeral: quantity });
}

/** Put back what is in the hand, or leave the task. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  if (session.open) return noted({ ...session, open: null, doubt: null }, "scan.cancelled");
  if (session.hand) return noted({ ...session, hand: null }, "scan.cancelled");
  return noted(start(), "scan.cancelled");
}

/** What is in the hand was put down already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, hand: null, open: null, doubt: null, last: null };
}
