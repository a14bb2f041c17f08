/**
 * Laying ground: files are put aside one by one, whatever happens in between, and become the ground
 * together with the base that goes with them. A file that is here already is not fetched again.
 */

import { result, within } from "./db.js";
import { columnsOf, createIndexer } from "./ground.js";
import { searchText } from "./search.js";

const STORES = ["files", "texts"];

/**
 * @typedef {import('./ground.js').Columns} Columns
 * @typedef {import('./ground.js').Laid} Laid
 * @typedef {{scope: string, kind: string, rows: number}} Plan                how many rows of a kind of a scope will come
 * @typedef {{name: string, bytes: ArrayBuffer, columns: Columns}} Arrived
 * @typedef {{scope: string, kind: string, laid: Omit<Laid, 'id'>, rows: number, indexes: {view: string, part: number, pairs: ArrayBuffer}[]}} Ready
 */

/** @param {() => Promise<IDBDatabase>} database */
export function createLaying(database) {
  return { here, keep, read };

  /** The files that are stored already. @returns {Promise<Set<string>>} */
  async function here() {
    return within(await database(), STORES, "readonly", async (transaction) =>
      new Set(/** @type {string[]} */ (await result(transaction.objectStore("files").getAllKeys()))));
  }

  /** Put files aside, with the text that is searched in them. @param {Arrived[]} arrived */
  async function keep(arrived) {
    await within(await database(), STORES, "readwrite", async (transaction) => {
      for (const { name, bytes, columns } of arrived) {
        transaction.objectStore("files").put(bytes, name);
        const text = searchText(columns);
        if (text) transaction.objectStore("texts").put(text, name);
      }
    });
  }

  /** @param {string} file @returns {Promise<Columns>} */
  async function read(file) {
    return columnsOf(await within(await database(), STORES, "readonly", (transaction) => result(transaction.objectStore("files").get(file))));
  }
}

/**
 * Indexes grow while the files come, in any order.
 * @param {Plan[]} plans
 */
export function preparation(plans) {
  const kinds = new Map(plans.map((plan) => [`${plan.scope}\n${plan.kind}`, {
    ...plan, files: /** @type {import('./ground.js').File[]} */ ([]), indexer: createIndexer(plan.kind, plan.rows),
  }]));

  return { add, ready };

  /** @param {string} file @param {Columns} columns */
  function add(file, columns) {
    const { files, indexer } = /** @type {{files: import('./ground.js').File[], indexer: ReturnType<typeof createIndexer>}} */ (kinds.get(`${columns.scope}\n${columns.kind}`));
    indexer.add(files.length, columns);
    files.push({ file, rows: columns.keys.length });
  }

  /** @returns {Ready[]} */
  function ready() {
    return [...kinds.values()].map(({ scope, kind, rows, files, indexer }) => ({
      scope, kind, rows, laid: { bits: indexer.bits, files }, indexes: indexer.records(),
    }));
  }
}
