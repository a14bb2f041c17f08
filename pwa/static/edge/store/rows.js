/** The feed's rows on this device: the base as of one cursor, its staged successor, and look-ups in it. */

import { effectsOf, fold, isInBase, undoneIds, unsettled } from "../sync/overlay.js";
import { added, chunkOf, chunkWriter, CHUNKS, EMPTY_SUM, emptyBase, foldedCode, itemOf, linesOf, merge, partOf, rowHash, viewsOf } from "./base.js";
import { connection, open, result, within } from "./db.js";
import { createItemSearch } from "./search.js";

export const NAME = "stockhand-edge";
const STORES = ["chunks", "meta", "pages"];

/**
 * @typedef {import('./base.js').Base} Base
 * @typedef {import('./base.js').Row} Row
 * @typedef {import('../sync/overlay.js').Balance} Balance
 * @typedef {{id: string, code: string, name: string, unit: string, [field: string]: any}} Item
 * @typedef {{id: string, code: string, warehouse: string, kind: string, [field: string]: any}} Location
 * @typedef {{code: string, item: string, unit: string, factor: string}} Barcode
 * @typedef {{reset: boolean, generation: number, subscription: number, next: number}} Stage
 * @typedef {(scope: string, view: string, chunk: number) => Promise<import('./base.js').Lines>} Read
 */

/** @param {IDBDatabase} db */
function upgrade(db) {
  db.createObjectStore("chunks");
  db.createObjectStore("meta");
  db.createObjectStore("pages", { autoIncrement: true });
  db.createObjectStore("settings");
}

/** The database of everything that can be fetched again. @param {import('../environment.js').Environment} environment */
export function openEdge(environment) {
  const held = connection(() => open(environment.indexedDB, NAME, 1, upgrade));
  return held.get;
}

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {() => Promise<IDBDatabase>} given.database
 * @param {ReturnType<typeof import('./operations.js').createOperations>} given.operations
 */
export function createRows({ environment, database, operations }) {
  const { IDBKeyRange } = environment;
  /** Chunks as last read, with the version of their kind. @type {Map<string, {version: number, lines: import('./base.js').Lines}>} */
  const cache = new Map();
  /** @type {{key: string, effects: import('../sync/overlay.js').Effect[]}|null} */
  let overlay = null;
  const search = createItemSearch({ everyItem, tailItems });

  return {
    base, row, every, item, itemByCode, findItems, barcode, barcodesOfItem, location, locationByCode, locations, outcome,
    balancesOfItem, balancesAt,
    staged, stage, dropStage, applyStage, applyRows, parts, replacePart, recount,
  };

  // --- looking up ---

  /**
   * Read in one transaction, so that all that is read belongs to one cursor.
   * @template T
   * @param {(base: Base, read: Read) => Promise<T>} action @returns {Promise<T>}
   */
  async function looking(action) {
    return within(await database(), ["chunks", "meta"], "readonly", async (transaction) => {
      const store = transaction.objectStore("chunks");
      const now = (await result(transaction.objectStore("meta").get("base"))) ?? emptyBase();
      return action(now, (scope, view, chunk) => readChunk(store, now, scope, view, chunk));
    });
  }

  /** @param {IDBObjectStore} store @param {Base} now @param {string} scope @param {string} view @param {number} chunk */
  async function readChunk(store, now, scope, view, chunk) {
    const version = now.versions[view.split(".", 1)[0]] ?? 0;
    const name = `${scope}\n${view}\n${chunk}`;
    const known = cache.get(name);
    if (known?.version === version) return known.lines;
    const lines = linesOf(await result(store.get([scope, view, chunk])));
    if (cache.size > 2 * CHUNKS) cache.clear();
    cache.set(name, { version, lines });
    return lines;
  }

  /** Where we stand: empty before the first pull. @returns {Promise<Base>} */
  async function base() {
    return looking(async (now) => now);
  }

  /** The scopes that hold rows of this kind. @param {Base} now @param {string} kind */
  function scopesOf(now, kind) {
    return Object.keys(now.scopes).filter((scope) => now.scopes[scope].kinds[kind] > 0);
  }

  /** A row by its key; when several scopes hold it, the latest. @param {Base} now @param {Read} read @param {string} kind @param {string} key */
  async function newest(now, read, kind, key) {
    const chunk = chunkOf(viewsOf(kind).first({ key, body: {} }));
    let best = null;
    for (const scope of scopesOf(now, kind)) {
      const found = (await read(scope, kind, chunk)).get(key);
      if (found && (!best || Number(found[0]) > Number(best[0]))) best = found;
    }
    return best ? JSON.parse(best[1]) : null;
  }

  /** The keys that a view groups under this place. @param {Base} now @param {Read} read @param {string} kind @param {string} name @param {string} place @returns {Promise<string[]>} */
  async function referred(now, read, kind, name, place) {
    const keys = new Set();
    for (const scope of scopesOf(now, kind)) {
      for (const key of (await read(scope, `${kind}.${name}`, chunkOf(place))).get(place) ?? []) keys.add(key);
    }
    return [...keys];
  }

  /** @param {string} kind @param {string} key @returns {Promise<any|null>} */
  async function row(kind, key) {
    return looking((now, read) => newest(now, read, kind, key));
  }

  /** Every row of a kind. @param {string} kind @returns {Promise<Map<string, any>>} */
  async function every(kind) {
    return within(await database(), ["chunks", "meta"], "readonly", async (transaction) => {
      const now = (await result(transaction.objectStore("meta").get("base"))) ?? emptyBase();
      const texts = await Promise.all(scopesOf(now, kind).map((scope) => allChunks(transaction.objectStore("chunks"), scope, kind)));
      return newestOfAll(texts.flat());
    });
  }

  /** @param {IDBObjectStore} store @param {string} scope @param {string} view @returns {Promise<string[]>} */
  function allChunks(store, scope, view) {
    return result(store.getAll(IDBKeyRange.bound([scope, view, 0], [scope, view, CHUNKS])));
  }

  /** @param {string} id @returns {Promise<Item|null>} */
  async function item(id) {
    const body = await row("item", id);
    return body && { id, ...body };
  }

  /** @param {string} code @returns {Promise<Item|null>} */
  async function itemByCode(code) {
    return byCode("item", code);
  }

  /** @param {string} code in any case @returns {Promise<Item|null>} */
  async function itemByCode(code) {
    return byCode("item", code);
  }

  /** By code, by a part of the name, by pinyin initials, by the last four digits of a barcode. @param {string} text @param {number} limit @returns {Promise<Item[]>} */
  async function findItems(text, limit) {
    const exact = await byCode("item", text);
    const now = await base();
    const ids = await search.find(text, limit, `${now.generation}/${now.versions.item ?? 0}`);
    const rest = await Promise.all(ids.filter((id) => id !== exact?.id).map(item));
    return /** @type {Item[]} */ ([exact, ...rest].filter(Boolean)).slice(0, limit);
  }

  /** @returns {Promise<Map<string, any>>} */
  async function everyItem() {
    return every("item");
  }

  /** @param {string} tail @returns {Promise<string[]>} ids */
  async function tailItems(tail) {
    const bodies = await looking(async (now, read) => {
      const keys = await referred(now, read, "barcode", "tail", tail);
      return Promise.all(keys.map((key) => newest(now, read, "barcode", key)));
    });
    return bodies.filter(Boolean).map((body) => body.item);
  }

  /** @param {string} kind @param {string} text @returns {Promise<any|null>} */
  async function byCode(kind, text) {
    const code = foldedCode(text.trim());
    if (!code) return null;
    return looking(async (now, read) => {
      for (const key of await referred(now, read, kind, "code", code)) {
        const body = await newest(now, read, kind, key);
        if (body && foldedCode(body.code) === code) return { id: key, ...body };
      }
      return null;
    });
  }

  /** @param {string} code normalised @returns {Promise<Barcode|null>} */
  async function barcode(code) {
    const body = await row("barcode", code);
    return body && { code, ...body };
  }

  /** @param {string} id @returns {Promise<Barcode[]>} */
  async function barcodesOfItem(id) {
    return looking(async (now, read) => {
      const codes = await referred(now, read, "barcode", "item", id);
      const bodies = await Promise.all(codes.map((code) => newest(now, read, "barcode", code)));
      return codes.flatMap((code, i) => (bodies[i] ? [{ code, ...bodies[i] }] : []));
    });
  }

  /** @param {string} id @returns {Promise<Location|null>} */
  async function location(id) {
    const body = await row("location", id);
    return body && { id, ...body };
  }

  /** @param {string} code @returns {Promise<Location|null>} */
  async function locationByCode(code) {
    return byCode("location", code);
  }

  /** @param {{warehouse?: string, kind?: string}} [wanted] @returns {Promise<Location[]>} by code */
  async function locations({ warehouse, kind } = {}) {
    const all = await every("location");
    return [...all]
      .map(([id, body]) => ({ id, ...body }))
      .filter((one) => (!warehouse || one.warehouse === warehouse) && (!kind || one.kind === kind))
      .sort((left, right) => (left.code < right.code ? -1 : 1));
  }

  /** A decision that came after the verdict. @param {string} operation id */
  async function outcome(operation) {
    return row("outcome", operation);
  }

  // --- balances, with what is under way on top ---

  /** @param {string} id @returns {Promise<Balance[]>} */
  async function balancesOfItem(id) {
    const { now, cells } = await looking(async (now, read) => ({ now, cells: await cellsOf(now, read, id, () => true) }));
    return fold(cells, await effectsOn(now), (cell) => cell.item === id);
  }

  /** @param {string} id @returns {Promise<Balance[]>} */
  async function balancesAt(id) {
    const { now, cells } = await looking(async (now, read) => {
      const keys = await referred(now, read, "balance", "location", id);
      const items = [...new Set(keys.map(itemOf))];
      const found = await Promise.all(items.map((one) => cellsOf(now, read, one, (cell) => cell.location === id)));
      return { now, cells: found.flat() };
    });
    return fold(cells, await effectsOn(now), (cell) => cell.location === id);
  }

  /** @param {Base} now @param {Read} read @param {string} itemId @param {(cell: Balance) => boolean} wanted @returns {Promise<Balance[]>} */
  async function cellsOf(now, read, itemId, wanted) {
    /** @type {Map<string, {seq: number, cell: Balance}>} */
    const cells = new Map();
    for (const scope of scopesOf(now, "balance")) {
      for (const [key, [seq, text]] of await read(scope, "balance", chunkOf(itemId))) {
        if (itemOf(key) !== itemId || (cells.get(key)?.seq ?? 0) > Number(seq)) continue;
        const cell = balanceOf(key, JSON.parse(text));
        if (wanted(cell)) cells.set(key, { seq: Number(seq), cell });
      }
    }
    return [...cells.values()].map(({ cell }) => cell);
  }

  /** What is under way, for this cursor; folded anew only when something changed. The base was read first, so nothing that settles meanwhile is shown twice. @param {Base} now */
  async function effectsOn(now) {
    const { changes = 0 } = (await operations.known()) ?? {};
    const key = `${changes}/${now.generation}/${now.cursor}/${now.versions.location ?? 0}`;
    if (overlay?.key === key) return overlay.effects;
    const effects = await foldAnew(now);
    overlay = { key, effects };
    return effects;
  }

  /** @param {Base} now */
  async function foldAnew(now) {
    const { records } = await operations.pending();
    const open = unsettled(records, now).map(({ text }) => JSON.parse(text));
    const earlier = await earlierOf(undoneIds(open));
    const kinds = await kindsOfLocations([...open, ...[...earlier.values()].map(({ operation }) => operation)]);
    return effectsOf(open, earlier, (location) => kinds.get(location));
  }

  /** @param {string[]} ids */
  async function earlierOf(ids) {
    const records = await Promise.all(ids.map(operations.record));
    return new Map(records.flatMap((record) => (record ? [[record.id, { operation: JSON.parse(record.text), outcome: record.outcome }]] : [])));
  }

  /** @param {import('../outbox/operation.js').Operation[]} list */
  async function kindsOfLocations(list) {
    const ids = new Set(list.flatMap(({ args }) => [args.source, args.target, args.location]).filter(Boolean));
    return looking(async (now, read) => {
      const kinds = new Map();
      for (const id of ids) kinds.set(id, (await newest(now, read, "location", id))?.kind);
      return kinds;
    });
  }

  // --- pages of the feed ---

  /** @returns {Promise<Stage|null>} a pull that was not finished */
  async function staged() {
    return within(await database(), ["meta"], "readonly", async (transaction) => (await result(transaction.objectStore("meta").get("stage"))) ?? null);
  }

  /** Put a page aside until the last one has come. @param {Stage} stage @param {Row[]} rows */
  async function stage(stage, rows) {
    await within(await database(), STORES, "readwrite", async (transaction) => {
      transaction.objectStore("pages").add(JSON.stringify(rows));
      transaction.objectStore("meta").put(stage, "stage");
    });
  }

  async function dropStage() {
    await within(await database(), STORES, "readwrite", async (transaction) => {
      transaction.objectStore("pages").clear();
      transaction.objectStore("meta").delete("stage");
    });
  }

  /** The staged pages and this last one become the base, with their cursor, or nothing does. @param {Stage} stage @param {Row[]} last @returns {Promise<Base>} */
  async function applyStage(stage, last) {
    return changing(stage.reset, async (now, chunks, transaction) => {
      const pages = transaction.objectStore("pages");
      const texts = /** @type {string[]} */ (await result(pages.getAll()));
      const rows = texts.flatMap((text) => JSON.parse(text));
      await merge(chunks, now, rows.concat(last));
      Object.assign(now, { generation: stage.generation, subscription: stage.subscription, cursor: stage.next });
      pages.clear();
      transaction.objectStore("meta").delete("stage");
    });
  }

  /** Rows that came by the live socket, right after the cursor. @param {Row[]} rows @param {{from: number, to: number}} span @returns {Promise<Base|null>} null when they do not follow */
  async function applyRows(rows, { from, to }) {
    if ((await base()).cursor !== from) return null;
    return changing(false, async (now, chunks) => {
      if (now.cursor !== from) return;
      await merge(chunks, now, rows);
      now.cursor = to;
    });
  }

  /**
   * @param {boolean} fresh begin with nothing
   * @param {(now: Base, chunks: ReturnType<typeof chunkWriter>, transaction: IDBTransaction) => Promise<void>} action
   * @returns {Promise<Base>}
   */
  async function changing(fresh, action) {
    const now = await within(await database(), STORES, "readwrite", async (transaction) => {
      const store = transaction.objectStore("chunks");
      const before = (await result(transaction.objectStore("meta").get("base"))) ?? emptyBase();
      const now = fresh ? { ...emptyBase(), changes: before.changes, versions: raised(before) } : before;
      now.changes += 1;
      if (fresh) store.clear();
      const chunks = chunkWriter(store, { fresh });
      await action(now, chunks, transaction);
      chunks.flush();
      transaction.objectStore("meta").put(now, "base");
      return now;
    });
    environment.announce({ type: "rows", cursor: now.cursor });
    await operations.release((record) => isInBase(record, now));
    return now;
  }

  // --- comparing with the server ---

  /** Rows and sum of each of the 256 parts of a scope. @param {string} scope @returns {Promise<{rows: number, sum: bigint}[]>} */
  async function parts(scope) {
    const found = Array.from({ length: 256 }, () => ({ rows: 0, sum: 0n }));
    for (const { kind, key, text } of await rowsOf(scope)) {
      const part = found[partOf(kind, key)];
      part.rows += 1;
      part.sum = (part.sum + rowHash(kind, key, text)) & 0xffffffffffffffffn;
    }
    return found;
  }

  /** @param {string} scope @returns {Promise<{kind: string, key: string, seq: number, text: string}[]>} */
  async function rowsOf(scope) {
    return within(await database(), ["chunks", "meta"], "readonly", async (transaction) => {
      const now = (await result(transaction.objectStore("meta").get("base"))) ?? emptyBase();
      const store = transaction.objectStore("chunks");
      const kinds = Object.keys(now.scopes[scope]?.kinds ?? {});
      const texts = await Promise.all(kinds.map((kind) => allChunks(store, scope, kind)));
      return kinds.flatMap((kind, i) => texts[i].flatMap((text) => rowsIn(kind, text)));
    });
  }

  /** This part of the scope is what the server says, nothing else. @param {string} scope @param {number} part @param {Row[]} rows */
  async function replacePart(scope, part, rows) {
    const kept = new Set(rows.map(({ kind, key }) => `${kind}/${key}`));
    const gone = (await rowsOf(scope)).filter(({ kind, key }) => partOf(kind, key) === part && !kept.has(`${kind}/${key}`));
    await changing(false, async (now, chunks) => {
      await merge(chunks, now, gone.map(({ kind, key, seq }) => ({ scope, kind, key, seq, deleted: true, body: {} })), { force: true });
      await merge(chunks, now, rows.map((row) => ({ ...row, scope, deleted: false })), { force: true });
    });
  }

  /** Count a scope from its rows, when the running sum itself went wrong. @param {string} scope */
  async function recount(scope) {
    const found = await parts(scope);
    await changing(false, async (now) => {
      const counted = now.scopes[scope];
      if (!counted) return;
      counted.rows = found.reduce((rows, part) => rows + part.rows, 0);
      counted.sum = added(EMPTY_SUM, found.reduce((sum, part) => sum + part.sum, 0n));
    });
  }
}

/** Every kind gets a new version, also those that are gone now. @param {Base} before */
function raised(before) {
  return Object.fromEntries(Object.keys(before.versions).map((kind) => [kind, before.changes + 1]));
}

/** @param {string} kind @param {string} text of a chunk */
function rowsIn(kind, text) {
  return [...linesOf(text)].map(([key, [seq, body]]) => ({ kind, key, seq: Number(seq), text: body }));
}

/** @param {string[]} texts of chunks @returns {Map<string, any>} */
function newestOfAll(texts) {
  const seqs = new Map();
  const bodies = new Map();
  for (const text of texts) {
    for (const [key, [seq, body]] of linesOf(text)) {
      if ((seqs.get(key) ?? -1) > Number(seq)) continue;
      seqs.set(key, Number(seq));
      bodies.set(key, JSON.parse(body));
    }
  }
  return bodies;
}

/** @param {string} key @param {any} body @returns {Balance} */
function balanceOf(key, body) {
  const [item, location, lot = "", serial = ""] = key.split("/");
  return { item, location, lot, serial, on_hand: body.on_hand ?? "0", held: body.held ?? "0", expiry: body.expiry ?? null, pending: false };
}
