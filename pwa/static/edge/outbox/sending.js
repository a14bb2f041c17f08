/**
 * Push what waits, batch by batch, until the server has a verdict on everything. Called by one leader at a
 * time, but two at once do no harm: the numbers decide what is new.
 */

import { createWire } from "../sync/wire.js";
import { newIncarnation } from "./operation.js";

const MOST = 200;
const MOST_BYTES = 256 * 1024;
const ENVELOPE_BYTES = 2048;
const MOST_IDLE = 16;

/**
 * @typedef {'done'|'later'|'enrolment'|'sign-in'|'revoked'} State
 * @typedef {{state: State, after?: number|null, reached?: boolean, head?: number, sent: number}} Pushed
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../store/operations.js').createOperations>} given.operations
 * @param {ReturnType<typeof import('./journal.js').createJournal>} given.journal
 * @param {{stranded: () => {text: string, size: number, operation: {n: number}, delivered: boolean}[], delivered: (ack: number) => void, land: () => Promise<boolean>}} given.outbox
 * @param {() => Promise<import('../sync/wire.js').Identity|null>} given.identity
 * @param {() => Promise<Record<string, unknown>>} given.report  more for the server to know, sent along
 * @param {(told: Record<string, unknown>) => Promise<void>} given.reported  the server has heard it
 */
export function createSender({ environment, operations, journal, outbox, identity, report, reported }) {
  let most = MOST;

  return { push };

  /**
   * Send until nothing waits. A handshake asks even when nothing waits: where do we stand with each other?
   * @param {{handshake?: boolean}} [options] @returns {Promise<Pushed>}
   */
  async function push({ handshake = false } = {}) {
    await outbox.land();
    let sent = 0;
    let idle = 0;
    let wanted = handshake;
    /** @type {number|undefined} */
    let head;
    for (;;) {
      const who = await identity();
      if (!who) return { state: "enrolment", sent };
      const step = await pushOnce(who, wanted);
      head = step.head ?? head;
      if (step.state !== "more") return { ...step, head, sent };
      sent += step.settled;
      // A server and a device that only send each other from one answer to the next must not do so for ever.
      idle = step.settled ? 0 : idle + 1;
      if (idle > MOST_IDLE) return { state: "later", after: null, reached: true, head, sent };
      wanted = step.again ?? false;
    }
  }

  /**
   * @typedef {{state: 'more', settled: number, again?: boolean, head?: number}} More
   * @param {import('../sync/wire.js').Identity} who @param {boolean} wanted
   * @returns {Promise<More | Omit<Pushed, 'sent'>>}
   */
  async function pushOnce(who, wanted) {
    const replica = await operations.replica();
    if (!replica.registered) return registerIncarnation(who, replica.incarnation);
    const batch = await nextBatch(replica);
    if (!batch.length && !wanted) return { state: "done" };
    const extra = await report();
    const text = await envelope(who, replica, batch, extra);
    const answer = await createWire(environment, who).deliver("/sync/push", text);
    if (answer.kind === "later") return { state: "later", after: answer.after, reached: answer.reached };
    if (answer.kind === "refused") return refused(who, answer, batch, text);
    return taken(answer, replica, batch, extra);
  }

  /** What is on disk, then what the disk did not take. @param {import('../store/operations.js').Replica} replica */
  async function nextBatch(replica) {
    const batch = await operations.batch(most, MOST_BYTES - ENVELOPE_BYTES);
    const last = batch.at(-1)?.n ?? replica.n;
    const extra = last === replica.n ? outbox.stranded().filter((one) => !one.delivered) : [];
    return [...batch, ...extra];
  }

  /** The operations go in as the very texts that were hashed. @param {import('../sync/wire.js').Identity} who @param {import('../store/operations.js').Replica} replica @param {{text: string}[]} batch @param {Record<string, unknown>} extra */
  async function envelope(who, replica, batch, extra) {
    const [{ count, oldest }, clock] = await Promise.all([operations.waiting(), operations.clock()]);
    const head = JSON.stringify({
      device: who.device,
      incarnation: replica.incarnation,
      generation: replica.generation,
      app: environment.app,
      queue: { depth: count, oldest },
      clock: { wall: clock.wall, monotonic: clock.monotonic, boot: clock.boot },
      ...extra,
    });
    return `${head.slice(0, -1)},"operations":[${batch.map(({ text }) => text).join(",")}]}`;
  }

  /** @param {{body: any, sent: number, received: number}} answer @param {import('../store/operations.js').Replica} replica @param {unknown[]} batch @param {Record<string, unknown>} extra @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function taken(answer, replica, batch, extra) {
    const { body } = answer;
    if (!isAnswer(body)) return { state: "later", after: null, reached: true };
    if (body.ack > lastNumber(replica)) return anew();
    outbox.delivered(body.ack);
    try {
      await reported(extra);
      return await kept(answer, replica, batch);
    } catch (error) {
      // Delivered all the same; while the disk is full the verdicts are asked for again.
      if (operations.isFull()) return { state: "later", after: null, reached: true };
      throw error;
    }
  }

  /** Store what was answered, and see whether there is more to do. @param {{body: any, sent: number, received: number}} answer @param {import('../store/operations.js').Replica} replica @param {unknown[]} batch @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function kept(answer, replica, batch) {
    const { body } = answer;
    const rewound = body.ack < replica.ack || body.generation !== replica.generation;
    if (rewound && !(await operations.rewind(body.ack, body.generation))) return anew();
    const settled = await settle(answer, replica);
    if (!batch.length) return rewound ? { state: "more", settled: 0 } : { state: "done", head: body.head };
    const moved = settled.length > 0 || rewound || body.ack > replica.ack;
    return moved ? { state: "more", settled: settled.length, ...headOf(body) } : { state: "later", after: null, reached: true };
  }

  /** @param {{body: any, sent: number, received: number}} answer @param {import('../store/operations.js').Replica} replica @returns {Promise<string[]>} */
  async function settle({ body, sent, received }, { incarnation }) {
    const { verdicts, ack, safe, generation, now } = body;
    const { settled } = await operations.settle({ verdicts, ack, safe, generation, incarnation, exchange: { sent, received, now } });
    most = MOST;
    if (!settled.length) return settled;
    journal.forget(settled);
    environment.announce({ type: "queue" });
    return settled;
  }

  /** @param {import('../store/operations.js').Replica} replica */
  function lastNumber(replica) {
    return outbox.stranded().at(-1)?.operation.n ?? replica.n;
  }

  /** @param {import('../sync/wire.js').Identity} who @param {{status: number, body: any}} answer @param {unknown[]} batch @param {string} text @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function refused(who, { status, body }, batch, text) {
    switch (status) {
      case 401:
        return { state: "sign-in" };
      case 403:
        return quarantine(who, text);
      case 409:
        return conflict(body);
      case 413:
        if (batch.length <= 1) return { state: "later", after: null, reached: true };
        most = Math.max(1, batch.length >> 1);
        return { state: "more", settled: 0 };
      default:
        return { state: "later", after: null, reached: true };
    }
  }

  /** Another generation: adopt it and go back to where the server stands. A clone: become somebody else. @param {any} body @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function conflict(body) {
    const replica = await operations.replica();
    if (isCloned(body)) return anew();
    if (mentions(body, /incarnation/i)) return registerAgain();
    if (!Number.isInteger(body.generation)) return { state: "later", after: null, reached: true };
    const ack = Number.isInteger(body.ack) ? body.ack : replica.ack;
    if (ack > lastNumber(replica)) return anew();
    if (!(await operations.rewind(ack, body.generation))) return anew();
    return { state: "more", settled: 0, again: true };
  }

  /** A server that was restored may not know this incarnation any more. @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function registerAgain() {
    await operations.register({ registered: false });
    return { state: "more", settled: 0, again: true };
  }

  /** The device was revoked: its facts are still taken, apart. @param {import('../sync/wire.js').Identity} who @param {string} text @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function quarantine(who, text) {
    const answer = await createWire(environment, who).deliver("/sync/quarantine", text);
    if (answer.kind === "later") return { state: "later", after: answer.after, reached: answer.reached };
    if (answer.kind === "refused") return { state: "revoked" };
    if (!isAnswer(answer.body)) return { state: "revoked" };
    const settled = await settle(answer, await operations.replica());
    return settled.length ? { state: "more", settled: settled.length, again: true } : { state: "revoked" };
  }

  /**
   * Become a new incarnation: this store was copied, or rolled back, or has a hole that the server asks for.
   * @returns {Promise<More | Omit<Pushed, 'sent'>>}
   */
  async function anew() {
    await operations.renumber(freshIncarnation(), { registered: false });
    const replica = await operations.replica();
    journal.note([], replica);
    return { state: "more", settled: 0, again: true };
  }

  /** @param {import('../sync/wire.js').Identity} who @param {string} incarnation @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function registerIncarnation(who, incarnation) {
    const { lost, former } = await operations.replica();
    const body = { incarnation, former, ...(lost ? { lost } : {}) };
    const answer = await createWire(environment, who).ask("/sync/incarnation", body);
    if (answer.kind === "later") return { state: "later", after: answer.after, reached: answer.reached };
    if (answer.kind === "refused") return incarnationRefused(answer.status);
    const generation = Number.isInteger(answer.body.generation) ? { generation: answer.body.generation } : {};
    await operations.register({ registered: true, lost: null, ...generation });
    return { state: "more", settled: 0, again: true };
  }

  /** @param {number} status @returns {Promise<More | Omit<Pushed, 'sent'>>} */
  async function incarnationRefused(status) {
    if (status === 401) return { state: "sign-in" };
    if (status === 403) return { state: "revoked" };
    return status === 409 ? anew() : { state: "later", after: null, reached: true };
  }

  function freshIncarnation() {
    return newIncarnation(environment.fill);
  }
}

/** @param {any} body */
function headOf(body) {
  return Number.isInteger(body.head) ? { head: body.head } : {};
}

/** @param {any} body */
function isAnswer(body) {
  return Number.isInteger(body.ack) && Number.isInteger(body.safe) && Number.isInteger(body.generation)
    && Number.isFinite(body.now) && Array.isArray(body.verdicts) && body.verdicts.every(isVerdict);
}

/** @param {any} verdict */
function isVerdict(verdict) {
  return typeof verdict?.id === "string" && typeof verdict.outcome === "string";
}

/** The problem may be named by its type, its code or a plain member. @param {any} body @param {RegExp} word */
function mentions(body, word) {
  return [body.type, body.code, body.reason, body.title, body.detail].some((text) => word.test(String(text ?? "")));
}

/** @param {any} body */
function isCloned(body) {
  return body.cloned === true || mentions(body, /clone/i);
}
