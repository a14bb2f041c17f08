/**
 * What changed since the ground was laid (store/ground.js): rows in a few chunks per view, one record each,
 * because a record per row takes a hundred times longer to write. A view groups rows by what they are looked
 * up with; the first view of a kind holds the rows, the others hold their keys. A device with few rows has
 * no ground, and all of them lie here.
 */

import { canonical } from "../canonical.js";
import { firstByte, hash64 } from "../sha256.js";
import { result } from "./db.js";

export const CHUNKS = 64;
export const EMPTY_SUM = "0".repeat(16);
const WRAP = (1n << 64n) - 1n;

/**
 * @typedef {{scope: string, kind: string, key: string, seq: number, deleted: boolean, body: any}} Row
 * @typedef {{rows: number, sum: string, kinds: Record<string, number>, changed?: Record<string, number>, open?: Record<string, number>}} Scope
 *   changed: lines over the ground, by kind; open: those of them whose row in the ground is still counted too
 * @typedef {object} Base
 * @property {number} generation
 * @property {number} subscription
 * @property {number} cursor
 * @property {number} changes   grows with every write
 * @property {Record<string, number>} versions  the change that last touched each kind, so that readers know when to read again
 * @property {Record<string, Scope>} scopes
 * @property {number} ground    which ground these rows lie on, 0 for none
 * @property {Record<string, Record<string, number>>} laid  by scope and kind: the feed number its ground was laid at
 */

/** @returns {Base} */
export function emptyBase() {
  return { generation: 0, subscription: 0, cursor: 0, changes: 0, versions: {}, scopes: {}, ground: 0, laid: {} };
}

/**
 * How rows are found: by a place made of their key (field null) or of one field of their body.
 * @typedef {{field: string|null, place: (text: any) => string|null}} View
 */

const BY_KEY = /** @type {View} */ ({ field: null, place: (key) => key });
const BY_CODE = /** @type {View} */ ({ field: "code", place: foldedCode });

/**
 * The views of each kind by name; the one named "" is the first, which holds the rows themselves.
 * @type {Record<string, Record<string, View>>}
 */
const VIEWS = {
  item: { "": BY_KEY, code: BY_CODE },
  barcode: {
    "": BY_KEY,
    item: { field: "item", place: (item) => item ?? null },
    tail: { field: null, place: (key) => (key.length >= 4 ? key.slice(-4) : null) },
  },
  location: { "": BY_KEY, code: BY_CODE },
  balance: { "": { field: null, place: itemOf }, location: { field: null, place: (key) => key.split("/", 2)[1] ?? null } },
};
const PLAIN = { "": BY_KEY };

/** @param {string} key of a balance: item/location/lot/serial */
export function itemOf(key) {
  return key.slice(0, key.indexOf("/"));
}

/** Codes are written in any case. @param {unknown} code */
export function foldedCode(code) {
  return typeof code === "string" && code ? code.toUpperCase() : null;
}

/** @param {string} kind */
export function viewsOf(kind) {
  return VIEWS[kind] ?? PLAIN;
}

/** Where a view keeps this row. @param {string} kind @param {string} view @param {{key: string, body?: any}} row @returns {string|null} */
export function placeIn(kind, view, { key, body }) {
  const { field, place } = viewsOf(kind)[view];
  return place(field === null ? key : body[field]);
}

/** Where the row itself is kept. @param {string} kind @param {string} key */
export function firstPlace(kind, key) {
  return /** @type {string} */ (placeIn(kind, "", { key }));
}

/** FNV-1a, stirred so that each of its bits depends on the whole text. @param {string} place */
export function hashOf(place) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < place.length; i += 1) hash = Math.imul(hash ^ place.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Which chunk of its view holds this place. @param {string} place */
export function chunkOf(place) {
  return hashOf(place) & (CHUNKS - 1);
}

/** @param {string} kind @param {string} key @param {string} text canonical JSON of the body */
export function rowHash(kind, key, text) {
  return hash64(`[${canonical(kind)},${canonical(key)},${text}]`);
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
 * A chunk as it is stored: a line per row, `key TAB seq TAB body`, or per place, `place TAB key TAB key …`.
 * Over a ground, a row without a body is one that left, and a last `TAB ?` says that the row it covers is
 * still in the scope's sum (see `settle`).
 * Canonical JSON has no raw tab or line end, so lines are found without parsing a body, and the text that
 * was hashed is the text that is kept.
 * @typedef {Map<string, string[]>} Lines
 */

/** @param {string|undefined} text @returns {Lines} */
export function linesOf(text) {
  /** @type {Lines} */
  const lines = new Map();
  if (!text) return lines;
  for (const line of text.split("\n")) {
    const [first, ...others] = line.split("\t");
    lines.set(first, others);
  }
  return lines;
}

/** @param {Lines} lines */
function textOf(lines) {
  const written = [];
  for (const [first, others] of lines) written.push(`${first}\t${others.join("\t")}`);
  return written.join("\n");
}

/** @param {string} name */
function checkedName(name) {
  if (/[\t\n]/.test(name)) throw new TypeError(`a key may not hold a tab or a line end: ${JSON.stringify(name)}`);
  return name;
}

/**
 * The chunks of one transaction: read when first touched, changed in memory, written once at the end.
 * @typedef {{address: IDBValidKey, lines: Lines, changed: boolean}} Chunk
 * @typedef {(scope: string, view: string, chunk: number) => Chunk} At
 * @param {IDBObjectStore} store @param {{fresh: boolean}} options fresh: nothing is there yet, so nothing is read
 */
export function chunkWriter(store, { fresh }) {
  /** @type {Map<string, Chunk>} */
  const touched = new Map();

  return { load, flush };

  /** Read all of these at once, and give a look-up of them. @param {{scope: string, view: string, chunk: number}[]} wanted @returns {Promise<At>} */
  async function load(wanted) {
    /** @type {Map<string, IDBValidKey>} */
    const missing = new Map();
    for (const { scope, view, chunk } of wanted) {
      const name = nameOf(scope, view, chunk);
      if (!touched.has(name)) missing.set(name, [scope, view, chunk]);
    }
    const texts = fresh ? [] : await Promise.all([...missing.values()].map((address) => result(store.get(address))));
    let index = 0;
    for (const [name, address] of missing) touched.set(name, { address, lines: linesOf(texts[index++]), changed: false });
    return (scope, view, chunk) => /** @type {Chunk} */ (touched.get(nameOf(scope, view, chunk)));
  }

  function flush() {
    for (const { address, lines, changed } of touched.values()) {
      if (!changed) continue;
      if (lines.size) store.put(textOf(lines), address);
      else store.delete(address);
    }
  }
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
  const latest = latestOf(rows).map((row) => ({ row, chunk: chunkOf(firstPlace(row.kind, row.key)) }));
  const at = await chunks.load(latest.map(({ row, chunk }) => ({ scope: row.scope, view: row.kind, chunk })));
  /** @type {Reference[]} */
  const references = [];
  /** @type {Map<string, bigint>} */
  const sums = new Map();
  for (const { row, chunk } of latest) place(at(row.scope, row.kind, chunk), base, row, { references, sums, force });
  for (const [scope, change] of sums) base.scopes[scope].sum = added(base.scopes[scope].sum, change);
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

/**
 * @typedef {{scope: string, view: string, place: string, chunk: number, key: string, put: boolean}} Reference
 * @param {Chunk} chunk @param {Base} base @param {Row} row
 * @param {{references: Reference[], sums: Map<string, bigint>, force: boolean}} given
 */
function place(chunk, base, row, { references, sums, force }) {
  const { scope, kind, key, seq, deleted, body } = row;
  const laid = base.laid[scope]?.[kind];
  const old = chunk.lines.get(key);
  if (!force && seq < (old ? Number(old[0]) : laid ?? 0)) return;
  if (!old && deleted && laid === undefined) return;
  const before = old?.[1] || null;
  const text = deleted ? null : canonical(body);
  chunk.changed = true;
  if (text === null && laid === undefined) chunk.lines.delete(key);
  else chunk.lines.set(checkedName(key), written(seq, text, old, laid));
  const counted = (base.scopes[scope] ??= { rows: 0, sum: EMPTY_SUM, kinds: {} });
  count(counted, row, before, text, sums);
  if (laid !== undefined && !old) cover(counted, kind);
  base.versions[kind] = base.changes;
  referTo(row, before, references);
}

/** @param {number} seq @param {string|null} text @param {string[]|undefined} old @param {number|undefined} laid */
function written(seq, text, old, laid) {
  const line = [String(seq), text ?? ""];
  return laid !== undefined && (!old || old[2]) ? [...line, "?"] : line;
}

/** @param {Scope} counted @param {Row} row @param {string|null} before @param {string|null} after @param {Map<string, bigint>} sums */
function count(counted, { scope, kind, key }, before, after, sums) {
  const change = (after === null ? 0n : rowHash(kind, key, after)) - (before === null ? 0n : rowHash(kind, key, before));
  sums.set(scope, (sums.get(scope) ?? 0n) + change);
  const more = (after === null ? 0 : 1) - (before === null ? 0 : 1);
  counted.rows += more;
  counted.kinds[kind] = (counted.kinds[kind] ?? 0) + more;
}

/** One more line lies over the ground. @param {Scope} counted @param {string} kind */
function cover(counted, kind) {
  counted.changed = { ...counted.changed, [kind]: (counted.changed?.[kind] ?? 0) + 1 };
  counted.open = { ...counted.open, [kind]: (counted.open?.[kind] ?? 0) + 1 };
}

/**
 * Take the rows that these lines cover out of the scope's count and sum. It is done apart from `merge`,
 * because the rows underneath must be read from the ground first, and somebody may be waiting.
 * @param {Base} base @param {string} scope @param {string} kind @param {Chunk[]} chunks
 * @param {Map<string, bigint|null>} covered by key: the hash of the row underneath, null where there is none
 */
export function settle(base, scope, kind, chunks, covered) {
  const counted = base.scopes[scope];
  let gone = 0n;
  for (const chunk of chunks) {
    for (const [key, line] of chunk.lines) {
      const hash = covered.get(key);
      if (!line[2] || hash === undefined) continue;
      chunk.lines.set(key, line.slice(0, 2));
      chunk.changed = true;
      counted.open = { ...counted.open, [kind]: (counted.open?.[kind] ?? 0) - 1 };
      if (hash === null) continue;
      gone += hash;
      counted.rows -= 1;
      counted.kinds[kind] -= 1;
    }
  }
  counted.sum = added(counted.sum, -gone);
}

/** In which other places the row is found now, and no longer. @param {Row} row @param {string|null} before @param {Reference[]} references */
function referTo({ scope, kind, key, deleted, body }, before, references) {
  const earlier = before === null ? null : JSON.parse(before);
  for (const name of Object.keys(viewsOf(kind))) {
    if (name === "") continue;
    const from = earlier === null ? null : placeIn(kind, name, { key, body: earlier });
    const to = deleted ? null : placeIn(kind, name, { key, body });
    if (from === to) continue;
    const view = `${kind}.${name}`;
    if (from !== null) references.push({ scope, view, place: from, chunk: chunkOf(from), key, put: false });
    if (to !== null) references.push({ scope, view, place: checkedName(to), chunk: chunkOf(to), key, put: true });
  }
}

/** @param {ReturnType<typeof chunkWriter>} chunks @param {Reference[]} references */
async function refer(chunks, references) {
  const at = await chunks.load(references);
  for (const { scope, view, place, chunk: number, key, put } of references) {
    const chunk = at(scope, view, number);
    const keys = chunk.lines.get(place) ?? [];
    const index = keys.indexOf(key);
    if (put === index >= 0) continue;
    if (put) keys.push(key);
    else keys.splice(index, 1);
    if (keys.length) chunk.lines.set(place, keys);
    else chunk.lines.delete(place);
    chunk.changed = true;
  }
}
