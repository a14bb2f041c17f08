/**
 * A second witness of unsent operations, in Cache Storage: it fails apart from IndexedDB. When the
 * operation store is found empty although this knows better, the copies are sent after all.
 */

const CACHE = "stockhand-journal";
const WITNESS = "/journal/witness";
const COPY = "/journal/operation/";

/**
 * @typedef {import('./operation.js').Operation} Operation
 * @typedef {{incarnation: string, n: number}} Witness
 */

/** @param {import('../environment.js').Environment} environment */
export function createJournal(environment) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  let broken = false;

  return { note, read, forget, isBroken: () => broken, settled: () => last };

  /**
   * One at a time and in order, so that the witness never runs ahead of its copies. Nobody waits for it
   * and it may fail without harm, but never unnoticed: `isBroken` is shown on the device check.
   * @template T
   * @param {(cache: Cache) => Promise<T>} action @param {T} otherwise @returns {Promise<T>}
   */
  function inTurn(action, otherwise) {
    const turn = last.then(async () => {
      if (!environment.caches) return otherwise;
      try {
        const value = await action(await environment.caches.open(CACHE));
        broken = false;
        return value;
      } catch {
        broken = true;
        return otherwise;
      }
    });
    last = turn;
    return turn;
  }

  /** @param {{id: string, text: string}[]} copies @param {Witness} witness */
  function note(copies, { incarnation, n }) {
    return inTurn(async (cache) => {
      for (const { id, text } of copies) await cache.put(COPY + id, new Response(text));
      await cache.put(WITNESS, new Response(JSON.stringify({ incarnation, n })));
      return true;
    }, false);
  }

  /** @returns {Promise<{witness: Witness|null, copies: Operation[]}>} */
  function read() {
    return inTurn(readAll, { witness: null, copies: [] });
  }

  /** They have a verdict: the server has them. @param {string[]} ids */
  function forget(ids) {
    return inTurn(async (cache) => {
      for (const id of ids) await cache.delete(COPY + id);
      return true;
    }, false);
  }
}

/** @param {Cache} cache @returns {Promise<{witness: Witness|null, copies: Operation[]}>} */
async function readAll(cache) {
  const witness = await cache.match(WITNESS);
  const requests = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith(COPY));
  const answers = await Promise.all(requests.map((request) => cache.match(request)));
  const texts = await Promise.all(answers.flatMap((answer) => (answer ? [answer.text()] : [])));
  return {
    witness: witness ? parsed(await witness.text()) : null,
    copies: texts.map(parsed).filter(Boolean).sort(byAge),
  };
}

/** A copy cut short by a crash is no copy. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Operation} left @param {Operation} right */
function byAge(left, right) {
  return left.id < right.id ? -1 : 1;
}
