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
 * @typedef {{file: string, rows: number}} File
 * @typedef {{scope: string, kind: string, files: File[]}} Plan                one kind of a scope, in this order
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
  const kinds = plans.map((plan) => ({
    plan, rows: plan.files.reduce((rows, file) => rows + file.rows, 0),
  })).map((one) => ({ ...one, indexer: createIndexer(one.plan.kind, one.rows) }));
  const where = new Map(kinds.flatMap(({ plan, indexer }) => plan.files.map(({ file }, number) => [file, { indexer, number }])));

  return {
    /** @param {string} file @param {Columns} columns */
    add(file, columns) {
      const { indexer, number } = /** @type {{indexer: ReturnType<typeof createIndexer>, number: number}} */ (where.get(file));
      indexer.add(number, columns);
    },
    /** @returns {Ready[]} */
    ready() {
      return kinds.map(({ plan: { scope, kind, files }, rows, indexer }) => ({
        scope, kind, rows, laid: { bits: indexer.bits, files }, indexes: indexer.records(),
      }));
    },
  };
}
