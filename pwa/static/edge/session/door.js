/** At the customer's door: they sign for it, or refuse it and say why; a signature and photos show it. */

import { booked, noted, present, refused } from "./outcome.js";

/**
 * @typedef {import('./goods.js').Scan} Scan
 * @typedef {import('./box.js').Notice} Notice
 * @typedef {{notice: import('./pack.js').Named|null, signer: string, signature: string|null, photos: string[], done: {number: string, outcome: string, id: string|null}|null}} Session
 *   signature, photos: digests of pictures that are kept on this device until the server has them
 * @typedef {import('./outcome.js').Outcome<Session>} Outcome
 */

const PHOTOS = 5;

/** @returns {Session} */
export function start() {
  return { notice: null, signer: "", signature: null, photos: [], done: null };
}

/** @param {Session} session @param {Scan} scan @param {{found?: Notice|null}} facts @returns {Outcome} */
export function scan(session, scan, { found }) {
  if (found) return choose(session, found);
  const text = scan.type === "location" ? scan.location.code : "text" in scan ? scan.text : scan.code;
  return refused(session, "door.nothing_here", { code: text });
}

/** @param {Session} session @param {Notice} notice @returns {Outcome} */
export function choose(session, { id, number, customer }) {
  if (session.notice?.id === id) return noted(session, "door.at", { number });
  return noted({ ...start(), notice: { id, number, customer } }, "door.at", { number });
}

/** @param {Session} session @param {'signature'|'photo'} kind @param {string} digest @returns {Outcome} */
export function picture(session, kind, digest) {
  if (!session.notice) return refused(session, "door.need_notice");
  if (kind === "signature") return noted({ ...session, signature: digest }, "door.signed");
  if (session.photos.includes(digest)) return noted(session, "door.photo_kept");
  if (session.photos.length >= PHOTOS) return refused(session, "door.enough_photos", { n: PHOTOS });
  return noted({ ...session, photos: [...session.photos, digest] }, "door.photo_kept");
}

/** @param {Session} session @param {{outcome: 'delivered'|'refused', reason?: string, signer?: string}} said @returns {Outcome} */
export function conclude(session, { outcome, reason = "", signer = "" }) {
  if (!session.notice) return refused(session, "door.need_notice");
  if (outcome === "refused" && !reason.trim()) return refused(session, "door.need_reason");
  const args = present({
    document: session.notice.id, outcome, reason: reason.trim().slice(0, 200), signer: signer.trim().slice(0, 100),
    signature: session.signature, photos: session.photos.length ? session.photos : null,
  });
  const done = { number: session.notice.number, outcome, id: null };
  return booked({ ...start(), done }, [{ kind: "delivery.confirm@1", args }], { tone: outcome === "refused" ? "caution" : "good", key: `door.${outcome}`, args: { number: session.notice.number }, numeral: "✓" });
}

/** @param {Session} _session @returns {Outcome} */
export function cancel(_session) {
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
