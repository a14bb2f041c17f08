/**
 * Guided picking: the device says where to go and what to take; one scan books the whole line.
 *
 * The session does not know how far the task is: that follows from the rows and from what was written down
 * (pick_task.js), and comes in with every scan as `facts`. It keeps only what no row says: which tote stands on the
 * trolley, which bin was scanned, what was skipped, where one has been.
 */

import { goodsOf, isCarrier, isCountable, isReachable, lineOf, lyingAt } from "./goods.js";
import { isExpired } from "./expiry.js";
import { booked, noted, present, refused } from "./outcome.js";
import { add, cmp, sub } from "./quantity.js";
import { restOf } from "./pick_task.js";
import { doubtOf, isRepeated } from "./source.js";

/**
 * @typedef {import('./goods.js').Line} Line
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Item} Item
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./pick_task.js').PickLine} PickLine
 * @typedef {import('./pick_task.js').Task} Task
 * @typedef {{key: string, place: Place, item: Item, lot: string, expiry: string|null, lines: PickLine[], quantity: string}} Visit
 *   one thing at one place; in a wave for several notices
 * @typedef {{notice: string, line: string, quantity: string, serial?: string}} Part  what one notice gets of what was taken
 * @typedef {{goods: Line, source: Place, parts: Part[], target: Place, most: string, ids: string[]}} Last
 * @typedef {object} Session
 * @property {{id: string, number: string, kind: import('./pick_task.js').Kind, notices: string[], places: number}|null} task
 * @property {Record<string, Place>} totes  by notice, or under * for all of them
 * @property {Place|null} source  the bin that was scanned
 * @property {string|null} focus  the visit that was chosen by its bin
 * @property {string[]} skipped   visits to come back to
 * @property {string[]} order     visits as the device planned them anew
 * @property {Place[]} visited
 * @property {string} zone        of a wave that is handed over from zone to zone: the one being picked here
 * @property {{line: Line, choices: import('./goods.js').Balance[]}|null} open  which lot or piece?
 * @property {{goods: Line, source: Place, parts: Part[]}|null} held  in the hand, until the tote of each notice is scanned
 * @property {{item: string, mark: string, source: string}|null} doubt
 * @property {Last|null} last
 * @property {{place: Place, last: Last}|null} emptied  by the book nothing is left there: is it so?
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{notice: string, reason: string, item: Item, quantity: string, source: Place, target: Place|null, lot: string, serial: string}} Back
 *   what is to go back, from which tote and to which bin
 * @typedef {{today: string, visits: Visit[], isOwn: boolean, here: import('./goods.js').Balance[], backs: Back[], holds: boolean, lost?: string|null}} Facts
 *   visits: those left, the next first; isOwn: its bin need not be scanned; here: all that lies in the bin one stands at, by the
 *   book; holds: the scanned bin holds what is wanted next; lost: who else is at the task
 */

/** The tote that serves every notice. */
const ALL = "*";

/** @returns {Session} */
export function start() {
  return { task: null, totes: {}, source: null, focus: null, skipped: [], order: [], visited: [], zone: "", open: null, held: null, doubt: null, last: null, emptied: null };
}

/** Somebody takes a task. It is a claim: the server may say later that another was first. @param {Task} task @param {Record<string, Place>} totes that others began to fill @returns {Outcome} */
export function take(task, totes) {
  const { id, number, kind, notices, places } = task;
  const session = { ...start(), task: { id, number, kind, notices, places }, totes: kind === "cluster" ? totes : whole(totes) };
  const claim = { kind: "task.take@1", args: { task: id } };
  return { session, operations: task.holder === "me" || kind === "back" ? [] : [claim], feedback: { tone: "quiet", key: "guide.taken", args: { number } } };
}

/** @param {Record<string, Place>} totes @returns {Record<string, Place>} */
function whole(totes) {
  const [tote] = Object.values(totes);
  return tote ? { [ALL]: tote } : {};
}

/** Let others go on with it: what was picked stays picked. @param {Session} session @returns {Outcome} */
export function leave(session) {
  if (!session.task || session.task.kind === "back") return noted(start(), "scan.cancelled");
  const args = { number: session.task.number };
  return { session: start(), operations: [{ kind: "task.take@1", args: { task: session.task.id, leave: true } }], feedback: { tone: "quiet", key: "guide.left", args } };
}

/** @param {Session} session @param {string} notice @returns {Place|null} */
export function toteOf(session, notice) {
  return session.totes[notice] ?? session.totes[ALL] ?? null;
}

/** @param {Session} session */
export function isCluster(session) {
  return session.task?.kind === "cluster";
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  if (!session.task) return refused(session, "guide.no_task");
  if (typeof facts.lost === "string") return refused(session, "guide.lost", { who: facts.lost });
  switch (scan.type) {
    case "location":
      return scanPlace(session, scan.location, facts);
    case "item":
      return scanItem(session, scan, facts);
    case "unknown":
      return session.open ? setMarks(session, { [session.open.line.item.serial ? "serial" : "lot"]: scan.text }, facts) : refused(session, "scan.unknown", { code: scan.text });
    case "command":
      return scan.command === "QTY" && scan.value ? setQuantity(session, scan.value) : refused(session, "scan.not_here");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

// Places

/** @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function scanPlace(session, place, facts) {
  if (!isReachable(place)) return refused(session, "scan.not_a_place", { code: place.code });
  if (session.open) return refused(session, "move.want_mark", { name: session.open.line.item.name });
  if (isCarrier(place)) return session.held ? put(session, place, facts) : bind(session, place);
  if (session.held) return refused(session, "guide.put_first", { name: session.held.goods.item.name });
  return facts.visits.length ? scanBin(session, place, facts) : putBack(session, place, facts);
}

/** @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function scanBin(session, place, { visits, holds }) {
  const [next] = visits;
  const there = visits.find((visit) => visit.place.id === place.id);
  if (there) return noted({ ...session, source: place, focus: there === next ? session.focus : there.key, doubt: null, emptied: null }, "pick.from", { code: place.code });
  if (holds) return noted({ ...session, source: place, doubt: null, emptied: null }, "guide.other_bin", { code: place.code });
  return refused(session, "guide.wrong_bin", { code: place.code, wanted: next.place.code });
}

/** This tote collects from now on. On a trolley each notice has its own. @param {Session} session @param {Place} place @returns {Outcome} */
function bind(session, place) {
  if (!isCluster(session)) return noted({ ...session, totes: { [ALL]: place }, doubt: null }, "pick.into", { code: place.code });
  const notices = session.task?.notices ?? [];
  const standing = notices.findIndex((notice) => session.totes[notice]?.id === place.id);
  if (standing >= 0) return noted(session, "guide.tote_is", { code: place.code, n: standing + 1 });
  const free = notices.findIndex((notice) => !session.totes[notice]);
  if (free < 0) return refused(session, "guide.tote_unknown", { code: place.code });
  return noted({ ...session, totes: { ...session.totes, [notices[free]]: place } }, "guide.tote_is", { code: place.code, n: free + 1 });
}

/** What is in the hand goes into the tote of one of the notices that want it; an empty tote becomes theirs. @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function put(session, place, facts) {
  const held = /** @type {NonNullable<Session["held"]>} */ (session.held);
  const owner = Object.keys(session.totes).find((notice) => session.totes[notice].id === place.id);
  const part = held.parts.find(({ notice }) => (owner ? notice === owner : !session.totes[notice]));
  if (!part) return refused(session, "guide.tote_wrong", { code: place.code, wanted: held.parts.map(({ notice }) => session.totes[notice]?.code).filter(Boolean).join(" · ") });
  const rest = held.parts.filter((one) => one !== part);
  const next = { ...session, totes: { ...session.totes, [part.notice]: place }, held: rest.length ? { ...held, parts: rest } : null };
  return book(next, held.goods, held.source, [part], place, facts);
}

// Goods

/** @param {Session} session @param {import('./goods.js').ItemScan} scan @param {Facts} facts @returns {Outcome} */
function scanItem(session, scan, facts) {
  const [next] = facts.visits;
  if (!next) return refused(session, "guide.nothing_left");
  if (session.held) return refused(session, "guide.put_first", { name: session.held.goods.item.name });
  if (!isCluster(session) && !toteOf(session, next.lines[0].notice)) return refused(session, "pick.need_target");
  const visit = facts.visits.find((one) => one.item.id === scan.item.id && one.place.id === next.place.id);
  if (!visit) return refused({ ...session, doubt: null }, "guide.wrong_item", { name: scan.item.name, wanted: next.item.name });
  const source = session.source ?? (facts.isOwn ? visit.place : null);
  if (!source) return refused(session, "guide.scan_bin", { code: visit.place.code });
  return takeAs(session, visit, source, lineOf(scan), scan, facts);
}

/** Which lot and which piece it is decides before it is taken. @param {Session} session @param {Visit} visit @param {Place} source @param {Line} said @param {import('./goods.js').ItemScan} scan @param {Facts} facts @returns {Outcome} */
function takeAs(session, visit, source, said, scan, facts) {
  const lying = lyingAt(scan.balances, source.id);
  const line = marked(said, visit, source, lying);
  if ((line.item.serial && !line.serial) || (line.item.lot && !line.lot)) {
    return noted({ ...session, open: { line, choices: lying }, doubt: null }, line.item.serial ? "move.want_serial" : "move.want_lot", { name: line.item.name });
  }
  const why = isRepeated(session.doubt, line, source.id) ? null : whyDoubt(line, visit, lying, facts.today);
  if (why) return refused({ ...session, doubt: doubtOf(line, source.id) }, why, { name: line.item.name, code: source.code, lot: line.lot || line.serial, wanted: visit.lot });
  const amount = amountOf(line, visit, lying, scan.quantity);
  if (cmp(amount, visit.quantity) > 0) return refused(session, "guide.more_than_asked", { quantity: visit.quantity, unit: line.item.unit });
  return taken({ ...session, open: null, doubt: null }, visit, source, { ...line, quantity: amount }, facts);
}

/** The lot that was asked for, unless several lie there and the scan does not say which; its expiry as the book knows it. @param {Line} line @param {Visit} visit @param {Place} source @param {import('./goods.js').Balance[]} lying @returns {Line} */
function marked(line, visit, source, lying) {
  const lots = [...new Set(lying.map(({ lot }) => lot || ""))];
  const only = lots.length > 1 ? "" : source.id === visit.place.id ? visit.lot || lots[0] : lots[0];
  const lot = line.lot || (line.item.lot ? only : "") || null;
  const known = lying.find((balance) => (balance.lot || "") === (lot || ""));
  return { ...line, lot, expiry: line.expiry || known?.expiry || (lot === visit.lot ? visit.expiry : null) };
}

/** @param {Line} line @param {Visit} visit @param {import('./goods.js').Balance[]} lying @param {string} today @returns {string|null} */
function whyDoubt(line, visit, lying, today) {
  if (isExpired(line.expiry, today)) return "source.expired";
  if (line.serial) return lying.some(({ serial }) => serial === line.serial) ? null : "source.serial_not_in_book";
  if (!line.lot || line.lot === visit.lot) return null;
  return lying.some(({ lot }) => lot === line.lot) ? "guide.other_lot" : "source.lot_not_in_book";
}

/** One scan takes all that is asked, of another lot as much as lies there; what is scanned piece by piece, what was scanned. @param {Line} line @param {Visit} visit @param {import('./goods.js').Balance[]} lying @param {string} scanned */
function amountOf(line, visit, lying, scanned) {
  if (line.item.serial) return "1";
  if (line.item.each) return scanned;
  const there = lying.find(({ lot }) => (lot || "") === (line.lot || ""));
  const isSwapped = (line.lot || "") !== visit.lot;
  return isSwapped && there && !there.veiled && cmp(there.on_hand, visit.quantity) < 0 ? there.on_hand : visit.quantity;
}

/** The lot or piece of the open line, tapped, typed or scanned. @param {Session} session @param {{lot?: string, serial?: string}} marks @param {Facts} facts @returns {Outcome} */
export function setMarks(session, marks, facts) {
  const open = session.open;
  const [next] = facts.visits;
  const visit = open && next && facts.visits.find((one) => one.item.id === open.line.item.id && one.place.id === next.place.id);
  if (!open || !visit) return refused({ ...session, open: null }, "scan.nothing_open");
  const balances = open.choices;
  const line = { ...open.line, lot: marks.lot || open.line.lot, serial: marks.serial || open.line.serial, expiry: null };
  const as = /** @type {import('./goods.js').ItemScan} */ ({ type: "item", ...line, balances, suspect: [], code: line.code ?? "" });
  return takeAs({ ...session, open: null }, visit, session.source ?? visit.place, line, as, facts);
}

/** @param {Session} session @param {Visit} visit @param {Place} source @param {Line} goods @param {Facts} facts @returns {Outcome} */
function taken(session, visit, source, goods, facts) {
  const parts = shared(visit, goods);
  if (isCluster(session)) {
    const [{ notice, quantity }] = parts;
    const held = { ...session, source, held: { goods, source, parts } };
    return noted(held, "guide.put", { quantity, unit: goods.item.unit, code: session.totes[notice]?.code ?? positionOf(session, notice) });
  }
  return book(session, goods, source, parts, /** @type {Place} */ (toteOf(session, parts[0].notice)), facts);
}

/** Where on the trolley the tote of a notice stands. @param {Session} session @param {string} notice */
export function positionOf(session, notice) {
  return String((session.task?.notices.indexOf(notice) ?? 0) + 1);
}

/** What each notice gets, in the order of the lines; a piece goes to the line that named it. @param {Visit} visit @param {Line} goods @returns {Part[]} */
function shared(visit, goods) {
  const named = visit.lines.filter(({ serial }) => goods.serial && serial === goods.serial);
  let rest = goods.quantity;
  const parts = [];
  for (const line of [...named, ...visit.lines.filter((line) => !named.includes(line))]) {
    const share = cmp(restOf(line), rest) < 0 ? restOf(line) : rest;
    if (cmp(share, "0") > 0) parts.push({ notice: line.notice, line: line.line, quantity: share });
    rest = sub(rest, share);
  }
  return parts;
}

/** @param {Session} session @param {Line} goods @param {Place} source @param {Part[]} parts @param {Place} target @param {Facts} facts @returns {Outcome} */
function book(session, goods, source, parts, target, facts) {
  const quantity = parts.reduce((sum, part) => add(sum, part.quantity), "0");
  const last = { goods: { ...goods, quantity }, source, parts, target, most: quantity, ids: [] };
  const isEmpty = !facts.here.some(({ veiled }) => veiled) && cmp(facts.here.reduce((sum, { on_hand }) => add(sum, on_hand), "0"), quantity) === 0;
  const [latest] = session.visited.slice(-1);
  const next = {
    ...session, last, zone: source.zone ?? "", source: null, focus: null, doubt: null, open: null, emptied: isEmpty && !session.held ? { place: source, last } : null,
    visited: latest?.id === source.id ? session.visited : [...session.visited, source],
  };
  return booked(next, drafts(last), {
    tone: "good", key: "guide.booked", args: { name: goods.item.name, quantity, unit: goods.item.unit, code: target.code }, numeral: `+${quantity}`,
  });
}

/** @param {Last} last @returns {import('./outcome.js').Draft[]} */
function drafts({ goods, source, parts, target }) {
  return parts.map(({ notice, line, quantity }) => ({
    kind: "stock.pick@1",
    args: { ...goodsOf({ ...goods, quantity }), source: source.id, target: target.id, document: notice, line },
    ...(parts.length > 1 && { group: true }),
  }));
}

// From zone to zone

/** Whether all of this zone is picked and the totes are to be handed on. @param {Session} session @param {Visit[]} visits */
export function isAtBorder(session, [next]) {
  return session.task?.kind === "zone" && Boolean(session.zone && next) && (next.place.zone ?? "") !== session.zone;
}

/** The same person goes on in the next zone. @param {Session} session @param {Facts} facts @returns {Outcome} */
export function goOn(session, { visits: [next] }) {
  return noted({ ...session, zone: next?.place.zone ?? "" }, "guide.zone", { zone: next?.place.zone ?? "" });
}

// What is mended, left out or not there

/** Another quantity for what was taken last: undone and booked anew, together. @param {Session} session @param {string} quantity @returns {Outcome} */
export function setQuantity(session, quantity) {
  const last = session.last;
  if (!last?.ids.length) return refused(session, "scan.nothing_open");
  const { item } = last.goods;
  if (item.serial) return refused(session, "reason.serial_quantity");
  if (!isCountable(quantity, item)) return refused(session, "scan.bad_quantity", { text: quantity });
  if (cmp(quantity, last.most) > 0) return refused(session, "guide.more_than_asked", { quantity: last.most, unit: item.unit });
  if (quantity === last.goods.quantity) return noted(session, "scan.unchanged");
  const next = { ...last, goods: { ...last.goods, quantity }, parts: cut(last.parts, quantity), ids: [] };
  const anew = drafts(next).map((draft) => ({ ...draft, group: true }));
  return booked({ ...session, last: next, emptied: null }, [...undoing(last, true), ...anew], {
    tone: "good", key: "scan.corrected", args: { name: item.name, quantity, unit: item.unit }, numeral: quantity,
  });
}

/** @param {Part[]} parts @param {string} quantity @returns {Part[]} */
function cut(parts, quantity) {
  let rest = quantity;
  return parts.flatMap((part) => {
    const share = cmp(part.quantity, rest) < 0 ? part.quantity : rest;
    rest = sub(rest, share);
    return cmp(share, "0") > 0 ? [{ ...part, quantity: share }] : [];
  });
}

/** @param {Last} last @param {boolean} group @returns {import('./outcome.js').Draft[]} */
function undoing(last, group) {
  return last.ids.map((operation) => ({ kind: "op.undo@1", args: { operation }, ...(group && { group: true }) }));
}

/** What was taken last goes back where it was. @param {Session} session @returns {Outcome} */
export function undo(session) {
  const last = session.last;
  if (!last?.ids.length) return refused(session, "reason.nothing_to_undo");
  const next = { ...session, last: null, emptied: null, held: null, visited: session.visited.slice(0, -1) };
  return booked(next, undoing(last, last.ids.length > 1), { tone: "caution", key: "undo.done", args: { what: last.goods.item.name } });
}

/**
 * Too little is there. The reason goes to the server, which names another place and has the bin counted; that nothing
 * of it is left is an observation besides, which the book follows.
 * @param {Session} session @param {string} reason @param {Facts} facts @returns {Outcome}
 */
export function short(session, reason, { visits }) {
  const [visit] = visits;
  if (!visit) return refused(session, "guide.nothing_left");
  const { place, item, lines } = visit;
  const tote = toteOf(session, lines[0].notice);
  const told = lines.map((line) => ({
    kind: "stock.pick@1", group: true,
    args: present({ item: item.id, quantity: "0", lot: line.lot, serial: line.serial, source: place.id, target: tote?.id ?? place.id, document: line.notice, line: line.line, short_reason: reason }),
  }));
  const gone = lines.filter((line, index) => lines.findIndex((other) => other.lot === line.lot && other.serial === line.serial) === index);
  const seen = gone.map(({ lot, serial }) => present({ item: item.id, lot, serial, quantity: "0" }));
  const count = { kind: "stock.count@1", group: true, args: { location: place.id, lines: seen, complete: false } };
  const next = { ...session, source: null, focus: null, doubt: null, last: null, emptied: null };
  return booked(next, reason === NONE ? [count, ...told] : told.length > 1 ? told : told.map(({ kind, args }) => ({ kind, args })), {
    tone: "caution", key: "guide.short_noted", args: { name: item.name, code: place.code }, numeral: visit.quantity,
  });
}

/** Nothing of it is left: the one reason that is an observation of the bin. */
export const NONE = "none_left";
export const REASONS = [NONE, "damaged", "out_of_reach"];
/** The bin should have been empty and was not. */
export const NOT_EMPTY = "not_empty";

/** Later, then; the rest in the order that is shortest from here. @param {Session} session @param {string} key @param {string[]} order the others, as planned anew @returns {Outcome} */
export function skip(session, key, order) {
  const skipped = [...session.skipped.filter((one) => one !== key), key];
  return noted({ ...session, skipped, order, source: null, focus: null, doubt: null, open: null, emptied: null }, "guide.skipped");
}

/** By the book the bin is empty now; somebody says whether it is. @param {Session} session @param {boolean} isEmpty @returns {Outcome} */
export function answerEmpty(session, isEmpty) {
  if (!session.emptied) return refused(session, "scan.nothing_open");
  const { place, last } = session.emptied;
  const [{ notice, line }] = last.parts;
  const { item, lot, serial } = last.goods;
  const seen = { kind: "stock.count@1", args: { location: place.id, lines: [], complete: true } };
  const doubted = {
    kind: "stock.pick@1",
    args: present({ item: item.id, quantity: "0", lot, serial, source: place.id, target: last.target.id, document: notice, line, short_reason: NOT_EMPTY }),
  };
  const next = { ...session, emptied: null };
  return booked(next, [isEmpty ? seen : doubted], { tone: isEmpty ? "good" : "caution", key: isEmpty ? "guide.is_empty" : "guide.not_empty", args: { code: place.code } });
}

/** What nobody wants any more goes from the tote into a bin. @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function putBack(session, place, { backs }) {
  const [back] = backs;
  if (!back) return refused(session, "guide.nothing_left");
  const { item, quantity, source, lot, serial, notice } = back;
  const move = { kind: "stock.move@1", args: present({ item: item.id, quantity, source: source.id, target: place.id, lot, serial, document: notice }) };
  return booked({ ...session, last: null, source: null }, [move], {
    tone: "good", key: "guide.put_back_done", args: { name: item.name, quantity, unit: item.unit, code: place.code }, numeral: `−${quantity}`,
  });
}

/** @param {Session} session @returns {Outcome} */
export function cancel(session) {
  return noted({ ...session, open: null, held: null, doubt: null, source: null }, "scan.cancelled");
}

/** What was in hand is booked already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...session, open: null, held: null, doubt: null, last: null, emptied: null };
}

/** What was written down now has names and can be undone by them. @param {Session} session @param {string[]} ids of the stored operations, in order @returns {Session} */
export function named(session, ids) {
  if (!session.last || session.last.ids.length || !ids.length) return session;
  const last = { ...session.last, ids: ids.slice(-session.last.parts.length) };
  return { ...session, last, emptied: session.emptied && { ...session.emptied, last } };
}

/** @param {Session} session @param {string} id of a booking that was undone elsewhere @returns {Session} */
export function forgotten(session, id) {
  return session.last?.ids.includes(id) ? { ...session, last: null, emptied: null } : session;
}

// The order of the walk

/**
 * The lines of a task as visits, the next one first: as the server numbered them, or as the device planned them anew;
 * what was skipped comes last, what was chosen by its bin first. A wave by zones is picked zone by zone.
 * @param {Session} session @param {PickLine[]} lines open ones, in the order of the walk
 * @param {Map<string, Item>} items @param {Map<string, Place>} places @returns {Visit[]}
 */
export function visitsOf(session, lines, items, places) {
  /** @type {Map<string, Visit>} */
  const found = new Map();
  for (const line of lines) {
    const item = items.get(line.item);
    const place = places.get(line.location);
    if (!item || !place) continue;
    const key = [line.location, line.item, line.lot].join("/");
    const visit = found.get(key) ?? { key, place, item, lot: line.lot, expiry: null, lines: [], quantity: "0" };
    found.set(key, { ...visit, lines: [...visit.lines, line], quantity: add(visit.quantity, restOf(line)) });
  }
  const rank = (/** @type {Visit} */ { key, lines: [first] }) => {
    if (key === session.focus) return -2;
    if (first.id.includes("~")) return -1; // what was short elsewhere: its other bin is proposed at once
    const skipped = session.skipped.indexOf(key);
    if (skipped >= 0) return 1_000_000 + skipped;
    const planned = session.order.indexOf(key);
    return session.order.length ? (planned >= 0 ? planned : 500_000) : 0;
  };
  const zones = session.task?.kind === "zone" ? [...new Set([session.zone, ...[...found.values()].map(({ place }) => place.zone ?? "")])] : [];
  return [...found.values()].map((visit, index) => ({ visit, index, rank: rank(visit), zone: zones.indexOf(visit.place.zone ?? "") }))
    .sort((one, other) => one.zone - other.zone || one.rank - other.rank || one.index - other.index).map(({ visit }) => visit);
}
