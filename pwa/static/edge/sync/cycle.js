/**
 * The rhythm of synchronising: what wakes it, what goes first, when to try again. Push comes before pull,
 * because rows may only be applied while no operation is in doubt: else it would be seen twice.
 */

import { exclusively } from "../environment.js";

const SOON_MS = 50;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const TIMER_MS = 15_000;
const POLL_MS = 14_000; // without a socket at every tick of the timer
const CHECK_MS = 300_000; // with one, now and then, to compare the digests
const PRUNE_MS = 6 * 3600 * 1000;
const LOCK = "stockhand-sync";

/** A network that has just come back, or a person who looks, ends a pause of our own making. */
const FRESH_START = new Set(["online", "visible", "start", "enrolled", "full"]);

/**
 * What wakes it. `operation`: something was captured. `timer`: every 15 s. `poke`: the server has news.
 * `online`, `visible`, `start`, `rescue`, `full`, `enrolled`: something changed, so waiting makes no sense.
 * @typedef {'operation'|'timer'|'poke'|'online'|'visible'|'start'|'rescue'|'full'|'enrolled'} Reason
 * @typedef {{lastContact: number|null, online: boolean, needs: 'enrolment'|'sign-in'|'revoked'|null}} Contact
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../outbox/sending.js').createSender>} given.sender
 * @param {ReturnType<typeof import('./pull.js').createPull>} given.puller
 * @param {ReturnType<typeof import('../store/operations.js').createOperations>} given.operations
 * @param {ReturnType<typeof import('../store/rows.js').createRows>} given.rows
 * @param {import('../store/settings.js').Settings} given.settings
 * @param {{send: () => Promise<void>}} given.pictures  go up once the operations that name them have
 */
export function createCycle({ environment, sender, puller, operations, rows, settings, pictures }) {
  let failures = 0;
  /** Until when we rest by our own choice, and until when the server asked us to. */
  const until = { ours: 0, theirs: 0 };
  let lastPull = -Infinity;
  let lastPrune = -Infinity;
  let isLive = false;
  /** Nothing has been heard yet on a socket that has just opened. */
  let isNewLine = false;
  let wantsPull = false;
  /** @type {{due: number, handle: any}|null} */
  let timer = null;
  /** @type {Promise<void>|null} */
  let running = null;
  /** @type {(() => void)[]} */
  let waiters = [];
  /** @type {Contact|null} */
  let last = null;

  return { wake, frame, live, contact, idle };

  /** Never waits: the caller has a person in front of it. @param {string} reason */
  function wake(reason) {
    if (reason === "operation") return schedule(SOON_MS);
    if (reason !== "timer" || environment.monotonic() - lastPull >= (isLive ? CHECK_MS : POLL_MS)) wantsPull = true;
    if (FRESH_START.has(reason)) Object.assign(until, { ours: 0 });
    return schedule(0);
  }

  /** At the earliest in `delay`, and not while we rest; an earlier appointment stands. @param {number} delay */
  function schedule(delay) {
    const now = environment.monotonic();
    const due = Math.max(now + delay, until.ours, until.theirs);
    if (timer && timer.due <= due) return;
    if (timer) environment.never(timer.handle);
    timer = { due, handle: environment.later(start, due - now) };
  }

  function start() {
    timer = null;
    if (running) return void running.then(() => schedule(0));
    running = exclusively(environment, LOCK, turn).finally(() => {
      running = null;
      for (const resolve of waiters.splice(0)) resolve();
    });
  }

  /** One turn: push all, then pull if there is a reason. A bug must not stop the rhythm, nor be hidden. */
  async function turn() {
    try {
      await concluded(await pushThenPull());
    } catch (error) {
      console.error("synchronising failed", error);
      await concluded({ state: "later", reached: false });
    }
  }

  /** @typedef {{state: string, after?: number|null, reached?: boolean}} Ending @returns {Promise<Ending>} */
  async function pushThenPull() {
    const pushed = await sender.push({ handshake: false });
    if (pushed.state !== "done") return pushed;
    await pictures.send();
    if (!isLive && pushed.head !== undefined && pushed.head > (await rows.base()).cursor) wantsPull = true;
    return wantsPull ? pullNow() : { state: "done", reached: pushed.sent > 0 };
  }

  /** @returns {Promise<Ending>} */
  async function pullNow() {
    wantsPull = false;
    const pulled = await puller.pull();
    if (pulled.state === "done") lastPull = environment.monotonic();
    else wantsPull = true;
    return { reached: true, ...pulled };
  }

  /** @param {Ending} ending */
  async function concluded({ state, after, reached = false }) {
    if (state === "done") {
      Object.assign(until, { ours: 0, theirs: 0 });
      failures = 0;
      await prune();
    } else {
      rest(state, after ?? null);
    }
    await remember(state, reached);
  }

  /** Full jitter, so that a thousand devices do not come back at once. @param {string} state @param {number|null} after */
  function rest(state, after) {
    const now = environment.monotonic();
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
    failures += 1;
    if (after !== null) until.theirs = now + after;
    until.ours = Math.max(until.theirs, now) + (state === "later" ? environment.random() * longest : TIMER_MS);
    schedule(0);
  }

  /** @param {string} state @param {boolean} reached */
  async function remember(state, reached) {
    const before = await contact();
    const needs = state === "enrolment" || state === "sign-in" || state === "revoked" ? state : null;
    const isReached = reached || needs === "sign-in" || needs === "revoked";
    const isQuiet = state === "done" && !reached; // there was nothing to ask
    last = {
      lastContact: isReached ? Math.round(environment.wall()) : before.lastContact,
      online: isQuiet ? before.online : isReached,
      needs: isQuiet ? before.needs : needs,
    };
    if (before.online !== last.online || before.needs !== last.needs) environment.announce({ type: "contact", ...last });
    if (isReached || needs !== before.needs) await settings.put("contact", last);
  }

  /** @returns {Promise<Contact>} */
  async function contact() {
    last ??= (await settings.get("contact")) ?? { lastContact: null, online: false, needs: null };
    return { .../** @type {Contact} */ (last), online: /** @type {Contact} */ (last).online && environment.online() };
  }

  async function prune() {
    const now = environment.monotonic();
    if (now - lastPrune < PRUNE_MS) return;
    lastPrune = now;
    await operations.prune(environment.wall());
  }

  /**
   * A message of the live socket: rows that follow, or a poke. What waits goes up first; if it cannot,
   * the rows are let go, and the next pull brings them.
   * @param {{from?: number, to?: number, rows?: any[], poke?: number}} message
   * @returns {Promise<void>}
   */
  async function frame(message) {
    const isFirst = isNewLine;
    isNewLine = false;
    if (typeof message.poke === "number") {
      // A head behind us, or a poke as the first answer, is how a server restored from a backup looks.
      if (isFirst || message.poke !== (await rows.base()).cursor) wake("poke");
      return;
    }
    const isApplied = await exclusively(environment, LOCK, async () => {
      if ((await sender.push()).state !== "done") return false;
      return puller.applyFrame(/** @type {any} */ (message));
    });
    if (isApplied) await remember("done", true);
    else wake("poke");
  }

  /** @param {boolean} connected whether a socket of ours is alive */
  function live(connected) {
    isNewLine = connected && !isLive;
    isLive = connected;
  }

  /** When what is under way, or about to be, is over. A worker must not be stopped before. @returns {Promise<void>} */
  async function idle() {
    if (running) return running.then(idle);
    if (!timer || timer.due - environment.monotonic() > 1000) return undefined;
    return new Promise((resolve) => {
      waiters.push(() => resolve(undefined));
    }).then(idle);
  }
}
