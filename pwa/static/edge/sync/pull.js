/**
 * Fetch the feed. A device that has nothing begins with the snapshot (sync/bootstrap.js); pages are put aside and become the base together, with their cursor, when the last has
 * come. Between two pages what waits is pushed, so a long first pull never holds up a scan.
 */

import { createBootstrap } from "./bootstrap.js";
import { differing, repair } from "./digest.js";
import { createWire, PROTOCOL } from "./wire.js";

const LIMIT = 2000;
const MOST_RESETS = 3;

/**
 * @typedef {import('../store/rows.js').Stage} Stage
 * @typedef {{state: 'done'|'later'|'sign-in'|'revoked', after?: number|null, reached?: boolean, applied: number}} Pulled
 * @typedef {{kind: 'page', body: any} | {kind: 'stop', state: 'later'|'sign-in'|'revoked', after?: number|null, reached?: boolean}} Fetched
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../store/rows.js').createRows>} given.rows
 * @param {() => Promise<import('./wire.js').Identity|null>} given.identity
 * @param {(options?: {handshake?: boolean}) => Promise<{state: string}>} given.push  true to the rule: a page is applied only when no operation is in doubt
 * @param {(repair: import('./digest.js').Repair) => Promise<void>} given.report
 */
export function createPull({ environment, rows, identity, push, report }) {
  const bootstrap = createBootstrap({ environment, rows, push, stopped });

  return { pull, applyFrame };

  /** @returns {Promise<Pulled>} */
  async function pull() {
    const who = await identity();
    if (!who) return { state: "done", applied: 0 };
    const wire = createWire(environment, who);
    const pulled = await pullPages(wire);
    if (pulled.state === "done" && pulled.digests) await compare(wire, pulled.digests);
    if (pulled.state === "done") await rows.fold();
    return pulled;
  }

  /** @param {ReturnType<typeof createWire>} wire @returns {Promise<Pulled & {digests?: Record<string, import('./digest.js').Digest>}>} */
  async function pullPages(wire) {
    let resets = 0;
    let applied = 0;
    let wantsSnapshot = true;
    for (;;) {
      const stage = await where();
      if (wantsSnapshot && stage.reset && stage.next === 0) {
        const begun = await bootstrap.run(wire);
        if (begun.kind === "stop") return { ...begun, applied };
        if (begun.kind === "laid") applied += begun.rows;
        else wantsSnapshot = false;
        continue;
      }
      const fetched = await fetchPage(wire, stage);
      if (fetched.kind === "stop") return { ...fetched, applied };
      const { body } = fetched;
      if (mustStartOver(body, stage)) {
        if ((resets += 1) > MOST_RESETS) return { state: "later", after: null, reached: true, applied };
        if (!(await startOver(body))) return { state: "later", reached: true, applied };
        continue;
      }
      applied += body.rows.length;
      const next = { ...stage, generation: body.generation, subscription: body.subscription, next: body.next };
      if (!body.more) {
        await rows.applyStage(next, body.rows);
        return { state: "done", applied, digests: body.digests };
      }
      await rows.stage(next, body.rows);
      if ((await push()).state !== "done") return { state: "later", reached: true, applied };
    }
  }

  /** A pull that was begun goes on where it stopped. @returns {Promise<Stage>} */
  async function where() {
    const begun = await rows.staged();
    if (begun) return begun;
    const { generation, subscription, cursor } = await rows.base();
    return { reset: cursor === 0, generation, subscription, next: cursor };
  }

  /** @param {ReturnType<typeof createWire>} wire @param {Stage} stage @returns {Promise<Fetched>} */
  async function fetchPage(wire, { generation, subscription, next }) {
    const known = generation ? `&generation=${generation}&subscription=${subscription}` : "";
    const answer = await wire.get(`/sync/pull?cursor=${next}&limit=${LIMIT}${known}`);
    if (answer.kind !== "ok") return stopped(answer);
    if (!isPage(answer.body, next)) return { kind: "stop", state: "later", reached: false };
    return { kind: "page", body: answer.body };
  }

  /** @param {any} body @param {Stage} stage */
  function mustStartOver(body, stage) {
    if (body.reset) return true;
    return stage.next > 0 && body.generation !== stage.generation;
  }

  /**
   * The old base stays in sight until the new one is complete. Another generation means that the server
   * may have forgotten operations: ask first, so that they wait again before the base loses them.
   * @param {any} body
   */
  async function startOver(body) {
    const { generation } = await rows.base();
    if (generation !== 0 && body.generation !== generation && (await push({ handshake: true })).state !== "done") return false;
    await rows.dropStage();
    await rows.stage({ reset: true, generation: body.generation, subscription: body.subscription ?? 0, next: 0 }, []);
    return true;
  }

  /** @param {ReturnType<typeof createWire>} wire @param {Record<string, import('./digest.js').Digest>} theirs */
  async function compare(wire, theirs) {
    await rows.settle();
    const { scopes } = await rows.base();
    for (const scope of differing(scopes, theirs)) {
      await repair({
        rows, wire, scope,
        catchUp: async () => (await push()).state === "done" && (await pullPages(wire)).state === "done",
        report: (found) => report({ ...found, at: Math.round(environment.wall()) }),
      });
    }
  }

  /** Rows from the live socket. False when they do not follow what we have, so that a pull is needed. @param {{from: number, to: number, rows: import('../store/base.js').Row[]}} frame */
  async function applyFrame({ from, to, rows: list }) {
    if (await rows.staged()) return false;
    if (to <= (await rows.base()).cursor) return true;
    return (await rows.applyRows(list, { from, to })) !== null;
  }
}

/** @param {Exclude<import('./wire.js').Answer, {kind: 'ok'}>} answer @returns {import('./bootstrap.js').Stop} */
function stopped(answer) {
  if (answer.kind === "later") return { kind: "stop", state: "later", after: answer.after, reached: answer.reached };
  return { kind: "stop", state: refusal(answer.status), reached: true };
}

/** @param {number} status @returns {'later'|'sign-in'|'revoked'} */
function refusal(status) {
  if (status === 401) return "sign-in";
  return status === 403 ? "revoked" : "later";
}

/** @param {any} body @param {number} cursor */
function isPage(body, cursor) {
  if (body.protocol !== PROTOCOL || !Number.isInteger(body.generation)) return false;
  if (body.reset === true) return true;
  const isForward = Number.isInteger(body.next) && (body.more ? body.next > cursor : body.next >= cursor);
  return isForward && Array.isArray(body.rows) && typeof body.more === "boolean";
}
