/** The way out of the device: what is added here is on disk before anybody is told, and is sent until answered. */

import { BadDraft, build, seal } from "./operation.js";

/**
 * @typedef {import('./operation.js').Operation} Operation
 * @typedef {import('./operation.js').Draft} Draft
 * @typedef {import('./operation.js').Sealed} Sealed
 * @typedef {import('../store/operations.js').Record} Record
 * @typedef {import('../store/operations.js').Outcome} Outcome
 * @typedef {{operation: Operation, state: 'queued'|Outcome, reason: string|null, task: string|null, undone: boolean, attention: boolean}} Recent
 * @typedef {{waiting: number, attention: number, oldest: number|null, lastContact: number|null, online: boolean,
 *   needs: 'enrolment'|'sign-in'|'revoked'|null, storage: 'ok'|'full', journal: 'ok'|'failed'}} Summary
 */

/** The disk took no more. The operation is not lost: it is in memory, and sent or rescued from there. */
export class StorageFull extends Error {
  /** @param {Operation[]} operations */
  constructor(operations) {
    super("the device has no space left");
    this.name = "StorageFull";
    this.operations = operations;
  }
}

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../store/operations.js').createOperations>} given.operations
 * @param {ReturnType<typeof import('./journal.js').createJournal>} given.journal
 * @param {() => Promise<import('./operation.js').Basis>} given.basis
 * @param {(id: string) => Promise<{outcome: Outcome, reason?: string|null, task?: string|null}|null>} given.decision  what the feed says later
 * @param {() => Promise<{lastContact: number|null, online: boolean, needs: Summary["needs"]}>} given.contact
 * @param {(reason: string) => void} given.wake
 * @param {() => string} given.newId
 */
export function createOutbox({ environment, operations, journal, basis, decision, contact, wake, newId }) {
  /** What the disk did not take, numbered as if it had. @type {(Sealed & {delivered: boolean})[]} */
  let stranded = [];

  return { add, recent, summary, dismiss: operations.dismiss, recover, unsentLines, takeIn, stranded: () => stranded, delivered, land, settled: journal.settled };

  /**
   * `work` makes of the new ids what shall be kept together with the operations: the work in progress.
   * @param {Draft[]} drafts @param {{user: string, work?: (ids: string[]) => any}} given @returns {Promise<Operation[]>}
   */
  async function add(drafts, { user, work }) {
    if (stranded.length) throw new StorageFull(stranded.map(({ operation }) => operation));
    const given = { user, basis: await basis(), work };
    try {
      const { records, replica } = await operations.append(drafts, given);
      journal.note(records, replica);
      tell("operation");
      return records.map(operationOf);
    } catch (error) {
      if (error instanceof BadDraft) throw error;
      throw await strand(drafts, given);
    }
  }

  /** @param {string} reason */
  function tell(reason) {
    environment.announce({ type: "queue" });
    wake(reason);
  }

  /** The first failed write: stop capturing, keep this one, send it at once. Reading still works on a full disk. @param {Draft[]} drafts @param {{user: string, basis: import('./operation.js').Basis}} given */
  async function strand(drafts, { user, basis }) {
    operations.setFull(true);
    const [head, captured] = await Promise.all([operations.replica(), operations.clock()]);
    for (const unnumbered of build(drafts, { user, captured, basis, newId })) {
      const sealed = seal(unnumbered, head);
      Object.assign(head, { n: sealed.operation.n, hash: sealed.hash });
      stranded.push({ ...sealed, delivered: false });
    }
    journal.note(stranded.map(({ operation, text }) => ({ id: operation.id, text })), head);
    tell("full");
    return new StorageFull(stranded.map(({ operation }) => operation));
  }

  /** The server has these. @param {number} ack */
  function delivered(ack) {
    for (const one of stranded) one.delivered ||= one.operation.n <= ack;
  }

  /** Try again to write what the disk did not take; true when nothing is left over. */
  async function land() {
    if (!stranded.length) return true;
    try {
      const { records, replica } = await operations.adopt(stranded.map(({ operation }) => operation));
      operations.setFull(false);
      stranded = [];
      journal.note(records, replica);
      environment.announce({ type: "queue" });
      return true;
    } catch {
      return false; // still full: summary() says so on every screen
    }
  }

  /**
   * After a start: the journal may know operations that this store does not, because the store was lost or
   * its last write never reached the disk. They are taken in under their old ids.
   */
  async function recover() {
    const [{ witness, copies }, before] = await Promise.all([journal.read(), operations.known()]);
    if (!witness && !copies.length) return { rescued: 0 };
    const replica = before ?? (await operations.replica());
    const isOurs = !witness || [replica.incarnation, ...replica.former].includes(witness.incarnation);
    if (!isOurs) await operations.register({ lost: { ...witness, held: copies.map(({ n }) => n) } });
    const { records } = await operations.adopt(copies);
    await journal.note(records, await operations.replica());
    await sweep(copies);
    if (records.length || !isOurs) tell("rescue");
    return { rescued: records.length };
  }

  /** Copies whose operation has its verdict are of no use any more. @param {Operation[]} copies */
  async function sweep(copies) {
    const records = await Promise.all(copies.map(({ id }) => operations.record(id)));
    await journal.forget(records.flatMap((record) => (record && !record.waiting ? [record.id] : [])));
  }

  /** @param {number} limit @returns {Promise<Recent[]>} newest first */
  async function recent(limit) {
    const undone = new Set();
    const list = [];
    for (const record of await operations.recent(limit)) {
      const operation = operationOf(record);
      if (operation.kind === "op.undo@1" && record.outcome !== "rejected") undone.add(operation.args.operation);
      list.push(shown(operation, record, await laterDecision(record), undone.has(operation.id)));
    }
    return [...stranded.map(({ operation }) => shown(operation, { waiting: 1 }, null, false)).reverse(), ...list];
  }

  /** @param {Record} record */
  async function laterDecision(record) {
    return record.outcome === "held" ? decision(record.id) : null;
  }

  /** @param {Operation} operation @param {Partial<Record>} record @param {Awaited<ReturnType<typeof decision>>} later @param {boolean} undone @returns {Recent} */
  function shown(operation, record, later, undone) {
    const { outcome, reason, task } = later ?? record;
    return {
      operation, state: record.waiting || !outcome ? "queued" : outcome,
      reason: reason ?? null, task: task ?? null, undone, attention: Boolean(record.attention),
    };
  }

  /** @returns {Promise<Summary>} */
  async function summary() {
    const [{ waiting, oldest, attention }, state] = await Promise.all([operations.counts(), contact()]);
    const extra = stranded.filter((one) => !one.delivered).length;
    return {
      ...state, waiting: waiting + extra, attention, oldest,
      storage: stranded.length ? "full" : "ok", journal: journal.isBroken() ? "failed" : "ok",
    };
  }

  /** Everything the server does not have, one operation a line, for another device to take in. */
  async function unsentLines() {
    const waiting = await operations.unsent();
    return [...waiting.map(({ text }) => text), ...stranded.filter((one) => !one.delivered).map(({ text }) => text)].join("\n");
  }

  /** Take in what another device could not send; under the old ids nothing is done twice. @param {string} lines @returns {Promise<number>} how many were new */
  async function takeIn(lines) {
    const parsed = lines.split("\n").filter((line) => line.trim()).map((line) => checkedOperation(JSON.parse(line)));
    const { records, replica } = await operations.adopt(parsed);
    journal.note(records, replica);
    tell("rescue");
    return records.length;
  }
}

/** @param {Record} record @returns {Operation} */
function operationOf(record) {
  return JSON.parse(record.text);
}

/** @param {any} operation @returns {Operation} */
function checkedOperation(operation) {
  const isWhole = operation && typeof operation.id === "string" && typeof operation.kind === "string"
    && typeof operation.args === "object" && typeof operation.captured?.wall === "number";
  if (!isWhole) throw new BadDraft("this is not an operation");
  return operation;
}
