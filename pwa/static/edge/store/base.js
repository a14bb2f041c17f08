/**
 * How the feed lies on the device: rows in 256 chunks per view, one record each, because a hundred
 * thousand records of their own take a hundred times longer to write. A view groups rows by what they are
 * looked up with, so a cold look-up reads one record; the first view of a kind holds the rows, the others
 * hold their keys.
 */

import { canonical } from "../canonical.js";
import { firstByte, hash64 } from "../sha256.js";

export const CHUNKS = 256;
export const EMPTY_SUM = "0".repeat(16);
const WRAP = (1n << 64n) - 1n;

/**
 * @typedef {{scope: string, kind: string, key: string, seq: number, deleted: boolean, body: any}} Row
 * @typedef {{rows: number, sum: string, kinds: Record<string, number>}} Scope
 * @typedef {object} Base
 * @property {number} generation
 * @property {number} subscription
 * @property {number} cursor
 * @property {number} changes   grows with every write
 * @property {Record<string, number>} versions  the change that last touched each kind, so that readers know when to read again
 * @property {Record<string, Scope>} scopes
 */

/** @returns {Base} */
export function emptyBase() {
  return { generation: 0, subscription: 0, cursor: 0, changes: 0, versions: {}, scopes: {} };
}

/**
 * By what the rows of a kind are grouped: the first place holds the row, the others refer to it.
 * @type {Record<string, {first: (row: Pick<Row, 'key'|'body'>) => string, others: Record<string, (row: Pick<Row, 'key'|'body'>) => string|null>}>}
 */
const VIEWS = {
  item: { first: ({ key }) => key, others: { code: ({ body }) => foldedCode(body.code) } },
  barcode: {
    first: ({ key }) => key,
    others: { item: ({ body }) => body.item ?? null, tail: ({ key }) => (key.length >= 4 ? key.slice(-4) : null) },
  },
  location: { first: ({ key }) => key, others: { code: ({ body }) => foldedCode(body.code) } },
  balance: { first: ({ key }) => itemOf(key), others: { location: ({ key }) => key.split("/", 2)[1] ?? null } },
};

/** @param {string} key of a balance: item/location/lot/serial */
export function itemOf(key) {
  return key.slice(0, key.indexOf("/"));
}

const PLAIN = { first: (/** @type {Pick<Row, 'key'>} */ { key }) => key, others: {} };

/** Codes are written in any case. @param {unknown} code */
export function foldedCode(code) {
  return typeof code === "string" && code ? code.toUpperCase() : null;
}

/** @param {string} kind */
export function viewsOf(kind) {
  return VIEWS[kind] ?? PLAIN;
}

/** Which chunk of its view holds this place (FNV-1a, one byte of it). @param {string} place */
export function chunkOf(place) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < place.length; i += 1) hash = Math.imul(hash ^ place.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (CHUNKS - 1);
}

/** @param {string} kind @param {string} key @param {any} body */
export function rowHash(kind, key, body) {
  return hash64(`[${canonical(kind)},${canonical(key)},${canonical(body)}]`);
}

/** Which of the 256 parts that are compared with the server. @param {string} kind @param {string} key */
export function partOf(kind, key) {
  return firstByte(`${kind}/${key}`);
}

/** @param {string} sum @param {bigint} change */
export function added(sum, change) {
  return ((BigInt(`0x${sum}`) + change) & WRAP).toString(16).padStart(16, "0");
}

/**
 * The chunks of one transaction: read when first touched, changed in memory, written once at the end.
 * @typedef {{value: Record<string, any>, changed: boolean}} Chunk
 * @param {IDBObjectStore} store @param {{fresh: boolean}} options fresh: nothing is there yet, so nothing is read
 */
export function chunkWriter(store, { fresh }) {
  /** @type {Map<string, {address: IDBValidKey, chunk: Chunk}>} */
  const touched = new Map();

  return { load, flush };

  /**
   * Read all of these at once, and give a look-up of them.
   * @param {{scope: string, view: string, chunk: number}[]} wanted
   */
  async function load(wanted) {
    const missing = new Map();
    for (const { scope, view, chunk } of wanted) {
      const name = nameOf(scope, view, chunk);
      if (!touched.has(name)) missing.set(name, [scope, view, chunk]);
    }
    const texts = fresh ? [] : await Promise.all([...missing.values()].map((address) => read(address)));
    let index = 0;
    for (const [name, address] of missing) {
      const text = texts[index];
      touched.set(name, { address, chunk: { value: text ? JSON.parse(text) : {}, changed: false } });
      index += 1;
    }
    return (/** @type {string} */ scope, /** @type {string} */ view, /** @type {number} */ chunk) =>
      /** @type {{chunk: Chunk}} */ (touched.get(nameOf(scope, view, chunk))).chunk;
  }

  /** @param {IDBValidKey} address @returns {Promise<string|undefined>} */
  function read(address) {
    return new Promise((resolve, reject) => {
      const request = store.get(address);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function flush() {
    for (const { address, chunk } of touched.values()) {
      if (!chunk.changed) continue;
      if (isEmpty(chunk.value)) store.delete(address);
      else store.put(JSON.stringify(chunk.value), address);
    }
  }
}

/** @param {Record<string, any>} value */
function isEmpty(value) {
  for (const _ in value) return false;
  return true;
}

/** @param {string} scope @param {string} view @param {number} chunk */
function nameOf(scope, view, chunk) {
  return `${scope}\n${view}\n${chunk}`;
}

/**
 * Put rows of the feed into the chunks and keep count and sum of each scope. A row that is older than the
 * one that stands is left alone. The base given is changed; its number of changes has been raised before.
 * @param {ReturnType<typeof chunkWriter>} chunks @param {Base} base @param {Row[]} rows
 * @param {{force?: boolean}} [options] force: what stands is known to be wrong, whatever its number
 */
export async function merge(chunks, base, rows, { force = false } = {}) {
  const latest = latestOf(rows);
  const at = await chunks.load(latest.map(({ scope, kind, key, body }) => ({ scope, view: kind, chunk: chunkOf(viewsOf(kind).first({ key, body })) })));
  /** @type {{scope: string, view: string, place: string, key: string, put: boolean}[]} */
  const references = [];
  for (const row of latest) place(at, base, row, references, force);
  await refer(chunks, references);
}

/** The last one of each key. @param {Row[]} rows */
function latestOf(rows) {
  const latest = new Map();
  for (const row of rows) {
    const name = `${row.scope}\n${row.kind}\n${row.key}`;
    const other = latest.get(name);
    if (!other || other.seq <= row.seq) latest.set(name, row);
  }
  return [...latest.values()];
}

/** @param {(scope: string, view: string, chunk: number) => Chunk} at @param {Base} base @param {Row} row @param {{scope: string, view: string, place: string, key: string, put: boolean}[]} references @param {boolean} force */
function place(at, base, row, references, force) {
  const { scope, kind, key, seq, deleted, body } = row;
  const views = viewsOf(kind);
  const chunk = at(scope, kind, chunkOf(views.first({ key, body })));
  const old = chunk.value[key];
  if (old && old[0] > seq && !force) return;
  if (!old && deleted) return;
  chunk.changed = true;
  count(base, row, old);
  if (deleted) delete chunk.value[key];
  else chunk.value[key] = [seq, body];
  for (const [name, placeOf] of Object.entries(views.others)) {
    const from = old ? placeOf({ key, body: old[1] }) : null;
    const to = deleted ? null : placeOf({ key, body });
    if (from === to) continue;
    if (from !== null) references.push({ scope, view: `${kind}.${name}`, place: from, key, put: false });
    if (to !== null) references.push({ scope, view: `${kind}.${name}`, place: to, key, put: true });
  }
}

/** @param {Base} base @param {Row} row @param {[number, any]|undefined} old */
function count(base, { scope, kind, key, deleted, body }, old) {
  const counted = (base.scopes[scope] ??= { rows: 0, sum: EMPTY_SUM, kinds: {} });
  const change = (deleted ? 0n : rowHash(kind, key, body)) - (old ? rowHash(kind, key, old[1]) : 0n);
  const more = (deleted ? 0 : 1) - (old ? 1 : 0);
  counted.sum = added(counted.sum, change);
  counted.rows += more;
  counted.kinds[kind] = (counted.kinds[kind] ?? 0) + more;
  base.versions[kind] = base.changes;
}

/** @param {ReturnType<typeof chunkWriter>} chunks @param {{scope: string, view: string, place: string, key: string, put: boolean}[]} references */
async function refer(chunks, references) {
  const at = await chunks.load(references.map(({ scope, view, place }) => ({ scope, view, chunk: chunkOf(place) })));
  for (const { scope, view, place, key, put } of references) {
    const chunk = at(scope, view, chunkOf(place));
    const keys = new Set(chunk.value[place] ?? []);
    if (put) keys.add(key);
    else keys.delete(key);
    if (keys.size) chunk.value[place] = [...keys];
    else delete chunk.value[place];
    chunk.changed = true;
  }
}
