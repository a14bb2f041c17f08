/**
 * The ground under the changed rows: a scope's rows as immutable files of columns, as the server's snapshot
 * has them, each stored as the bytes that came. An index per view says in which file and line a place is
 * found, so a cold look-up reads two records, however large the catalogue. Nothing here is ever changed:
 * what changes lies above (store/base.js), until all is laid anew.
 */

import { firstPlace, hashOf, placeIn, viewsOf } from "./base.js";
import { result } from "./db.js";

/** How many pairs one record of an index holds, about: small enough to lie in the database itself. */
const PAIRS = 6000;
const KEPT_FILES = 48;
const KEPT_PARTS = 64;
const LINE_BITS = 16;
const LINES = 1 << LINE_BITS;

/**
 * @typedef {{scope: string, kind: string, keys: string[], fields: string[], columns: any[][], absent: number[][]}} Columns
 * @typedef {{file: string, rows: number}} File
 * @typedef {{id: number, bits: number, files: File[]}} Laid   of one kind of a scope; id: another one after each laying
 * @typedef {Record<string, Record<string, Laid>>} Ground      by scope and kind
 * @typedef {{key: string, body: any}} Found
 */

const decoder = new TextDecoder();

/** @param {BufferSource} bytes @returns {Columns} */
export function columnsOf(bytes) {
  return JSON.parse(decoder.decode(bytes));
}

/** Whether this can be read line by line without surprise. @param {any} columns @param {string} scope @param {string} kind */
export function isWhole(columns, scope, kind) {
  const { keys, fields, columns: values, absent } = columns ?? {};
  if (columns?.scope !== scope || columns.kind !== kind || !Array.isArray(keys) || keys.length > LINES) return false;
  if (!Array.isArray(fields) || values?.length !== fields.length || absent?.length !== fields.length) return false;
  return values.every((/** @type {any} */ column) => Array.isArray(column) && column.length === keys.length);
}

/** The body of one line. @param {Columns} columns @param {number} line */
export function bodyAt({ fields, columns, absent }, line) {
  /** @type {Record<string, any>} */
  const body = {};
  for (let i = 0; i < fields.length; i += 1) {
    if (absent[i].length && absent[i].includes(line)) continue;
    body[fields[i]] = columns[i][line];
  }
  return body;
}

/** Rows as columns again. @param {string} scope @param {string} kind @param {Found[]} rows @returns {Columns} */
export function columnsFrom(scope, kind, rows) {
  const fields = [...new Set(rows.flatMap(({ body }) => Object.keys(body)))].sort();
  return {
    scope, kind, fields,
    keys: rows.map(({ key }) => key),
    columns: fields.map((field) => rows.map(({ body }) => body[field] ?? null)),
    absent: fields.map((field) => rows.flatMap(({ body }, line) => (field in body ? [] : [line]))),
  };
}

/**
 * Collects where each row of a kind is found: pairs of a place's hash and a position (file and line), in as
 * many parts as keep a record small.
 * @param {string} kind @param {number} rows how many will come at most
 */
export function createIndexer(kind, rows) {
  const bits = Math.max(0, Math.ceil(Math.log2(rows / PAIRS)));
  const views = Object.keys(viewsOf(kind)).map((view) => ({
    view, ...viewsOf(kind)[view], hashes: new Uint32Array(rows), positions: new Uint32Array(rows), count: 0,
  }));

  return { bits, add, records };

  /** @param {number} file which of the kind's files @param {Columns} columns */
  function add(file, { keys, fields, columns }) {
    for (const one of views) {
      const texts = one.field === null ? keys : columns[fields.indexOf(one.field)] ?? [];
      for (let line = 0; line < texts.length; line += 1) {
        const place = one.place(texts[line]);
        if (place === null) continue;
        one.hashes[one.count] = hashOf(place);
        one.positions[one.count] = file * LINES + line;
        one.count += 1;
      }
    }
  }

  /** @returns {{view: string, part: number, pairs: ArrayBuffer}[]} */
  function records() {
    return views.flatMap(({ view, hashes, positions, count }) =>
      parted(hashes, positions, count, bits).map((pairs, part) => ({ view, part, pairs })));
  }
}

/** Which part of an index a hash lies in. @param {number} hash @param {number} bits */
function partOfHash(hash, bits) {
  return bits ? hash >>> (32 - bits) : 0;
}

/** @param {Uint32Array} hashes @param {Uint32Array} positions @param {number} count @param {number} bits @returns {ArrayBuffer[]} */
function parted(hashes, positions, count, bits) {
  const sizes = new Uint32Array(1 << bits);
  for (let i = 0; i < count; i += 1) sizes[partOfHash(hashes[i], bits)] += 1;
  const parts = Array.from(sizes, (size) => new Uint32Array(2 * size));
  sizes.fill(0);
  for (let i = 0; i < count; i += 1) {
    const part = partOfHash(hashes[i], bits);
    const at = 2 * sizes[part];
    parts[part][at] = hashes[i];
    parts[part][at + 1] = positions[i];
    sizes[part] += 1;
  }
  return parts.map(({ buffer }) => buffer);
}

/** Reads the ground, and keeps what it read last. */
export function createGround() {
  /** @type {{id: number, ground: Ground}} */
  let known = { id: 0, ground: {} };
  const files = createKept(KEPT_FILES);
  const parts = createKept(KEPT_PARTS);

  return { reader };

  /**
   * @param {IDBTransaction} transaction over `meta`, `files` and `indexes`
   * @param {{ground: number}} base as it stands in this transaction
   */
  async function reader(transaction, base) {
    if (known.id !== base.ground) {
      known = { id: base.ground, ground: base.ground ? await result(transaction.objectStore("meta").get("ground")) : {} };
    }
    const { ground } = known;
    /** What this transaction is reading: waiting for another one's request would end ours. @type {Map<string, Promise<any>>} */
    const reading = new Map();
    return { ground, rowsAt, hashed, each };

    /** @template T @param {ReturnType<typeof createKept>} kept @param {string} name @param {() => Promise<T>} read @returns {Promise<T>} */
    async function once(kept, name, read) {
      const value = kept.get(name);
      if (value !== undefined) return value;
      if (!reading.has(name)) reading.set(name, read().then((fresh) => kept.put(name, fresh)));
      return /** @type {Promise<T>} */ (reading.get(name));
    }

    /** The rows that a view groups under this place. @param {string} scope @param {string} kind @param {string} view @param {string} place @returns {Promise<Found[]>} */
    async function rowsAt(scope, kind, view, place) {
      const laid = ground[scope]?.[kind];
      if (!laid) return [];
      const positions = await positionsOf(scope, kind, view, place);
      const rows = await Promise.all(positions.map(async (position) => {
        const columns = await fileOf(laid, Math.floor(position / LINES));
        const line = position % LINES;
        return { key: columns.keys[line], body: bodyAt(columns, line) };
      }));
      return rows.filter((row) => placeIn(kind, view, row) === place);
    }

    /** @param {string} scope @param {string} kind @param {string} view @param {string} place @returns {Promise<number[]>} */
    async function positionsOf(scope, kind, view, place) {
      const { id, bits } = ground[scope][kind];
      const hash = hashOf(place);
      const part = partOfHash(hash, bits);
      const pairs = await once(parts, `${id}\n${scope}\n${kind}\n${view}\n${part}`, async () => {
        const stored = await result(transaction.objectStore("indexes").get([scope, kind, view, part]));
        return new Uint32Array(stored ?? new ArrayBuffer(0));
      });
      const found = [];
      for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === hash) found.push(pairs[i + 1]);
      return found;
    }

    /** @param {Laid} laid @param {number} number @returns {Promise<Columns>} */
    function fileOf(laid, number) {
      const { file } = laid.files[number];
      return once(files, file, () => read(file));
    }

    /** @param {string} file @returns {Promise<Columns>} */
    async function read(file) {
      return columnsOf(await result(transaction.objectStore("files").get(file)));
    }

    /**
     * What the ground's rows with these keys add to the sum; null for a key it does not have. File by file
     * and past what is kept, so that many rows neither read a file twice nor push out what people look at.
     * @param {string} scope @param {string} kind @param {string[]} keys @param {(row: Found) => bigint} hash @returns {Promise<Map<string, bigint|null>>}
     */
    async function hashed(scope, kind, keys, hash) {
      const hashes = new Map(keys.map((key) => [key, /** @type {bigint|null} */ (null)]));
      const laid = ground[scope]?.[kind];
      if (!laid) return hashes;
      const found = await Promise.all(keys.map((key) => positionsOf(scope, kind, "", firstPlace(kind, key))));
      /** @type {Map<number, Set<number>>} */
      const byFile = new Map();
      for (const position of found.flat()) {
        const file = Math.floor(position / LINES);
        byFile.set(file, (byFile.get(file) ?? new Set()).add(position % LINES));
      }
      for (const [file, lines] of byFile) {
        const columns = files.get(laid.files[file].file) ?? (await read(laid.files[file].file));
        for (const line of lines) {
          const key = columns.keys[line];
          if (hashes.has(key)) hashes.set(key, hash({ key, body: bodyAt(columns, line) }));
        }
      }
      return hashes;
    }

    /** Every file of a kind, one after the other. @param {string} scope @param {string} kind @param {(columns: Columns, file: File) => void} action */
    async function each(scope, kind, action) {
      for (const file of ground[scope]?.[kind]?.files ?? []) {
        action(await read(file.file), file);
      }
    }
  }
}

/** The last so many of what was read. @param {number} most */
function createKept(most) {
  /** @type {Map<string, any>} */
  const kept = new Map();
  return { get, put };

  /** @param {string} name */
  function get(name) {
    const value = kept.get(name);
    if (value !== undefined) put(name, value);
    return value;
  }

  /** @param {string} name @param {any} value */
  function put(name, value) {
    kept.delete(name);
    kept.set(name, value);
    if (kept.size > most) kept.delete(/** @type {string} */ (kept.keys().next().value));
    return value;
  }
}
