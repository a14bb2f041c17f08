/** What this device knows about itself: who it is, who works with it, in which language, what was under way. */

import { result, within } from "./db.js";

/**
 * @typedef {object} Settings
 * @property {(key: string) => Promise<any>} get undefined when never put
 * @property {(key: string, value: any) => Promise<void>} put undefined forgets the key
 */

/** @param {() => Promise<IDBDatabase>} database @returns {Settings & {view: () => Promise<Settings>}} */
export function createSettings(database) {
  return { get, put, view };

  /** All of them read at once, for as long as one request takes: a transaction per setting is what costs. @returns {Promise<Settings>} */
  async function view() {
    const known = await within(await database(), ["settings"], "readonly", async (transaction) => {
      const store = transaction.objectStore("settings");
      const [keys, values] = await Promise.all([result(store.getAllKeys()), result(store.getAll())]);
      return new Map(keys.map((key, i) => [key, values[i]]));
    });
    return {
      get: async (key) => known.get(key),
      put: async (key, value) => {
        await put(key, value);
        known.set(key, value);
      },
    };
  }

  /** @param {string} key */
  async function get(key) {
    return within(await database(), ["settings"], "readonly", (transaction) => result(transaction.objectStore("settings").get(key)));
  }

  /** @param {string} key @param {any} value */
  async function put(key, value) {
    await within(await database(), ["settings"], "readwrite", async (transaction) => {
      const store = transaction.objectStore("settings");
      if (value === undefined) store.delete(key);
      else store.put(value, key);
    }, { durability: "strict" });
  }
}
