/** One thing done or wanted, as it travels: built from a draft, numbered, chained to the one before. */

import { canonical } from "../canonical.js";
import { shortHash } from "../sha256.js";

export const MOST_BYTES = 8192;

/**
 * @typedef {{kind: string, args: Record<string, any>, group?: boolean, depends_on?: string[], id?: string}} Draft
 * @typedef {{wall: number, monotonic: number, boot: string, offset: number|null, error: number|null}} Captured
 * @typedef {{generation: number, cursor: number}} Basis
 * @typedef {{id: string, n: number, kind: string, user: string, args: Record<string, any>, captured: Captured,
 *   basis: Basis, previous: string, group?: {id: string, index: number, size: number}, depends_on?: string[]}} Operation
 * @typedef {{n: number, hash: string}} Head   number and hash of the last operation; n 0 and "" before the first
 * @typedef {{operation: Operation, text: string, hash: string, size: number}} Sealed
 * @typedef {(bytes: Uint8Array<ArrayBuffer>) => unknown} Fill   puts random bytes in
 */

/** A draft that can never be sent is a mistake in the screen, found before it is stored. */
export class BadDraft extends TypeError {}

/** @type {TextEncoder} */
const encoder = new TextEncoder();

/**
 * Give the operation its place after `head`: the number, the chain, the exact text that is stored and sent.
 * @param {Omit<Operation, "n"|"previous">} unnumbered @param {Head} head @returns {Sealed}
 */
export function seal(unnumbered, head) {
  const operation = { ...unnumbered, n: head.n + 1, previous: head.hash };
  const text = canonical(operation);
  const size = encoder.encode(text).length;
  if (size > MOST_BYTES) throw new BadDraft(`an operation of ${size} bytes; at most ${MOST_BYTES} may travel`);
  return { operation, text, hash: shortHash(text), size };
}

/**
 * @param {Draft[]} drafts
 * @param {{user: string, captured: Captured, basis: Basis, newId: () => string}} given
 * @returns {Omit<Operation, "n"|"previous">[]}
 */
export function build(drafts, { user, captured, basis, newId }) {
  const size = drafts.filter((draft) => draft.group).length;
  const group = size > 1 ? newId() : "";
  let index = 0;
  return drafts.map((draft) => ({
    id: draft.id ?? newId(),
    kind: checkedKind(draft.kind),
    user,
    args: checkedArgs(draft.args),
    captured,
    basis,
    ...(group && draft.group ? { group: { id: group, index: index++, size } } : {}),
    ...(draft.depends_on?.length ? { depends_on: draft.depends_on } : {}),
  }));
}

/** @param {string} kind */
function checkedKind(kind) {
  if (!/^[a-z]+\.[a-z_]+@\d+$/.test(kind)) throw new BadDraft(`not a kind: ${kind}`);
  return kind;
}

/** What is absent is left out, and no number is inexact. @param {Record<string, any>} args */
function checkedArgs(args) {
  const present = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined));
  refuseFractions(present);
  return present;
}

/** @param {any} value */
function refuseFractions(value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new BadDraft(`${value}: quantities are texts`);
  if (value && typeof value === "object") Object.values(value).forEach(refuseFractions);
}

/**
 * Names for operations, ordered by time even within a millisecond and when the clock is set back.
 * @param {() => number} wall @param {Fill} fill
 */
export function idMaker(wall, fill) {
  let last = 0;
  let count = 0;
  return () => {
    const now = Math.max(wall(), last);
    count = now === last ? count + 1 : 0;
    if (count > 0xfff) return uuid7((last = now + 1), (count = 0), fill);
    last = now;
    return uuid7(now, count, fill);
  };
}

/** UUID version 7. @param {number} time @param {number} count 12 bits @param {Fill} fill */
export function uuid7(time, count, fill) {
  const bytes = new Uint8Array(16);
  fill(bytes);
  for (let i = 5, rest = time; i >= 0; i -= 1, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes[6] = 0x70 | (count >> 8);
  bytes[7] = count & 0xff;
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = hexOf(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 16 hex digits that name a store from its making to its loss. @param {Fill} fill */
export function newIncarnation(fill) {
  const bytes = new Uint8Array(8);
  fill(bytes);
  return hexOf(bytes);
}

/** @param {Uint8Array} bytes */
function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
