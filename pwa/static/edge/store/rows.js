/** The feed's rows on this device: the base as of one cursor, its staged successor, and look-ups in it. */

import { add, sub } from "../session/quantity.js";
import { effectsOf, fold, undoneIds, unsettled, veiled } from "../sync/overlay.js";
import { createApplying, baseIn, READ } from "./applying.js";
import { chunkOf, CHUNKS, firstPlace, foldedCode, linesOf } from "./base.js";
import { connection, open, result, within } from "./db.js";
import { bodyAt, columnsFrom, createGround } from "./ground.js";
import { createLaying } from "./laying.js";
import { createItemSearch, searchText } from "./search.js";

export const NAME = "stockhand-edge";

/** Not in memory: it has to be read from disk. */
class NotRemembered extends Error {}

/** Stands for a transaction when all that is asked was read before; the first thing that was not ends the attempt. */
const MEMORY = /** @type {any} */ ({ objectStore: () => ({ get: unread, getAll: unread }) });

/** @returns {never} */
function unread() {
  throw new NotRemembered();
}

/**
 * @typedef {import('./base.js').Base} Base
 * @typedef {import('./base.js').Row} Row
 * @typedef {import('./applying.js').Stage} Stage
 * @typedef {import('../sync/overlay.js').Balance} Balance
 * @typedef {{id: string, code: string, name: string, unit: string, [field: string]: any}} Item
 * @typedef {{id: string, code: string, warehouse: string, kind: string, [field: string]: any}} Location
 * @typedef {{code: string, item: string, unit: string, factor: string}} Barcode
 * @typedef {{seq: number, key: string, body: any}} Found   body null: it left
 */

/** What is fetched again by itself may be dropped by a new shape; the settings stay. @param {IDBDatabase} db */
function upgrade(db) {
  const stores = [...db.objectStoreNames];
  for (const name of stores) if (name !== "settings") db.deleteObjectStore(name);
  for (const name of ["chunks", "meta", "files", "texts", "indexes"]) db.createObjectStore(name);
  db.createObjectStore("pages", { autoIncrement: true });
  if (!stores.includes("settings")) db.createObjectStore("settings");
}

/** The database of everything that can be fetched again. @param {import('../environment.js').Environment} environment */
export function openEdge(environment) {
  const held = connection(() => open(environment.indexedDB, NAME, 2, upgrade));
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
  /** @type {{key: string, lying: Balance[]}|null} */
  let veils = null;
  /** As last read or written here. Another page may have changed it since, so each request reads it once, by `base`. @type {Base|null} */
  let latest = null;
  /** @type {WeakMap<import('./operations.js').Record, import('../outbox/operation.js').Operation>} */
  const parsed = new WeakMap();
  const ground = createGround();
  const laying = createLaying(database);
  const applying = createApplying({ environment, database, operations, ground, laying, changed: (now) => (latest = now) });
  const search = createItemSearch({ load: searchedItems, tailItems });

  return {
    base, latestBase, row, every, item, itemByCode, findItems, barcode, barcodesOfItem, location, locationByCode, locations, outcome,
    balancesOfItem, balancesAt, underway, underwayFor, laying, ...applying,
  };

  // --- looking up ---

  /**
   * Read in one transaction, so that all that is read belongs to one cursor; or from memory, where all of it is
   * remembered for the base that stands.
   * @template T
   * @param {(read: Read) => Promise<T>} action @returns {Promise<T>}
   */
  async function looking(action) {
    try {
      if (latest) return await action(await readingIn(MEMORY, latest));
    } catch (error) {
      if (!(error instanceof NotRemembered)) throw error;
    }
    return within(await database(), READ, "readonly", async (transaction) => {
      latest = await baseIn(transaction);
      return action(await readingIn(transaction, latest));
    });
  }

  /** @param {IDBTransaction} transaction @param {Base} now */
  async function readingIn(transaction, now) {
    return reading(transaction, now, await ground.reader(transaction, now));
  }

  /**
   * What can be asked within one transaction: the ground, and over it what changed since.
   * @typedef {ReturnType<typeof reading>} Read
   * @param {IDBTransaction} transaction @param {Base} now @param {Awaited<ReturnType<typeof ground.reader>>} under
   */
  function reading(transaction, now, under) {
    const store = transaction.objectStore("chunks");
    return { now, rowsAt, newest, every, changedItems };

    /** @param {string} scope @param {string} view @param {number} chunk */
    async function chunk(scope, view, chunk) {
      const version = now.versions[view.split(".", 1)[0]] ?? 0;
      const name = `${scope}\n${view}\n${chunk}`;
      const known = cache.get(name);
      if (known?.version === version) return known.lines;
      const lines = linesOf(await result(store.get([scope, view, chunk])));
      if (cache.size > 8 * CHUNKS) cache.clear();
      cache.set(name, { version, lines });
      return lines;
    }

    /** What lies over the ground under this key. @param {string} scope @param {string} kind @param {string} key @returns {Promise<Found|null>} */
    async function over(scope, kind, key) {
      const line = (await chunk(scope, kind, chunkOf(firstPlace(kind, key)))).get(key);
      return line ? foundIn(key, line) : null;
    }

    /** The scopes that hold rows of this kind. @param {string} kind */
    function scopesOf(kind) {
      return Object.keys(now.scopes).filter((scope) => now.scopes[scope].kinds[kind] > 0);
    }

    /** Every row that a view groups under this place, by key; when several scopes hold it, the latest. @param {string} kind @param {string} view @param {string} place @returns {Promise<Map<string, Found>>} */
    async function rowsAt(kind, view, place) {
      /** @type {Map<string, Found>} */
      const latest = new Map();
      for (const scope of scopesOf(kind)) {
        for (const found of await standing(scope, kind, view, place)) {
          if (found.seq >= (latest.get(found.key)?.seq ?? 0)) latest.set(found.key, found);
        }
      }
      if (view && scopesOf(kind).length > 1) await keepNewest(kind, latest);
      return latest;
    }

    /** What one scope still groups here may be newer, and elsewhere, in another. @param {string} kind @param {Map<string, Found>} latest */
    async function keepNewest(kind, latest) {
      for (const [key, { seq }] of [...latest]) {
        const newer = (await rowsAt(kind, "", firstPlace(kind, key))).get(key);
        if (newer && newer.seq > seq) latest.delete(key);
      }
    }

    /** @param {string} scope @param {string} kind @param {string} view @param {string} place @returns {Promise<Found[]>} */
    async function standing(scope, kind, view, place) {
      const changed = view ? await referred(scope, kind, view, place) : await lyingAt(scope, kind, place);
      const laid = now.laid[scope]?.[kind];
      if (laid === undefined) return changed;
      const rows = await under.rowsAt(scope, kind, view, place);
      const covers = await Promise.all(rows.map(({ key }) => over(scope, kind, key)));
      return [...changed, ...rows.flatMap((row, i) => (covers[i] ? [] : [{ ...row, seq: laid }]))];
    }

    /** @param {string} scope @param {string} kind @param {string} place @returns {Promise<Found[]>} */
    async function lyingAt(scope, kind, place) {
      const found = [];
      for (const [key, line] of await chunk(scope, kind, chunkOf(place))) {
        if (line[1] && firstPlace(kind, key) === place) found.push(foundIn(key, line));
      }
      return found;
    }

    /** @param {string} scope @param {string} kind @param {string} view @param {string} place @returns {Promise<Found[]>} */
    async function referred(scope, kind, view, place) {
      const keys = (await chunk(scope, `${kind}.${view}`, chunkOf(place))).get(place) ?? [];
      const found = await Promise.all(keys.map((key) => over(scope, kind, key)));
      return found.flatMap((one) => (one?.body ? [one] : []));
    }

    /** @param {string} kind @param {string} key @returns {Promise<any|null>} */
    async function newest(kind, key) {
      return (await rowsAt(kind, "", firstPlace(kind, key))).get(key)?.body ?? null;
    }

    /** @param {string} kind @returns {Promise<Map<string, any>>} */
    async function every(kind) {
      /** @type {Map<string, Found>} */
      const latest = new Map();
      const take = (/** @type {Found} */ found) => found.seq >= (latest.get(found.key)?.seq ?? -1) && latest.set(found.key, found);
      for (const scope of scopesOf(kind)) {
        const changed = await lines(scope, kind);
        for (const [key, line] of changed) if (line[1]) take(foundIn(key, line));
        const laid = now.laid[scope]?.[kind];
        await under.each(scope, kind, (columns) => {
          columns.keys.forEach((key, i) => !changed.has(key) && take({ key, seq: laid, body: bodyAt(columns, i) }));
        });
      }
      return new Map([...latest].map(([key, { body }]) => [key, body]));
    }

    /** All that lies over the ground of a kind. @param {string} scope @param {string} kind */
    async function lines(scope, kind) {
      const texts = /** @type {string[]} */ (await result(store.getAll(IDBKeyRange.bound([scope, kind, 0], [scope, kind, CHUNKS]))));
      return new Map(texts.flatMap((text) => [...linesOf(text)]));
    }

    /** Items over the ground, the names of all that are covered, and the files beneath. */
    async function changedItems() {
      /** @type {Found[]} */
      const changed = [];
      const files = [];
      for (const scope of Object.keys(now.scopes)) {
        for (const [key, line] of await lines(scope, "item")) changed.push(foundIn(key, line));
        files.push(...(under.ground[scope]?.item?.files ?? []));
      }
      return { changed, files: files.map(({ file }) => file) };
    }
  }

  /** Where we stand: empty before the first pull. @returns {Promise<Base>} */
  async function base() {
    return (latest = await within(await database(), ["meta"], "readonly", baseIn));
  }

  /** The same without asking the disk again, where it was asked before. @returns {Promise<Base>} */
  async function latestBase() {
    return latest ?? base();
  }

  /** @param {string} kind @param {string} key @returns {Promise<any|null>} */
  async function row(kind, key) {
    return looking(({ newest }) => newest(kind, key));
  }

  /** Every row of a kind. @param {string} kind @returns {Promise<Map<string, any>>} */
  async function every(kind) {
    return looking((read) => read.every(kind));
  }

  /** @param {string} id @returns {Promise<Item|null>} */
  async function item(id) {
    const body = await row("item", id);
    return body && { id, ...body };
  }

  /** @param {string} code in any case @returns {Promise<Item|null>} */
  async function itemByCode(code) {
    return byCode("item", code);
  }

  /** By code, by a part of the name, by pinyin initials, by the last four digits of a barcode. @param {string} text @param {number} limit @returns {Promise<Item[]>} */
  async function findItems(text, limit) {
    const [exact, ids] = await Promise.all([itemByCode(text), search.find(text, limit)]);
    return looking(async ({ newest }) => {
      const others = ids.filter((id) => id !== exact?.id).slice(0, exact ? limit - 1 : limit);
      const bodies = await Promise.all(others.map((id) => newest("item", id)));
      const rest = others.flatMap((id, i) => (bodies[i] ? [{ id, ...bodies[i] }] : []));
      return exact ? [exact, ...rest] : rest;
    });
  }

  /** What is searched: texts beside the ground, made when it was laid, and one of what changed since. @param {import('./search.js').Searched|null} known @returns {Promise<import('./search.js').Searched>} */
  async function searchedItems(known) {
    return within(await database(), [...READ, "texts"], "readonly", async (transaction) => {
      const now = await baseIn(transaction);
      const version = `${now.generation}/${now.ground}/${now.versions.item ?? 0}`;
      if (known?.version === version) return known;
      const { changed, files } = await reading(transaction, now, await ground.reader(transaction, now)).changedItems();
      const old = new Map(known?.files.map((file, i) => [file, known.texts[i]]));
      const texts = await Promise.all(files.map(async (file) => old.get(file) ?? (await result(transaction.objectStore("texts").get(file))) ?? ""));
      return { version, files, texts, changed: searchText(columnsFrom("", "item", changed.filter(({ body }) => body))), covered: new Set(changed.map(({ key }) => key)) };
    });
  }

  /** @param {string} tail @returns {Promise<string[]>} ids */
  async function tailItems(tail) {
    const found = await looking(({ rowsAt }) => rowsAt("barcode", "tail", tail));
    return [...found.values()].map(({ body }) => body.item);
  }

  /** @param {string} kind @param {string} text @returns {Promise<any|null>} */
  async function byCode(kind, text) {
    const code = foldedCode(text.trim());
    if (!code) return null;
    const [first] = (await looking(({ rowsAt }) => rowsAt(kind, "code", code))).values();
    return first ? { id: first.key, ...first.body } : null;
  }

  /** @param {string} code normalised @returns {Promise<Barcode|null>} */
  async function barcode(code) {
    const body = await row("barcode", code);
    return body && { code, ...body };
  }

  /** @param {string} id @returns {Promise<Barcode[]>} */
  async function barcodesOfItem(id) {
    const found = await looking(({ rowsAt }) => rowsAt("barcode", "item", id));
    return [...found.values()].map(({ key, body }) => ({ code: key, ...body }));
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
    return balances("", id, (cell) => cell.item === id);
  }

  /** @param {string} id @returns {Promise<Balance[]>} */
  async function balancesAt(id) {
    return balances("location", id, (cell) => cell.location === id);
  }

  /** @param {string} view @param {string} place @param {(cell: {item: string, location: string}) => boolean} concerns @returns {Promise<Balance[]>} */
  async function balances(view, place, concerns) {
    const { now, cells, lying } = await looking(async (read) => {
      const found = await read.rowsAt("balance", view, place);
      return { now: read.now, cells: [...found.values()].map(({ key, body }) => balanceOf(key, body)), lying: await lyingIn(read) };
    });
    return veiled(fold(cells, await effectsOn(now), concerns), lying, concerns);
  }

  /** What lies in places that are being counted blind; read anew only when it changed. @param {Read} read @returns {Promise<Balance[]>} */
  async function lyingIn({ now, every }) {
    const key = `${now.generation}/${now.ground}/${now.versions.lying ?? 0}`;
    if (veils?.key !== key) veils = { key, lying: [...(await every("lying"))].map(([name, body]) => ({ ...balanceOf(name, body), veiled: true })) };
    return veils.lying;
  }

  /** What was received here for a document and is not in the base yet, by item; below nothing where a booking was undone. @param {string} document @returns {Promise<Record<string, string>>} */
  async function underwayFor(document) {
    /** @type {Record<string, string>} */
    const sums = {};
    for (const { kind, args, sign } of await underway()) {
      if (kind === "stock.receive@1" && args.document === document) sums[args.item] = (sign > 0 ? add : sub)(sums[args.item] ?? "0", args.quantity);
    }
    return sums;
  }

  /** What was done here and is not in the base yet, oldest first, and what of the base was taken back here. @returns {Promise<{kind: string, args: any, sign: 1|-1, user: string}[]>} */
  async function underway() {
    const now = await latestBase();
    const { records } = await operations.pending();
    const open = unsettled(records, now).map(operationOf);
    const undone = undoneIds(open);
    const taken = await earlierOf(undone.filter((id) => !open.some((one) => one.id === id)));
    const done = open.filter(({ id, kind }) => !undone.includes(id) && kind !== "op.undo@1");
    return [
      ...done.map(({ kind, args, user }) => ({ kind, args, user, sign: /** @type {1} */ (1) })),
      ...[...taken.values()].map(({ operation: { kind, args, user } }) => ({ kind, args, user, sign: /** @type {-1} */ (-1) })),
    ];
  }

  /** What is under way, for this cursor; folded anew only when something changed. The base was read first, so nothing that settles meanwhile is shown twice. @param {Base} now */
  async function effectsOn(now) {
    const changes = await operations.changes();
    const key = `${changes}/${now.generation}/${now.cursor}/${now.versions.location ?? 0}`;
    if (overlay?.key === key) return overlay.effects;
    const effects = await foldAnew(now);
    overlay = { key, effects };
    return effects;
  }

  /** @param {Base} now */
  async function foldAnew(now) {
    const { records } = await operations.pending();
    const open = unsettled(records, now).map(operationOf);
    const earlier = await earlierOf(undoneIds(open));
    const kinds = await kindsOfLocations([...open, ...[...earlier.values()].map(({ operation }) => operation)]);
    return effectsOf(open, earlier, (location) => kinds.get(location));
  }

  /** Parsed once, however often it is folded. @param {import('./operations.js').Record} record */
  function operationOf(record) {
    const operation = parsed.get(record) ?? JSON.parse(record.text);
    parsed.set(record, operation);
    return operation;
  }

  /** @param {string[]} ids */
  async function earlierOf(ids) {
    const records = await Promise.all(ids.map(operations.record));
    return new Map(records.flatMap((record) => (record ? [[record.id, { operation: JSON.parse(record.text), outcome: record.outcome }]] : [])));
  }

  /** @param {import('../outbox/operation.js').Operation[]} list */
  async function kindsOfLocations(list) {
    const ids = new Set(list.flatMap(({ args }) => [args.source, args.target, args.location]).filter(Boolean));
    return looking(async ({ newest }) => {
      const kinds = new Map();
      for (const id of ids) kinds.set(id, (await newest("location", id))?.kind);
      return kinds;
    });
  }
}

/** @param {string} key @param {string[]} line @returns {Found} */
function foundIn(key, [seq, text]) {
  return { key, seq: Number(seq), body: text ? JSON.parse(text) : null };
}

/** @param {string} key @param {any} body @returns {Balance} */
function balanceOf(key, body) {
  const [item, location, lot = "", serial = ""] = key.split("/");
  return { item, location, lot, serial, on_hand: body.on_hand ?? "0", held: body.held ?? "0", expiry: body.expiry ?? null, pending: false };
}
