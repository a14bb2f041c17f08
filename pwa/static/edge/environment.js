/** What the device gives us: databases, caches, locks, the network and the time, handed in so tests can fail each. */

/**
 * @typedef {object} Environment
 * @property {IDBFactory} indexedDB
 * @property {typeof IDBKeyRange} IDBKeyRange
 * @property {CacheStorage|null} caches        null where the page is not a secure context
 * @property {LockManager|null} locks
 * @property {typeof fetch} fetch
 * @property {Crypto} crypto
 * @property {(bytes: Uint8Array<ArrayBuffer>) => unknown} fill  with randomness that nobody can guess
 * @property {() => number} wall               milliseconds of the device's clock, which people may set
 * @property {() => number} monotonic          milliseconds that only go forward while the browser runs
 * @property {() => number} random             0 ≤ x < 1, for jitter only
 * @property {(action: () => void, delay: number) => any} later
 * @property {(timer: any) => void} never
 * @property {() => boolean} online            what the device believes; false is certain, true is a guess
 * @property {(message: Record<string, unknown>) => void} announce  tells the other tabs and the worker
 * @property {string} app                      the release
 */

/** The environment of a page or a worker. @returns {Environment} */
export function browserEnvironment() {
  return {
    indexedDB: globalThis.indexedDB,
    IDBKeyRange: globalThis.IDBKeyRange,
    caches: globalThis.caches ?? null,
    locks: globalThis.navigator?.locks ?? null,
    fetch: (input, init) => globalThis.fetch(input, init),
    crypto: globalThis.crypto,
    fill: (bytes) => globalThis.crypto.getRandomValues(bytes),
    wall: () => Date.now(),
    // The origin of time is taken once per browser process from a clock that nobody can set, so this goes on
    // evenly through a stopped and restarted worker and through a wall clock that jumps.
    monotonic: () => Math.round(performance.timeOrigin + performance.now()),
    random: () => Math.random(),
    later: (action, delay) => setTimeout(action, delay),
    never: (timer) => clearTimeout(timer),
    online: () => globalThis.navigator?.onLine !== false,
    announce: announcer(),
    app: release(import.meta.url),
  };
}

/** @returns {(message: Record<string, unknown>) => void} */
function announcer() {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel("stockhand");
  return (message) => channel.postMessage(message);
}

/** The release is the folder that holds edge/. @param {string} url */
export function release(url) {
  return new URL("..", url).pathname.split("/").filter(Boolean).pop() ?? "";
}

/**
 * Run something that no other tab or worker runs at the same time. Where the browser has no locks
 * (a page without a certificate) only this context is kept in order; the protocol survives the rest.
 * @template T
 * @param {Environment} environment @param {string} name @param {() => Promise<T>} action @returns {Promise<T>}
 */
export function exclusively(environment, name, action) {
  if (environment.locks) return /** @type {Promise<T>} */ (environment.locks.request(name, action));
  const queues = queuesOf(environment);
  const turn = (queues.get(name) ?? Promise.resolve()).then(action, action);
  queues.set(name, turn);
  return turn;
}

/** @type {WeakMap<Environment, Map<string, Promise<any>>>} */
const waiting = new WeakMap();

/** @param {Environment} environment */
function queuesOf(environment) {
  let queues = waiting.get(environment);
  if (!queues) waiting.set(environment, (queues = new Map()));
  return queues;
}
