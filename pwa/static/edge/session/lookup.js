/** Looking up: a scan or some letters lead to the card of an item or of a place. */

import { noted, refused } from "./outcome.js";

/**
 * @typedef {{card: {kind: 'item'|'location', id: string}|null, text: string}} Session
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

/** @returns {Session} */
export function start() {
  return { card: null, text: "" };
}

/** @param {Session} session @param {import('./goods.js').Scan} scan @returns {Outcome} */
export function scan(session, scan) {
  if (scan.type === "item") return noted({ card: { kind: "item", id: scan.item.id }, text: "" }, "lookup.found");
  if (scan.type === "location") return noted({ card: { kind: "location", id: scan.location.id }, text: "" }, "lookup.found");
  if (scan.type === "ambiguous") return refused(session, "scan.ambiguous");
  return refused(session, "scan.unknown", { code: "text" in scan ? scan.text : scan.code });
}
