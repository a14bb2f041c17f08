/**
 * Shipping: cartons leave with a carrier. Scan cartons, after each its tracking number where there is one; one tap sends.
 *
 * What may not leave is refused when it is scanned: nobody has checked it, or a lot in it is held or has expired.
 */

import { shortCode } from "./box.js";
import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Place} Place
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./box.js').Notice} Notice
 * @typedef {{place: Place, notice: string, number: string, customer: string, tracking: string}} Load
 * @typedef {{loads: Load[], carrier: string, sent: {n: number, number: string}|null}} Session
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 * @typedef {{found?: Notice|null, why?: string|null}} Facts  why: what keeps it here
 * @typedef {{item: string, quantity: string, lot: string, serial: string}} Goods
 */

/** Lines of one operation: more would not travel in 8 KiB. */
const LINES = 40;

/** @returns {Session} */
export function start() {
  return { loads: [], carrier: "", sent: null };
}

/** @param {Session} session @param {Scan} scan @param {Facts} facts @returns {Outcome} */
export function scan(session, scan, facts) {
  switch (scan.type) {
    case "location":
      return load(session, scan.location, facts);
    case "unknown":
    case "document":
      return track(session, scan.text);
    case "item":
      // Some carriers' numbers look like a trade item's; after a carton they are what they are.
      return refused(session, "ship.want_carton");
    default:
      return refused(session, scan.type === "ambiguous" ? "scan.ambiguous" : "scan.not_here");
  }
}

/** @param {Session} session @param {Place} place @param {Facts} facts @returns {Outcome} */
function load(session, place, { found, why }) {
  if (session.loads.some((one) => one.place.id === place.id)) return refused(session, "ship.again", { code: shortCode(place.code) });
  if (!found) return refused(session, "pack.not_of_notice", { code: shortCode(place.code) });
  if (why) return refused(session, why, { code: shortCode(place.code), number: found.number });
  const one = { place, notice: found.id, number: found.number, customer: found.customer, tracking: "" };
  return { session: { ...session, loads: [one, ...session.loads], sent: null }, operations: [], feedback: { tone: "good", key: "ship.loaded", args: { code: shortCode(place.code), number: found.number }, numeral: String(session.loads.length + 1) } };
}

/** The number belongs to the carton scanned last. @param {Session} session @param {string} text @returns {Outcome} */
export function track(session, text) {
  const [newest, ...others] = session.loads;
  if (!newest) return refused(session, "ship.want_carton");
  const tracking = text.trim().slice(0, 100);
  if (session.loads.some((one) => one !== newest && one.tracking === tracking)) return refused(session, "ship.same_number", { tracking });
  return noted({ ...session, loads: [{ ...newest, tracking }, ...others] }, "ship.tracked", { tracking });
}

/** @param {Session} session @param {string} carrier @returns {Outcome} */
export function setCarrier(session, carrier) {
  return noted({ ...session, carrier: carrier.trim().slice(0, 100) }, "ship.by", { carrier });
}

/** Take a carton off the list again. @param {Session} session @param {string} id @returns {Outcome} */
export function unload(session, id) {
  return noted({ ...session, loads: session.loads.filter(({ place }) => place.id !== id) }, "scan.cancelled");
}

/** They leave. @param {Session} session @param {Record<string, Goods[]>} contents by carton @returns {Outcome} */
export function send(session, contents) {
  if (!session.loads.length) return refused(session, "ship.want_carton");
  const operations = session.loads.flatMap((one) => leaving({ carton: one.place.id, document: one.notice, carrier: session.carrier, tracking: one.tracking }, contents[one.place.id] ?? []));
  const n = session.loads.length;
  const number = session.loads.map((one) => one.number).filter((one, i, all) => all.indexOf(one) === i).join("、");
  return booked({ ...start(), carrier: session.carrier, sent: { n, number } }, operations, { tone: "good", key: "ship.sent", args: { n, number }, numeral: "✓" });
}

/** All that is in a carton leaves, in as many operations as it takes. @param {{carton: string, document: string, carrier?: string, tracking?: string}} about @param {Goods[]} goods @returns {import('./outcome.js').Draft[]} */
export function leaving(about, goods) {
  const lines = goods.map(({ item, quantity, lot, serial }) => present({ item, quantity, lot, serial }));
  return Array.from({ length: Math.ceil(lines.length / LINES) }, (_, i) => ({ kind: "stock.ship@1", args: present({ ...about, lines: lines.slice(i * LINES, (i + 1) * LINES) }) }));
}

/** What was loaded has left already, though this session had not heard of it. @param {Session} session @returns {Session} */
export function settled(session) {
  return { ...start(), carrier: session.carrier };
}
