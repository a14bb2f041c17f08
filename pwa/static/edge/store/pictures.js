/**
 * Signatures and photos until the server has them: a small database of their own, so that nothing else is in their way.
 * They are on disk before a screen answers, and go up after the operation that names them; twice does no harm.
 */

import { createWire } from "../sync/wire.js";
import { sha256Hex } from "../sha256.js";
import { connection, open, result, within } from "./db.js";

const NAME = "stockhand-pictures";
const STORE = "pictures";

/** What no operation ever named, because somebody went away in the middle, is let go after so long. */
const FORGOTTEN_MS = 14 * 24 * 3600 * 1000;

/** @typedef {{digest: string, bytes: Uint8Array<ArrayBuffer>, keptAt: number}} Picture */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {() => Promise<import('../sync/wire.js').Identity|null>} given.identity
 */
export function createPictures({ environment, identity }) {
  const database = connection(() => open(environment.indexedDB, NAME, 1, (db) => {
    db.createObjectStore(STORE, { keyPath: "digest" });
  }));

  /** Whether there may be any: every turn of synchronising asks. */
  let isAny = true;

  return { keep, waiting, send };

  /** On disk when this resolves. @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string>} its name */
  async function keep(bytes) {
    const digest = sha256Hex(bytes);
    isAny = true;
    await within(await database.get(), [STORE], "readwrite", async (transaction) => {
      transaction.objectStore(STORE).put({ digest, bytes, keptAt: Math.round(environment.wall()) });
    }, { durability: "strict" });
    return digest;
  }

  /** How many the server does not have. @returns {Promise<number>} */
  async function waiting() {
    return within(await database.get(), [STORE], "readonly", (transaction) => result(transaction.objectStore(STORE).count()));
  }

  /** One after the other; what cannot be sent now is sent another time. @returns {Promise<void>} */
  async function send() {
    if (!isAny) return;
    const db = await database.get();
    const names = /** @type {string[]} */ (await within(db, [STORE], "readonly", (transaction) => result(transaction.objectStore(STORE).getAllKeys())));
    isAny = names.length > 0;
    const who = isAny ? await identity() : null;
    if (!who) return;
    for (const digest of names) {
      const picture = /** @type {Picture|undefined} */ (await within(db, [STORE], "readonly", (transaction) => result(transaction.objectStore(STORE).get(digest))));
      if (!picture) continue;
      const answer = await createWire(environment, who).put(`/sync/files/${digest}`, picture.bytes);
      if (answer.kind === "later") return;
      const isOver = answer.kind === "ok" ? answer.body.kept === digest : environment.wall() - picture.keptAt > FORGOTTEN_MS;
      if (isOver) await forget(digest);
    }
  }

  /** @param {string} digest */
  async function forget(digest) {
    await within(await database.get(), [STORE], "readwrite", async (transaction) => {
      transaction.objectStore(STORE).delete(digest);
    });
  }
}
