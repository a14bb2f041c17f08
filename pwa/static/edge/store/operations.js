/**
 * The operation store: what people did and the server has not taken care of yet. A database of its own,
 * version 1 for ever, every write flushed to disk. A transaction is the only lock it needs: number, hash and
 * operation are read and written in one, so two tabs at once still make one chain.
 */

import { captured, measured, sighted } from "../outbox/clock.js";
import { BadDraft, build, newIncarnation, seal } from "../outbox/operation.js";
import { connection, open, result, within } from "./db.js";

export const NAME = "stockhand-operations";
const STRICT = /** @type {IDBTransactionOptions} */ ({ durability: "strict" });
const DAY_MS = 24 * 3600 * 1000;
const KEPT_MS = 7 * DAY_MS;
const UNSEEN_MS = 30 * DAY_MS;

/**
 * @typedef {import('../outbox/operation.js').Operation} Operation
 * @typedef {'applied'|'warning'|'superseded'|'held'|'rejected'|'duplicate'} Outcome
 * @typedef {{generation: number, seq: number}} Landing   where in the feed it took effect
 */

/**
 * @typedef {object} Record
 * @property {number} order       in which it was captured here, across incarnations
 * @property {string} id
 * @property {string} incarnation
 * @property {number} [n]         its number, while it belongs to the current incarnation
 * @property {string} text        the exact bytes that are sent
 * @property {string} hash
 * @property {number} size
 * @property {number} wall
 * @property {number} [waiting]   1 until there is a verdict
 * @property {number} [open]      1 until the feed has passed it: it may still be part of the overlay
 * @property {number} [attention] 1 while a person should look at it
 * @property {Outcome} [outcome]
 * @property {string|null} [reason]
 * @property {string|null} [task]
 * @property {Landing} [landed]
 */

/**
 * @typedef {object} Replica
 * @property {string} incarnation
 * @property {boolean} registered  the server knows this incarnation
 * @property {string|null} device  whose operations these are, once enrolled
 * @property {number} generation
 * @property {number} n            the last number given
 * @property {string} hash         of that operation
 * @property {number} order
 * @property {number} ack
 * @property {number} safe
 * @property {number} changes      grows with every write, so that readers know when to read again
 * @property {string[]} former    incarnations before this one
 * @property {{incarnation: string, n: number, held: number[]}|null} lost  a store that is gone, to be told to the
 *   server, with the numbers that copies are left of
 */

/**
 * @typedef {{n: number, id: string, outcome: Outcome, seq: number|null, reason?: string|null, task?: string|null}} Verdict
 * @typedef {{replica: Replica, records: Record[]}} Appended
 * @typedef {{waiting: number, oldest: number|null, attention: number}} Counts
 */

/** @param {IDBDatabase} db */
function upgrade(db) {
  const records = db.createObjectStore("operations", { keyPath: "order" });
  records.createIndex("id", "id", { unique: true });
  for (const name of ["n", "waiting", "open", "attention"]) records.createIndex(name, name);
  db.createObjectStore("meta");
}

/**
 * @param {import('../environment.js').Environment} environment
 * @param {{newId: () => string}} given
 */
export function createOperations(environment, { newId }) {
  const { IDBKeyRange } = environment;
  const held = connection(() => open(environment.indexedDB, NAME, 1, upgrade));
  const newBoot = () => newIncarnation(environment.fill).slice(0, 8);
  /** As last read, until something is written here. Another page may have written since, so each request looks once. @type {{changes: number, work: any}|null} */
  let seen = null;
  /** What was counted and listed last, and after how many changes. @type {{changes: number, counts: Counts}|null} */
  let counted = null;
  /** @type {{changes: number, records: Record[]}|null} */
  let listed = null;

  return {
    append, adopt, look, changes, work, keep, counts, known, replica, clock, batch, record, pending, recent, waiting, dismiss, unsent,
    settle, release, rewind, renumber, register, prune,
    isFull: held.isFull, setFull: held.setFull,
  };

  /**
   * @template T
   * @param {(stores: {records: IDBObjectStore, meta: IDBObjectStore}) => Promise<T>} action @returns {Promise<T>}
   */
  async function writing(action) {
    const value = await within(await held.get(), ["operations", "meta"], "readwrite", (transaction) => action(storesOf(transaction)), STRICT);
    seen = null;
    return value;
  }

  /**
   * @template T
   * @param {(stores: {records: IDBObjectStore, meta: IDBObjectStore}) => Promise<T>} action @returns {Promise<T>}
   */
  async function reading(action) {
    return within(await held.get(), ["operations", "meta"], "readonly", (transaction) => action(storesOf(transaction)));
  }

  /** Whatever was written since by anybody is known from here on: how many changes, and the work in progress. */
  async function look() {
    seen = await reading(async ({ meta }) => {
      const [replica, work] = await Promise.all([result(meta.get("replica")), result(meta.get("work"))]);
      return { changes: replica?.changes ?? 0, work };
    });
    return seen;
  }

  /** How often this store was written. @returns {Promise<number>} */
  async function changes() {
    return (seen ?? (await look())).changes;
  }

  /** What was under way when it was kept last: by itself, or together with an operation. @returns {Promise<any>} */
  async function work() {
    return (seen ?? (await look())).work;
  }

  /** @param {any} work */
  async function keep(work) {
    const { changes } = await writing(async ({ meta }) => {
      meta.put(work, "work");
      return standing(meta);
    });
    seen = { changes, work };
  }

  /** @param {IDBTransaction} transaction */
  function storesOf(transaction) {
    return { records: transaction.objectStore("operations"), meta: transaction.objectStore("meta") };
  }

  /**
   * Number the drafts, chain them and flush them to disk, all or none; and with them the work in progress, so
   * that after a crash neither knows of more than the other.
   * @param {import('../outbox/operation.js').Draft[]} drafts
   * @param {{user: string, basis: import('../outbox/operation.js').Basis, work?: (ids: string[]) => any}} given
   * @returns {Promise<Appended>}
   */
  async function append(drafts, { user, basis, work }) {
    /** @type {any} */
    let kept;
    const appended = await writing(async ({ records, meta }) => {
      const [replica, clock] = await Promise.all([standing(meta), sightedClock(meta)]);
      const stamp = captured(clock, environment.wall(), environment.monotonic());
      const built = build(drafts, { user, captured: stamp, basis, newId });
      const added = built.map((unnumbered) => place(replica, unnumbered));
      refuseEndlessGroup(added);
      for (const record of added) records.add(record);
      save(meta, replica);
      meta.put(clock, "clock");
      if (work) meta.put((kept = work(built.map(({ id }) => id))), "work");
      return { replica, records: added };
    });
    if (work) seen = { changes: appended.replica.changes, work: kept };
    remember(appended);
    return appended;
  }

  /** What was counted and listed goes on with what was added, so that the next scan need not read it all again. @param {Appended} appended */
  function remember({ replica: { changes }, records }) {
    const before = changes - 1;
    if (listed?.changes === before) listed = { changes, records: [...listed.records, ...records] };
    else listed = null;
    if (counted?.changes !== before) return void (counted = null);
    const { waiting, oldest, attention } = counted.counts;
    counted = { changes, counts: { waiting: waiting + records.length, oldest: oldest ?? records[0]?.wall ?? null, attention } };
  }

  /**
   * Operations that come from elsewhere under their old ids: copies from the journal of a lost store, or
   * what was captured while the disk was full. Those already here are left alone.
   * @param {Operation[]} operations @returns {Promise<Appended>}
   */
  async function adopt(operations) {
    return writing(async ({ records, meta }) => {
      const replica = await standing(meta);
      const added = [];
      for (const operation of operations) {
        if (await result(records.index("id").getKey(operation.id))) continue;
        const record = place(replica, operation);
        records.add(record);
        added.push(record);
      }
      save(meta, replica);
      return { replica, records: added };
    });
  }

  /** The replica, unless this store has never been used (or was lost). @returns {Promise<Replica|undefined>} */
  async function known() {
    return reading(({ meta }) => result(meta.get("replica")));
  }

  /** Where this replica stands; made on first use. @returns {Promise<Replica>} */
  async function replica() {
    return (await known()) ?? writing(async ({ meta }) => save(meta, await standing(meta)));
  }

  /** @param {IDBObjectStore} meta @returns {Promise<Replica>} */
  async function standing(meta) {
    return (await result(meta.get("replica"))) ?? {
      incarnation: newIncarnation(environment.fill), registered: false, device: null, generation: 0,
      n: 0, hash: "", order: 0, ack: 0, safe: 0, changes: 0, former: [], lost: null,
    };
  }

  /** @param {IDBObjectStore} meta @param {Replica} replica */
  function save(meta, replica) {
    replica.changes += 1;
    meta.put(replica, "replica");
    return replica;
  }

  /** @param {IDBObjectStore} meta */
  async function sightedClock(meta) {
    return sighted(await result(meta.get("clock")), environment.monotonic(), newBoot);
  }

  /** The time as it would be written into an operation now. @returns {Promise<import('../outbox/operation.js').Captured>} */
  async function clock() {
    return captured(await reading(({ meta }) => sightedClock(meta)), environment.wall(), environment.monotonic());
  }

  /** Append to the chain in memory. @param {Replica} replica @param {Omit<Operation, "n"|"previous">} unnumbered @returns {Record} */
  function place(replica, unnumbered) {
    const { operation, text, hash, size } = seal(unnumbered, { n: replica.n, hash: replica.hash });
    replica.n = operation.n;
    replica.hash = hash;
    replica.order += 1;
    return {
      order: replica.order, id: operation.id, incarnation: replica.incarnation, n: operation.n,
      text, hash, size, wall: operation.captured.wall, waiting: 1, open: 1,
    };
  }

  /**
   * What to send next: everything from the first operation without a verdict on, without a gap, so that
   * the server sees the numbers in order. A group is never cut.
   * @param {number} most @param {number} mostBytes
   * @returns {Promise<Record[]>}
   */
  async function batch(most, mostBytes) {
    const found = await reading(async ({ records }) => {
      const first = await firstWaiting(records);
      return first === null ? [] : result(records.index("n").getAll(IDBKeyRange.lowerBound(first), most + 1));
    });
    return fitting(found, most, mostBytes);
  }

  /** @param {IDBObjectStore} records @returns {Promise<number|null>} */
  async function firstWaiting(records) {
    const cursor = await result(records.index("waiting").openCursor());
    return cursor ? cursor.value.n : null;
  }

  /** @param {string} id @returns {Promise<Record|undefined>} */
  async function record(id) {
    return reading(({ records }) => result(records.index("id").get(id)));
  }

  /** All that may still have to be shown on top of the base, in order, and the state they belong to. @returns {Promise<{changes: number, records: Record[]}>} */
  async function pending() {
    if (listed && listed.changes === seen?.changes) return listed;
    listed = await reading(async ({ records, meta }) => {
      const [replica, found] = await Promise.all([result(meta.get("replica")), result(records.index("open").getAll())]);
      return { changes: replica?.changes ?? 0, records: found };
    });
    return listed;
  }

  /** Newest first. @param {number} limit @returns {Promise<Record[]>} */
  async function recent(limit) {
    return reading(async ({ records }) => {
      const last = await result(records.openKeyCursor(null, "prev"));
      if (!last) return [];
      // Orders are consecutive, so a range instead of a cursor: one request instead of one per record.
      const from = Math.max(0, Number(last.key) - limit);
      return (await result(records.getAll(IDBKeyRange.lowerBound(from, true)))).reverse();
    });
  }

  /** How many wait for a verdict, since when. @returns {Promise<{count: number, oldest: number|null}>} */
  async function waiting() {
    return reading(async ({ records }) => {
      const index = records.index("waiting");
      const [count, first] = await Promise.all([result(index.count()), result(index.openCursor())]);
      return { count, oldest: first ? first.value.wall : null };
    });
  }

  /** How many wait, since when, and how many a person should look at. @returns {Promise<Counts>} */
  async function counts() {
    if (counted && counted.changes === seen?.changes) return counted.counts;
    counted = await reading(async ({ records, meta }) => {
      const index = records.index("waiting");
      const [replica, waiting, first, attention] = await Promise.all([
        result(meta.get("replica")), result(index.count()), result(index.openCursor()), result(records.index("attention").count()),
      ]);
      return { changes: replica?.changes ?? 0, counts: { waiting, oldest: first ? first.value.wall : null, attention } };
    });
    return counted.counts;
  }

  /** A person has seen it. @param {string} id */
  async function dismiss(id) {
    await writing(async ({ records, meta }) => {
      const found = await result(records.index("id").get(id));
      if (!found?.attention) return;
      delete found.attention;
      records.put(found);
      save(meta, await standing(meta));
    });
  }

  /** @returns {Promise<Record[]>} */
  async function unsent() {
    return reading(({ records }) => result(records.index("waiting").getAll()));
  }

  /**
   * Keep what the server answered. Verdicts belong to ids, so an answer that comes late, after the numbers
   * changed, is still right about them.
   * @param {{verdicts: Verdict[], ack: number, safe: number, generation: number, incarnation: string,
   *   exchange: {sent: number, received: number, now: number}}} answer
   * @returns {Promise<{settled: string[], replica: Replica}>}
   */
  async function settle({ verdicts, ack, safe, generation, incarnation, exchange }) {
    return writing(async ({ records, meta }) => {
      const [replica, clock] = await Promise.all([standing(meta), sightedClock(meta)]);
      const index = records.index("id");
      const found = await Promise.all(verdicts.map((verdict) => result(index.get(verdict.id))));
      /** @type {string[]} */
      const settled = [];
      found.forEach((record, i) => {
        if (!record?.waiting) return;
        records.put(decided(record, verdicts[i], generation));
        settled.push(record.id);
      });
      if (incarnation === replica.incarnation) Object.assign(replica, { ack, safe, generation });
      meta.put(measured(clock, exchange, newBoot), "clock");
      return { settled, replica: save(meta, replica) };
    });
  }

  /** The feed has passed these: the base shows them now. @param {(record: Record) => boolean} isInBase */
  async function release(isInBase) {
    await writing(async ({ records }) => {
      for (const record of await result(records.index("open").getAll())) {
        if (record.waiting || !isInBase(record)) continue;
        delete record.open;
        records.put(record);
      }
    });
  }

  /**
   * The server has only taken the first `ack` (it was restored, or a batch never arrived): all after it
   * wait again. False when some of those are no longer here, so that the numbers would have a hole.
   * @param {number} ack @param {number} generation @returns {Promise<boolean>}
   */
  async function rewind(ack, generation) {
    return writing(async ({ records, meta }) => {
      const replica = await standing(meta);
      const after = await result(records.index("n").getAll(IDBKeyRange.lowerBound(ack, true)));
      for (const record of after) records.put(undecided(record));
      Object.assign(replica, { ack, safe: Math.min(replica.safe, ack), generation });
      save(meta, replica);
      return after.length === replica.n - ack;
    });
  }

  /**
   * Begin a new incarnation: what has no verdict is numbered anew from 1, under its old id.
   * @param {string} incarnation @param {{device?: string|null, generation?: number, registered?: boolean}} [given]
   */
  async function renumber(incarnation, given = {}) {
    return writing(async ({ records, meta }) => {
      const replica = await standing(meta);
      replica.former = [replica.incarnation, ...replica.former].slice(0, 8);
      Object.assign(replica, { registered: true, lost: null, ...given, incarnation, n: 0, hash: "", ack: 0, safe: 0 });
      for (const record of await result(records.index("n").getAll())) {
        if (!record.waiting) records.put(closed(record));
        else records.put({ ...record, ...renumbered(replica, record) });
      }
      return save(meta, replica);
    });
  }

  /** @param {Replica} replica @param {Record} record */
  function renumbered(replica, record) {
    const { order } = replica;
    const { n, text, hash, size, incarnation } = place(replica, JSON.parse(record.text));
    replica.order = order; // it keeps the place in which it was captured
    return { n, text, hash, size, incarnation };
  }

  /** @param {Partial<Replica>} known what enrolment or the server told */
  async function register(known) {
    return writing(async ({ meta }) => save(meta, Object.assign(await standing(meta), known)));
  }

  /** Forget what is in a verified backup and a week old. @param {number} now @returns {Promise<string[]>} ids */
  async function prune(now) {
    return writing(async ({ records, meta }) => {
      const { safe, incarnation } = await standing(meta);
      const gone = [];
      for (const record of await result(records.getAll())) {
        if (!isForgettable(record, now) || (record.incarnation === incarnation && record.n > safe)) continue;
        records.delete(record.order);
        gone.push(record.id);
      }
      return gone;
    });
  }
}

/** A group travels in one batch, so what is more than a batch can never be sent. @param {Record[]} added */
function refuseEndlessGroup(added) {
  const bytes = added.reduce((sum, record) => sum + record.size, 0);
  if (added.length > 1 && (added.length > 200 || bytes > 240 * 1024)) throw new BadDraft("more at once than one batch can carry");
}

/** @param {Record[]} found @param {number} most @param {number} mostBytes @returns {Record[]} */
function fitting(found, most, mostBytes) {
  let bytes = 0;
  let count = 0;
  while (count < found.length && count < most) {
    bytes += found[count].size + 1;
    if (count > 0 && bytes > mostBytes) break;
    count += 1;
  }
  return found.slice(0, count < found.length ? groupEdge(found, count) : count);
}

/** The nearest place at or before `count` that does not cut a group; a group alone in front stays whole. @param {Record[]} found @param {number} count */
function groupEdge(found, count) {
  const groupOf = (/** @type {Record} */ record) => JSON.parse(record.text).group?.id;
  const cut = groupOf(found[count]);
  if (!cut) return count;
  let edge = count;
  while (edge > 0 && groupOf(found[edge - 1]) === cut) edge -= 1;
  if (edge > 0) return edge;
  while (count < found.length && groupOf(found[count]) === cut) count += 1;
  return count;
}

/** Old, decided, shown by the base, and seen by somebody (or for a month by nobody). @param {Record} record @param {number} now */
function isForgettable(record, now) {
  const age = now - record.wall;
  return !record.waiting && !record.open && age >= (record.attention ? UNSEEN_MS : KEPT_MS);
}

const TOOK_EFFECT = new Set(["applied", "warning"]);
const NEEDS_A_LOOK = new Set(["warning", "held", "rejected", "duplicate"]);

/** @param {Record} record @param {Verdict} verdict @param {number} generation @returns {Record} */
function decided(record, verdict, generation) {
  const { waiting, open, attention, landed, ...kept } = record;
  const took = TOOK_EFFECT.has(verdict.outcome) && verdict.seq !== null;
  return {
    ...kept,
    outcome: verdict.outcome,
    reason: verdict.reason ?? null,
    task: verdict.task ?? null,
    ...(took ? { open: 1, landed: { generation, seq: /** @type {number} */ (verdict.seq) } } : {}),
    ...(NEEDS_A_LOOK.has(verdict.outcome) ? { attention: 1 } : {}),
  };
}

/** It waits again, but the base may still show it where it had landed. @param {Record} record @returns {Record} */
function undecided(record) {
  const { outcome, reason, task, attention, ...kept } = record;
  return { ...kept, waiting: 1, open: 1 };
}

/** It keeps its verdict but no number of this replica any more. @param {Record} record @returns {Record} */
function closed(record) {
  const { n, ...kept } = record;
  return kept;
}
