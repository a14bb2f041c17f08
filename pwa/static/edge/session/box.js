/**
 * Notices on their way out, as this device knows them: in which totes and cartons their goods lie, and who has looked.
 *
 * Nothing of it is kept by itself: it follows from the rows of the feed and from what this device did that they do not
 * show yet.
 */

import { add, cmp, sub } from "./quantity.js";

/**
 * @typedef {{location: string, code: string, state: string}} Box
 * @typedef {{id: string, item: string, quantity: string, picked: string, packed: string}} NoticeLine
 * @typedef {{id: string, number: string, customer: string, state: string, next: string, steps?: string[], relabel: string[], warehouse?: string, due?: string, priority?: number, lines: NoticeLine[],
 *   totes: string[], cartons: Box[], pickers: string[], checkers: number, checked: Record<string, string[]>, sent: string[]}} Notice
 *   relabel: cartons whose label names an older address, until they are looked into with the new one; sent: cartons that left by this device and, as far as the rows know, are still there
 * @typedef {{kind: string, args: any, sign: 1|-1, user: string}} Act
 * @typedef {{item: string, lot: string, serial: string, quantity: string, source: string, expiry?: string|null, held?: string}} Lying
 */

/** A carton's code as people read it: of eighteen figures the last six. @param {string} code */
export function shortCode(code) {
  return /^\d{18}$/.test(code) ? `…${code.slice(-6)}` : code;
}

/** A notice with what this device did since its row was written. @param {string} id @param {any} row @param {Act[]} acts @returns {Notice} */
export function noticeOf(id, row, acts) {
  const notice = {
    id, ...row, lines: row.lines.map((/** @type {any} */ line) => ({ packed: "0", ...line })), totes: [...(row.totes ?? [])],
    cartons: [...(row.cartons ?? [])], pickers: [...(row.pickers ?? [])], checkers: row.checkers ?? 1, checked: { ...row.checked }, relabel: [...(row.relabel ?? [])], sent: [],
  };
  for (const act of acts) if (act.sign > 0 && act.args.document === id) happen(notice, act);
  return notice;
}

/** The same notice once these are done too. @param {Notice} notice @param {{kind: string, args: any, user: string}[]} acts @returns {Notice} */
export function noticeAfter(notice, acts) {
  const after = { ...notice, totes: [...notice.totes], cartons: [...notice.cartons], pickers: [...notice.pickers], checked: { ...notice.checked }, sent: [...notice.sent] };
  for (const act of acts) happen(after, { ...act, sign: 1 });
  return after;
}

/** @param {Notice} notice @param {Act} act */
function happen(notice, { kind, args, user }) {
  switch (kind) {
    case "stock.pick@1":
      if (!notice.totes.includes(args.target)) notice.totes.push(args.target);
      if (!notice.pickers.includes(user)) notice.pickers.push(user);
      notice.checked[args.target] = [];
      break;
    case "stock.pack@1":
      pack(notice, args);
      break;
    case "stock.check@1":
      notice.relabel = notice.relabel.filter((place) => place !== args.carton);
      notice.checked[args.carton] = [...new Set([...(notice.checked[args.carton] ?? []), user, ...(args.proof ? [args.proof.user] : [])])];
      break;
    case "stock.ship@1":
      notice.sent.push(args.carton);
      break;
    default:
  }
}

/** Whatever goes into a carton voids what was seen in it. @param {Notice} notice @param {any} args */
function pack(notice, args) {
  const known = notice.cartons.find(({ location }) => location === args.carton);
  const state = args.state || known?.state || "open";
  notice.cartons = known ? notice.cartons.map((box) => (box === known ? { ...box, state } : box)) : [...notice.cartons, { location: args.carton, code: "", state }];
  if (!args.lines?.length) return;
  notice.checked[args.carton] = [];
  for (const { source } of args.lines) notice.checked[source] = [];
}

/** The notice whose goods lie in this tote or carton: one that is to be packed before one that is not. @param {Notice[]} notices @param {string} place @returns {Notice|null} */
export function noticeAt(notices, place) {
  const found = notices.filter(({ totes, cartons }) => totes.includes(place) || cartons.some(({ location }) => location === place));
  return found.find(({ next }) => next === "pack" || next === "pick") ?? found[0] ?? null;
}

/** In some warehouses nobody picks first: goods go from the shelf into the carton. @param {Notice} notice */
export function isFromShelf({ steps }) {
  return Boolean(steps && !steps.includes("pick"));
}

/** How much of each item was picked for a notice and not packed, or is to be packed from the shelf. @param {Notice} notice @param {Act[]} acts @returns {Record<string, string>} */
export function unpacked(notice, acts) {
  /** @type {Record<string, string>} */
  const left = {};
  const change = (/** @type {string} */ item, /** @type {string} */ much, /** @type {boolean} */ isMore) => (left[item] = (isMore ? add : sub)(left[item] ?? "0", much));
  for (const line of notice.lines) change(line.item, sub(isFromShelf(notice) ? line.quantity : line.picked, line.packed), true);
  for (const { kind, args, sign } of acts) {
    if (args.document !== notice.id) continue;
    if (kind === "stock.pick@1" && !isFromShelf(notice)) change(args.item, args.quantity, sign > 0);
    if (kind === "stock.pack@1") for (const line of args.lines ?? []) change(line.item, line.quantity, sign < 0);
  }
  return left;
}

/** What of these goods belongs to a notice: several may share a tote. @param {Lying[]} lying @param {Record<string, string>} left @returns {Lying[]} */
export function shareOf(lying, left) {
  const rest = { ...left };
  return lying.flatMap((goods) => {
    const much = least(goods.quantity, rest[goods.item] ?? "0");
    if (cmp(much, "0") <= 0) return [];
    rest[goods.item] = sub(rest[goods.item], much);
    return [{ ...goods, quantity: much }];
  });
}

/** @param {string} one @param {string} other */
function least(one, other) {
  return cmp(one, other) <= 0 ? one : other;
}

/** The full totes and cartons that somebody has still to look into, and whose look would count. @param {Notice} notice @param {string[]} full @param {string} user */
export function toCheck(notice, full, user) {
  return full.filter((place) => {
    const seen = notice.checked[place] ?? [];
    return notice.relabel.includes(place) || (!seen.includes(user) && seen.length < notice.checkers);
  });
}

/** Why this person's look into this place would not count; nothing when it does. @param {Notice} notice @param {string} place @param {string} user @returns {string|null} */
export function whyNot(notice, place, user) {
  if (notice.pickers.includes(user)) return "check.picker";
  return (notice.checked[place] ?? []).includes(user) ? "check.already" : null;
}

/** How many more people have to look into this place when this one has. @param {Notice} notice @param {string} place @param {string} user */
export function othersNeeded(notice, place, user) {
  const seen = new Set([...(notice.checked[place] ?? []), user].filter((person) => !notice.pickers.includes(person)));
  return Math.max(0, notice.checkers - seen.size);
}
