/**
 * Binding: a code that nobody knows gets its meaning, an item and the unit that one scan of it counts.
 * What was bound here means it at once; the feed says the same later, or the server refused it.
 */

import { booked, noted, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Item} Item
 * @typedef {{code: string, like: string[], from: string, item: Item|null, unit: string}} Session
 *   like: items whose own code is inside this one; from: the screen that goes on afterwards
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

const KIND = "barcode.bind@1";
const LONGEST = 200;

/** Verdicts after which the code still means nothing. */
const WITHOUT_EFFECT = new Set(["held", "rejected", "superseded", "duplicate"]);

/** A wrong check digit or a torn code is a bad reading: what was misread must not become a meaning. */
const READ_WELL = new Set(["not_known"]);

/** @returns {Session} */
export function start() {
  return { code: "", like: [], from: "lookup", item: null, unit: "" };
}

/**
 * What of an unknown scan may be bound: its GTIN, so that the same goods with another lot are known too, or the
 * code as it is. Nothing of our own labels, which mean what they say.
 * @param {{text: string, reason: string, expected: string|null, gtin: string|null}} unknown @returns {string|null}
 */
export function bindable({ text, reason, expected, gtin }) {
  const code = gtin ?? text;
  return READ_WELL.has(reason) && !expected && code.length <= LONGEST ? code : null;
}

/** @param {Session} session @param {import('./goods.js').Scan} scan @returns {Outcome} */
export function scan(session, scan) {
  if (scan.type === "item") return choose(session, scan.item);
  if (scan.type === "unknown") return refused(session, "scan.unknown", { code: scan.text });
  return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
}

/** This is the item. @param {Session} session @param {Item} item @returns {Outcome} */
export function choose(session, item) {
  if (item.active === false) return refused(session, "reason.inactive_item");
  return noted({ ...session, item, unit: likelyUnit(session.code, item) }, "bind.which_unit", { name: item.name });
}

/** The units a code of this item may count, the base unit first. @param {Item} item @returns {{name: string, factor: string}[]} */
export function unitsOf(item) {
  return [{ name: item.unit, factor: "1" }, ...(item.units ?? [])];
}

/** A GTIN that begins with a figure above 0 is printed on an outer box. @param {string} code @param {Item} item */
function likelyUnit(code, item) {
  const isOuter = /^[1-8]\d{13}$/.test(code);
  return (isOuter && item.units?.[0]?.name) || item.unit;
}

/** @param {Session} session @param {string} name @returns {Outcome} */
export function chooseUnit(session, name) {
  const unit = session.item && unitsOf(session.item).find((one) => one.name === name);
  if (!unit) return refused(session, "scan.nothing_open");
  return noted({ ...session, unit: unit.name }, "bind.unit_chosen", { unit: unit.name });
}

/** @param {Session} session @returns {Outcome} */
export function confirm(session) {
  const { code, item, unit } = session;
  const counted = item && unitsOf(item).find(({ name }) => name === unit);
  if (!code || !item || !counted) return refused(session, "scan.nothing_open");
  const draft = { kind: KIND, args: { code, item: item.id, unit, factor: counted.factor } };
  return booked({ ...start(), from: session.from }, [draft], { tone: "good", key: "bind.bound", args: { name: item.name, unit } });
}

/** Another item after all. @param {Session} session @returns {Outcome} */
export function cancel(session) {
  return noted({ ...session, item: null, unit: "" }, "scan.cancelled");
}

/**
 * What this device bound a code to and the feed does not say yet, the latest first.
 * @param {string} code normalised @param {{text: string, outcome?: string}[]} records operations on their way, oldest first
 * @param {(code: string) => string} normalise @returns {import('./barcode.js').Known|null}
 */
export function boundTo(code, records, normalise) {
  const bindings = records
    .filter(({ text, outcome }) => text.includes(`"${KIND}"`) && !WITHOUT_EFFECT.has(outcome ?? ""))
    .map(({ text }) => JSON.parse(text))
    .filter(({ kind, args }) => kind === KIND && normalise(args.code) === code);
  const latest = bindings[bindings.length - 1]?.args;
  return latest ? { item: latest.item, unit: latest.unit, factor: latest.factor } : null;
}
