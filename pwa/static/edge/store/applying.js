/** How the base changes: pages and frames of the feed, a whole ground, repairs. Each is one transaction, or nothing. */

import { isInBase } from "../sync/overlay.js";
import { canonical } from "../canonical.js";
import { added, chunkWriter, CHUNKS, EMPTY_SUM, emptyBase, linesOf, merge, partOf, rowHash, settle as settleLines, viewsOf } from "./base.js";
import { result, within } from "./db.js";
import { bodyAt, columnsFrom } from "./ground.js";
import { preparation } from "./laying.js";

export const READ = ["chunks", "meta", "files", "indexes"];
const STORES = [...READ, "pages", "texts"];
/** All is laid anew when more than this lies over the ground: a cold look-up reads what lies over it too. */
const FEW = 2000;
const SHARE = 0.05;
const FILE_ROWS = 1000;

/**
 * @typedef {import('./base.js').Base} Base
 * @typedef {import('./base.js').Row} Row
 * @typedef {import('./laying.js').Ready} Ready
 * @typedef {{reset: boolean, generation: number, subscription: number, next: number}} Stage
 * @typedef {{generation: number, subscription: number, seq: number, scopes: {scope: string, rows: number, sum: string}[]}} Standing
 * @typedef {{kind: string, key: string, seq: number, text: string}} Line
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {() => Promise<IDBDatabase>} given.database
 * @param {ReturnType<typeof import('./operations.js').createOperations>} given.operations
 * @param {ReturnType<typeof import('./ground.js').createGround>} given.ground
 * @param {ReturnType<typeof import('./laying.js').createLaying>} given.laying
 * @param {(now: Base) => void} given.changed  it stands on disk
 */
export function createApplying({ environment, database, operations, ground, laying, changed }) {
  const { IDBKeyRange } = environment;

  return { staged, stage, dropStage, applyStage, applyRows, lay, fold, settle, parts, replacePart, recount };

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
    await within(await database(), STORES, "readwrite", async (transaction) => unstage(transaction));
  }

  /** The staged pages and this last one become the base, with their cursor, or nothing does. @param {Stage} stage @param {Row[]} last @returns {Promise<Base>} */
  async function applyStage(stage, last) {
    return changing(stage.reset, async (now, chunks, transaction) => {
      const texts = /** @type {string[]} */ (await result(transaction.objectStore("pages").getAll()));
      const rows = texts.flatMap((text) => JSON.parse(text));
      await merge(chunks, now, rows.concat(last));
      Object.assign(now, { generation: stage.generation, subscription: stage.subscription, cursor: stage.next });
      unstage(transaction);
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

  /** @returns {Promise<Base>} */
  async function base() {
    return within(await database(), ["meta"], "readonly", (transaction) => baseIn(transaction));
  }

  /**
   * @param {boolean} fresh begin with nothing
   * @param {(now: Base, chunks: ReturnType<typeof chunkWriter>, transaction: IDBTransaction) => Promise<void>} action
   * @returns {Promise<Base>}
   */
  async function changing(fresh, action) {
    const now = await within(await database(), STORES, "readwrite", async (transaction) => {
      const store = transaction.objectStore("chunks");
      const before = await baseIn(transaction);
      const now = fresh ? { ...emptyBase(), changes: before.changes, versions: raised(before) } : before;
      now.changes += 1;
      if (fresh) store.clear();
      const chunks = chunkWriter(store, { fresh });
      await action(now, chunks, transaction);
      chunks.flush();
      transaction.objectStore("meta").put(now, "base");
      return now;
    });
    changed(now);
    environment.announce({ type: "rows", cursor: now.cursor });
    await operations.release((record) => isInBase(record, now));
    return now;
  }

  // --- laying ground ---

  /** The files that were put aside become the base, with the cursor at which they hold; nothing else remains. @param {Ready[]} ready @param {Standing} standing @returns {Promise<Base>} */
  async function lay(ready, { generation, subscription, seq, scopes }) {
    return changing(true, async (now, _, transaction) => {
      Object.assign(now, { generation, subscription, cursor: seq });
      for (const { scope, rows, sum } of scopes) now.scopes[scope] = { rows, sum, kinds: {} };
      for (const { scope, kind, rows } of ready) now.scopes[scope].kinds[kind] = rows;
      transaction.objectStore("indexes").clear();
      await put(transaction, now, {}, ready);
      unstage(transaction);
    });
  }

  /**
   * Lay these kinds of scopes on top of what else is laid, and forget files that nobody refers to.
   * @param {IDBTransaction} transaction @param {Base} now @param {import('./ground.js').Ground} standing @param {Ready[]} ready
   */
  async function put(transaction, now, standing, ready) {
    const indexes = transaction.objectStore("indexes");
    for (const { scope, kind, laid, indexes: records } of ready) {
      standing = { ...standing, [scope]: { ...standing[scope], [kind]: { ...laid, id: now.changes } } };
      now.laid = { ...now.laid, [scope]: { ...now.laid[scope], [kind]: now.cursor } };
      now.versions[kind] = now.changes;
      indexes.delete(IDBKeyRange.bound([scope, kind], [scope, kind, []]));
      for (const { view, part, pairs } of records) indexes.put(pairs, [scope, kind, view, part]);
    }
    now.ground = now.changes;
    transaction.objectStore("meta").put(standing, "ground");
    await forget(transaction, standing);
  }

  /** @param {IDBTransaction} transaction @param {import('./ground.js').Ground} standing */
  async function forget(transaction, standing) {
    const kinds = Object.values(standing).flatMap((scope) => Object.values(scope));
    const wanted = new Set(kinds.flatMap(({ files }) => files.map(({ file }) => file)));
    for (const name of ["files", "texts"]) {
      const store = transaction.objectStore(name);
      for (const file of await result(store.getAllKeys())) if (!wanted.has(String(file))) store.delete(file);
    }
  }

  /**
   * Take what lies over the ground into it, when it has become much; also rows that never had a ground.
   * The new files are made aside, while people go on reading; only the change-over is a transaction.
   * @returns {Promise<boolean>} whether there was a reason
   */
  async function fold() {
    const now = await base();
    const [lying, rows] = [lyingIn(now), Object.values(now.scopes).reduce((sum, scope) => sum + scope.rows, 0)];
    if (lying.reduce((sum, { lines }) => sum + lines, 0) <= Math.max(FEW, rows * SHARE)) return false;
    await settle();
    const before = await base();
    /** @type {Ready[]} */
    const ready = [];
    for (const { scope, kind } of lying) ready.push(await folded(scope, kind, before));
    await changing(false, async (after, _, transaction) => {
      if (after.changes !== before.changes + 1) return; // something came in between: another time
      const { ground: standing } = await ground.reader(transaction, before);
      for (const { scope, kind } of ready) uncover(transaction, after, scope, kind);
      await put(transaction, after, standing, ready);
    });
    return true;
  }

  /** One kind of a scope as it stands, in files; those in which nothing changed stay the same. @param {string} scope @param {string} kind @param {Base} now @returns {Promise<Ready>} */
  async function folded(scope, kind, now) {
    const { lines, files } = await within(await database(), READ, "readonly", async (transaction) => {
      const texts = await allChunks(transaction.objectStore("chunks"), scope, kind);
      const { ground: laid } = await ground.reader(transaction, now);
      return { lines: new Map(texts.flatMap((text) => [...linesOf(text)])), files: laid[scope]?.[kind]?.files ?? [] };
    });
    const made = [];
    for (const { file, rows } of files) made.push(await refreshed(scope, kind, file, rows, lines));
    const fresh = [...lines].filter(([, [, text]]) => text).map(([key, [, text]]) => ({ key, body: JSON.parse(text) }));
    for (let at = 0; at < fresh.length; at += FILE_ROWS) made.push(await newFile(columnsFrom(scope, kind, fresh.slice(at, at + FILE_ROWS))));
    const prepared = preparation([{ scope, kind, rows: made.reduce((sum, { rows }) => sum + rows, 0) }]);
    for (const { file } of made) prepared.add(file, await laying.read(file));
    return prepared.ready()[0];
  }

  /** A file with its changed rows put in; what was used is taken out of the lines. @param {string} scope @param {string} kind @param {string} file @param {number} rows @param {Map<string, string[]>} lines */
  async function refreshed(scope, kind, file, rows, lines) {
    const columns = await laying.read(file);
    if (!columns.keys.some((key) => lines.has(key))) return { file, rows };
    const standing = columns.keys.flatMap((key, line) => {
      const changed = lines.get(key);
      lines.delete(key);
      if (!changed) return [{ key, body: bodyAt(columns, line) }];
      return changed[1] ? [{ key, body: JSON.parse(changed[1]) }] : [];
    });
    return newFile(columnsFrom(scope, kind, standing));
  }

  /** @param {import('./ground.js').Columns} columns */
  async function newFile(columns) {
    const { buffer } = new TextEncoder().encode(JSON.stringify(columns));
    const name = `own-${Array.from(randomBytes(), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    await laying.keep([{ name, bytes: /** @type {ArrayBuffer} */ (buffer), columns }]);
    return { file: name, rows: columns.keys.length };
  }

  function randomBytes() {
    const bytes = new Uint8Array(16);
    environment.fill(bytes);
    return bytes;
  }

  /** Nothing lies over this kind any more. @param {IDBTransaction} transaction @param {Base} now @param {string} scope @param {string} kind */
  function uncover(transaction, now, scope, kind) {
    for (const view of Object.keys(viewsOf(kind))) {
      const name = view ? `${kind}.${view}` : kind;
      transaction.objectStore("chunks").delete(IDBKeyRange.bound([scope, name, 0], [scope, name, CHUNKS]));
    }
    const counted = now.scopes[scope];
    counted.changed = { ...counted.changed, [kind]: 0 };
  }

  // --- comparing with the server ---

  /**
   * Make count and sum of each scope exact: rows that were covered since are still in them. The rows are
   * read and hashed first, beside whoever else reads; writing is short.
   */
  async function settle() {
    const now = await base();
    for (const { scope, kind } of lyingIn(now, "open")) {
      const covered = await coveredRows(scope, kind);
      await changing(false, async (after, chunks) => {
        if (after.ground !== now.ground) return;
        const wanted = everyChunk(scope, kind);
        const at = await chunks.load(wanted);
        settleLines(after, scope, kind, wanted.map(({ chunk }) => at(scope, kind, chunk)), covered);
      });
    }
  }

  /** @param {string} scope @param {string} kind @returns {Promise<Map<string, bigint|null>>} */
  async function coveredRows(scope, kind) {
    return within(await database(), READ, "readonly", async (transaction) => {
      const now = await baseIn(transaction);
      const texts = await allChunks(transaction.objectStore("chunks"), scope, kind);
      const open = texts.flatMap((text) => [...linesOf(text)].flatMap(([key, line]) => (line[2] ? [key] : [])));
      const { hashed } = await ground.reader(transaction, now);
      return hashed(scope, kind, open, ({ key, body }) => rowHash(kind, key, canonical(body)));
    });
  }

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

  /** @param {string} scope @returns {Promise<Line[]>} */
  async function rowsOf(scope) {
    return within(await database(), READ, "readonly", async (transaction) => {
      const now = await baseIn(transaction);
      const store = transaction.objectStore("chunks");
      const { each } = await ground.reader(transaction, now);
      /** @type {Line[]} */
      const rows = [];
      for (const kind of new Set([...Object.keys(now.scopes[scope]?.kinds ?? {}), ...Object.keys(now.laid[scope] ?? {})])) {
        const lines = new Map((await allChunks(store, scope, kind)).flatMap((text) => [...linesOf(text)]));
        for (const [key, [seq, text]] of lines) if (text) rows.push({ kind, key, seq: Number(seq), text });
        await each(scope, kind, (columns) => {
          columns.keys.forEach((key, line) => {
            if (!lines.has(key)) rows.push({ kind, key, seq: now.laid[scope][kind], text: canonical(bodyAt(columns, line)) });
          });
        });
      }
      return rows;
    });
  }

  /** @param {IDBObjectStore} store @param {string} scope @param {string} view @returns {Promise<string[]>} */
  function allChunks(store, scope, view) {
    return result(store.getAll(IDBKeyRange.bound([scope, view, 0], [scope, view, CHUNKS])));
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
    await settle();
    const found = await parts(scope);
    await changing(false, async (now) => {
      const counted = now.scopes[scope];
      if (!counted) return;
      counted.rows = found.reduce((rows, part) => rows + part.rows, 0);
      counted.sum = added(EMPTY_SUM, found.reduce((sum, part) => sum + part.sum, 0n));
    });
  }
}

/** @param {IDBTransaction} transaction @returns {Promise<Base>} */
export async function baseIn(transaction) {
  return { ...emptyBase(), ...(await result(transaction.objectStore("meta").get("base"))) };
}

/** @param {IDBTransaction} transaction */
function unstage(transaction) {
  transaction.objectStore("pages").clear();
  transaction.objectStore("meta").delete("stage");
}

/** Every kind gets a new version, also those that are gone now. @param {Base} before */
function raised(before) {
  return Object.fromEntries(Object.keys(before.versions).map((kind) => [kind, before.changes + 1]));
}

/** What lies over the ground, or has none. @param {Base} now @param {'changed'|'open'} [which] @returns {{scope: string, kind: string, lines: number}[]} */
function lyingIn(now, which = "changed") {
  return Object.entries(now.scopes).flatMap(([scope, counted]) =>
    Object.keys({ ...counted.kinds, ...counted[which] })
      .map((kind) => ({ scope, kind, lines: linesOver(now, scope, kind, which) }))
      .filter(({ lines }) => lines > 0));
}

/** @param {Base} now @param {string} scope @param {string} kind @param {'changed'|'open'} which */
function linesOver({ scopes, laid }, scope, kind, which) {
  if (laid[scope]?.[kind] === undefined) return which === "open" ? 0 : scopes[scope].kinds[kind] ?? 0;
  return scopes[scope][which]?.[kind] ?? 0;
}

/** @param {string} scope @param {string} kind */
function everyChunk(scope, kind) {
  return Array.from({ length: CHUNKS }, (_, chunk) => ({ scope, view: kind, chunk }));
}
