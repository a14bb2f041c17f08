/** Comparing with the server: counts and sums first, then only the parts that differ, and never silently. */

import { EMPTY_SUM } from "../store/base.js";

const ATTEMPTS = 3;

/**
 * @typedef {{rows: number, sum: string}} Digest
 * @typedef {{scope: string, parts: number[], at: number}} Repair
 */

/**
 * The scopes that are not what the server has.
 * @param {Record<string, Digest>} ours @param {Record<string, Digest>} theirs @returns {string[]}
 */
export function differing(ours, theirs) {
  return Object.keys(theirs).filter((scope) => {
    const own = ours[scope] ?? { rows: 0, sum: EMPTY_SUM };
    return own.rows !== theirs[scope].rows || own.sum !== theirs[scope].sum;
  });
}

/** @param {{rows: number, sum: bigint}[]} ours @param {[number, string][]} theirs @returns {number[]} */
export function differingParts(ours, theirs) {
  return ours.flatMap((own, part) => {
    const [rows, sum] = theirs[part];
    return own.rows === rows && own.sum === BigInt(`0x${sum}`) ? [] : [part];
  });
}

/**
 * Fetch what differs. The comparison only means something at one cursor: when the server has moved on,
 * the feed is pulled first.
 * @param {object} given
 * @param {ReturnType<typeof import('../store/rows.js').createRows>} given.rows
 * @param {ReturnType<typeof import('./wire.js').createWire>} given.wire
 * @param {() => Promise<boolean>} given.catchUp
 * @param {(repair: Omit<Repair, 'at'>) => Promise<void>} given.report
 * @param {string} given.scope
 * @returns {Promise<boolean>} whether the scope is whole again, as far as we could see
 */
export async function repair({ rows, wire, catchUp, report, scope }) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await wire.get(`/sync/digest?scope=${encodeURIComponent(scope)}`);
    if (answer.kind !== "ok" || !isDigest(answer.body)) return false;
    if (answer.body.cursor === (await rows.base()).cursor) return replaceParts({ rows, wire, report, scope }, answer.body.parts);
    if (!(await catchUp())) return false;
  }
  return false;
}

/** @param {Pick<Parameters<typeof repair>[0], 'rows'|'wire'|'report'|'scope'>} given @param {[number, string][]} theirs */
async function replaceParts({ rows, wire, report, scope }, theirs) {
  const bad = differingParts(await rows.parts(scope), theirs);
  for (const part of bad) {
    const answer = await wire.get(`/sync/digest?scope=${encodeURIComponent(scope)}&part=${part}`);
    if (answer.kind !== "ok" || !Array.isArray(answer.body.rows)) return false;
    await rows.replacePart(scope, part, answer.body.rows);
  }
  if (!bad.length) await rows.recount(scope);
  await report({ scope, parts: bad });
  return true;
}

/** @param {any} body */
function isDigest(body) {
  return Number.isInteger(body.cursor) && Array.isArray(body.parts) && body.parts.length === 256;
}
