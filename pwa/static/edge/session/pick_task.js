/**
 * What there is to pick: the tasks of this warehouse and who is at them, and what of a task is still to be taken where.
 *
 * Nothing of it is kept by itself: it follows from the rows of the feed and from what this device did that they do not
 * show yet. So what is undone is to be picked again, and a crash can lose nothing of it.
 */

import { add, cmp, sub } from "./quantity.js";

/**
 * @typedef {{id: string, item: string, quantity: string, picked: string}} NoticeLine
 * @typedef {{id: string, number: string, state: string, next?: string, customer: string, due?: string, priority?: number, wave?: string, wave_number?: string,
 *   wave_kind?: string, warehouse?: string, strict?: boolean, totes?: string[], taken?: string, taker?: string, grid?: [number, number], lines: NoticeLine[]}} Notice
 * @typedef {'single'|'batch'|'cluster'|'zone'|'back'} Kind  back: nothing is to be picked, only put back
 * @typedef {{id: string, number: string, kind: Kind, notices: string[], customer: string, due: string, priority: number, places: number,
 *   holder: 'me'|'nobody'|'other', taker: string}} Task
 * @typedef {{id: string, notice: string, line: string, item: string, location: string, lot: string, serial: string, quantity: string,
 *   picked: string, position: number, state: string}} PickLine  so much of a line is to be taken here
 * @typedef {{kind: string, args: any, sign: 1|-1}} Act  what this device did, or took back, that the rows do not show yet
 * @typedef {{document: string, number: string, reason: string, people: string[], takes: any[]}} PutBack
 * @typedef {{notice: string, number: string, reason: string, item: string, quantity: string, source: string, target: string, lot: string, serial: string}} Back
 *   what lies in a tote and nobody wants any more
 */

const TO_PICK = new Set(["released", "picking"]);
/** Before any order: it lies about in a tote and may be what another one waits for. */
const FIRST = 10;

/**
 * The tasks that somebody is to walk for, the one to begin with first: my own, then by urgency.
 * @param {Notice[]} notices @param {PickLine[]} lines as they stand @param {string} user @param {Act[]} acts @param {PutBack[]} [backs] @returns {Task[]}
 */
export function tasksOf(notices, lines, user, acts, backs = []) {
  /** @type {Map<string, Notice[]>} */
  const together = new Map();
  for (const notice of notices) {
    if (!TO_PICK.has(notice.state) || (notice.next ?? "pick") !== "pick") continue; // where nobody picks, packing takes from the shelf
    const id = notice.wave ?? notice.id;
    together.set(id, [...(together.get(id) ?? []), notice]);
  }
  const claimed = claims(acts);
  const picks = [...together].map(([id, members]) => taskOf(id, members, lines, user, claimed));
  const walked = new Set(picks.filter(({ places }) => places > 0).flatMap((task) => task.notices));
  const alone = backs.filter(({ document }) => !walked.has(document)).map((back) => backTask(back, user, acts));
  return [...picks, ...alone].filter(({ places }) => places > 0).sort(byUrgency);
}

/** What is to go back for a notice that nobody walks for any more; those who picked it know where it was. @param {PutBack} row @param {string} user @param {Act[]} acts @returns {Task} */
function backTask(row, user, acts) {
  const { document, number, people } = row;
  const holder = people.includes(user) ? /** @type {const} */ ("me") : /** @type {const} */ ("nobody");
  return { id: document, notices: [document], holder, taker: "", number, kind: "back", customer: "", due: "", priority: FIRST, places: backsOf([row], acts).length };
}

/** @param {string} id @param {Notice[]} members @param {PickLine[]} lines @param {string} user @param {Map<string, boolean>} claimed @returns {Task} */
function taskOf(id, members, lines, user, claimed) {
  const [first] = members;
  const notices = members.map((notice) => notice.id).sort((one, other) => one.localeCompare(other, "en", { numeric: true })); // as their totes stand on the trolley
  const { holder, taker } = holderOf(id, members, user, claimed);
  return {
    id, notices, holder, taker, number: first.wave ? first.wave_number || id : first.number, kind: kindOf(first),
    customer: [...new Set(members.map(({ customer }) => customer))].join("、"),
    due: members.map(({ due }) => due || "").filter(Boolean).sort()[0] ?? "",
    priority: Math.max(...members.map(({ priority }) => priority ?? 0)),
    places: lines.filter((line) => notices.includes(line.notice) && isOpen(line)).length,
  };
}

/** @param {Notice} notice @returns {Kind} */
function kindOf(notice) {
  return /** @type {Kind} */ ((notice.wave && notice.wave_kind) || "single");
}

/** What this device claimed or gave back last, by task. @param {Act[]} acts @returns {Map<string, boolean>} */
function claims(acts) {
  return new Map(acts.filter(({ kind, sign }) => kind === "task.take@1" && sign > 0).map(({ args }) => [args.task, !args.leave]));
}

/** @param {string} id @param {Notice[]} members @param {string} user @param {Map<string, boolean>} claimed @returns {{holder: Task["holder"], taker: string}} */
function holderOf(id, members, user, claimed) {
  const other = members.find(({ taken }) => taken && taken !== user);
  if (other) return { holder: "other", taker: other.taker ?? "" };
  const isMine = claimed.get(id) ?? members.some(({ taken }) => taken === user);
  return { holder: isMine ? "me" : "nobody", taker: "" };
}

/** @param {Task} one @param {Task} other */
function byUrgency(one, other) {
  const rank = { me: 0, nobody: 1, other: 2 };
  return rank[one.holder] - rank[other.holder] || other.priority - one.priority
    || (one.due || "9").localeCompare(other.due || "9") || (one.number < other.number ? -1 : 1);
}

/** The task to begin with, unless others are at all of them. @param {Task[]} tasks @param {string} [except] @returns {Task|null} */
export function nextTask(tasks, except) {
  return tasks.find(({ id, holder }) => holder !== "other" && id !== except) ?? null;
}

/** Whether the rows say that somebody else is at it. @param {Notice[]} members @param {string} user @returns {string|null} who */
export function takenByOther(members, user) {
  const other = members.find(({ taken, state }) => taken && taken !== user && TO_PICK.has(state));
  return other ? other.taker || other.taken || "" : null;
}

/**
 * The places of some notices as they stand: what this device took serves first the very place it was asked from, then
 * whichever was asked for, as at the server (notice.py: ticked).
 * @param {PickLine[]} lines @param {Act[]} acts @returns {PickLine[]} in the order of the walk
 */
export function standing(lines, acts) {
  const ordered = lines.map((line) => ({ ...line })).sort((one, other) => one.position - other.position || (one.id < other.id ? -1 : 1));
  const picks = acts.filter(({ kind, args }) => kind === "stock.pick@1" && args.document);
  for (const { args } of picks.filter(isShort)) markShort(ordered, args);
  const taken = sums(picks);
  for (const key of taken.keys()) give(taken, key, ordered.filter((line) => placeKey(line.notice, line) === key));
  for (const key of taken.keys()) give(taken, key, ordered.filter((line) => `${line.notice}/${line.item}` === key.split("/", 2).join("/")));
  return ordered;
}

/** Somebody found too little. That a bin was not empty after all says nothing against its line. @param {Act} act */
function isShort({ kind, args, sign }) {
  return kind === "stock.pick@1" && sign > 0 && Boolean(args.short_reason) && args.short_reason !== "not_empty";
}

/** @param {PickLine[]} lines @param {any} args of the pick that found too little */
function markShort(lines, args) {
  for (const line of lines) if (line.state === "open" && placeKey(line.notice, line) === keyOf(args)) line.state = "short";
}

/** @param {Act[]} picks @returns {Map<string, string>} by notice, item and place */
function sums(picks) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const { args, sign } of picks) {
    const key = keyOf(args);
    const before = found.get(key) ?? "0";
    found.set(key, sign > 0 ? add(before, args.quantity) : sub(before, args.quantity));
  }
  return found;
}

/** @param {any} args of a pick */
function keyOf(args) {
  return placeKey(args.document, { item: args.item, location: args.source, lot: args.lot ?? "", serial: args.serial ?? "" });
}

/** @param {string} notice @param {{item: string, location: string, lot: string, serial: string}} place */
function placeKey(notice, { item, location, lot, serial }) {
  return [notice, item, location, lot, serial].join("/");
}

/** Spread what was taken (or put back: below nothing) over these lines. @param {Map<string, string>} taken @param {string} key @param {PickLine[]} lines */
function give(taken, key, lines) {
  let rest = taken.get(key) ?? "0";
  for (const line of lines) {
    const share = cmp(rest, "0") >= 0 ? least(rest, sub(line.quantity, line.picked)) : negated(least(negated(rest), line.picked));
    line.picked = add(line.picked, share);
    rest = sub(rest, share);
    if (line.state === "done" && cmp(line.picked, line.quantity) < 0) line.state = "open";
  }
  taken.set(key, rest);
}

/** @param {string} one @param {string} other */
function least(one, other) {
  const smaller = cmp(one, other) < 0 ? one : other;
  return cmp(smaller, "0") < 0 ? "0" : smaller;
}

/** @param {string} quantity */
function negated(quantity) {
  return sub("0", quantity);
}

/** What is still to be taken here. @param {PickLine} line @returns {string} */
export function restOf(line) {
  return line.state === "open" ? least(sub(line.quantity, line.picked), line.quantity) : "0";
}

/** @param {PickLine} line */
export function isOpen(line) {
  return cmp(restOf(line), "0") > 0;
}

/**
 * Where this device found too little and the server has named no other place yet: the other bins that the book knows,
 * first to expire first.
 * @param {PickLine[]} lines as they stand @param {Act[]} acts @param {Map<string, import('./goods.js').Balance[]>} balances good ones in bins, by item
 * @returns {PickLine[]}
 */
export function elsewhere(lines, acts, balances) {
  const shorts = new Set(acts.filter(isShort).map(({ args }) => keyOf(args)));
  return lines.filter((line) => line.state === "short" && shorts.has(placeKey(line.notice, line))).flatMap((line) => otherPlaces(line, lines, shorts, balances.get(line.item) ?? []));
}

/** @param {PickLine} line @param {PickLine[]} lines @param {Set<string>} shorts @param {import('./goods.js').Balance[]} balances */
function otherPlaces(line, lines, shorts, balances) {
  let rest = sub(line.quantity, line.picked);
  const found = [];
  for (const balance of [...balances].sort(byExpiry)) {
    const place = { item: line.item, location: balance.location, lot: balance.lot ?? "", serial: balance.serial ?? "" };
    if (cmp(rest, "0") <= 0) break;
    if (shorts.has(placeKey(line.notice, place))) continue;
    const share = least(rest, sub(balance.on_hand, asked(lines, place)));
    if (cmp(share, "0") <= 0) continue;
    found.push({ ...line, ...place, id: `${line.id}~${place.location}~${place.lot}${place.serial}`, quantity: share, picked: "0", state: "open" });
    rest = sub(rest, share);
  }
  return found;
}

/** What the task is to take from a place anyway. @param {PickLine[]} lines @param {{item: string, location: string, lot: string, serial: string}} place */
function asked(lines, place) {
  return lines.filter((line) => placeKey("", line) === placeKey("", place)).reduce((sum, line) => add(sum, restOf(line)), "0");
}

/** @param {import('./goods.js').Balance} one @param {import('./goods.js').Balance} other */
function byExpiry(one, other) {
  return (one.expiry || "9999").localeCompare(other.expiry || "9999") || cmp(other.on_hand, one.on_hand) || (one.location < other.location ? -1 : 1);
}

/** How many lines of these notices are not whole, though no place is left to walk to. @param {Notice[]} members @param {Act[]} acts @returns {number} */
export function lacking(members, acts) {
  return members.filter(({ state }) => TO_PICK.has(state)).flatMap(({ id, lines }) => lines.filter((line) => {
    const here = acts.filter(({ kind, args }) => kind === "stock.pick@1" && args.document === id && args.line === line.id);
    return cmp(here.reduce((sum, { args, sign }) => (sign > 0 ? add(sum, args.quantity) : sub(sum, args.quantity)), line.picked), line.quantity) < 0;
  })).length;
}

/**
 * What is to go back into bins (rows of kind put_back): an order became less, or none at all. What this device brought
 * back already is taken off.
 * @param {PutBack[]} rows @param {Act[]} acts @returns {Back[]}
 */
export function backsOf(rows, acts) {
  return rows.flatMap(({ document, number, reason, takes }) => takes.flatMap((take) => {
    const back = { notice: document, number, reason, lot: "", serial: "", ...take };
    const brought = acts.filter(({ kind, args }) => kind === "stock.move@1" && args.document === document && isSameGoods(args, back));
    const quantity = brought.reduce((rest, { args, sign }) => (sign > 0 ? sub(rest, args.quantity) : add(rest, args.quantity)), back.quantity);
    return cmp(quantity, "0") > 0 ? [{ ...back, quantity }] : [];
  }));
}

/** @param {any} args of a move @param {Back} back */
function isSameGoods(args, { item, source, lot, serial }) {
  return args.item === item && args.source === source && (args.lot ?? "") === lot && (args.serial ?? "") === serial;
}
