/** A device for tests: databases and caches that outlive a crash, a network that fails on demand, its own time. */

import { webcrypto } from "node:crypto";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { createEdge } from "../../../pwa/static/edge/edge.js";

/** What stays when the browser dies. @returns {any} */
export function createDisk() {
  const indexedDB = new IDBFactory();
  return {
    indexedDB, caches: fakeCaches(), full: false,
    /** As if the browser had cleared it. @param {string} name */
    lose: (name) => indexedDB._databases.delete(name),
  };
}

/**
 * One life of the edge on a disk. `network` may be replaced at any time.
 * @param {any} given @returns {any}
 */
export function createDevice({ disk = createDisk(), server, time = createTime(), app = "2026.11.1", locks = null, seed = 1 } = {}) {
  const life = { steps: 0, transactions: 0, dieAt: Infinity, dead: false };
  const device = {
    disk, time, life, announced: [], network: (address, init) => server.fetch(address, init), online: true,
    edge: /** @type {any} */ (null), die: () => (life.dead = true),
  };
  const random = randomFrom(seed);
  const environment = {
    indexedDB: mortal(disk, life), IDBKeyRange, caches: mortalCaches(disk, life), locks, crypto: webcrypto, fill: (bytes) => webcrypto.getRandomValues(bytes),
    fetch: async (address, init) => {
      step(life);
      const response = await device.network(address, init);
      step(life);
      return response;
    },
    wall: () => time.wall(), monotonic: () => time.monotonic(), random,
    later: time.later, never: time.never, online: () => device.online,
    announce: (message) => device.announced.push(message), app,
  };
  device.edge = createEdge(environment, { rounds: 10 });
  return device;
}

/** @param {any} device @param {string} [token] @returns {Promise<any>} */
export async function enrolled(device, token = "token-1") {
  const answer = await device.edge.enrol(token, "PDA 1");
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return device;
}

export class Death extends Error {}

function step(life) {
  if (life.dead) throw new Death("after death");
  life.steps += 1;
  if (life.steps >= life.dieAt) {
    life.dead = true;
    throw new Death("the browser was killed");
  }
}

/** A factory whose transactions stop with the life and fail when the disk is full. */
function mortal(disk, life) {
  return {
    open(name, version) {
      const request = disk.indexedDB.open(name, version);
      request.addEventListener("success", () => wrap(request.result));
      return request;
    },
  };

  function wrap(db) {
    const original = db.transaction.bind(db);
    db.transaction = (stores, mode, options) => {
      step(life);
      life.transactions += 1;
      const transaction = original(stores, mode, options);
      if (mode === "readwrite" && disk.full) queueMicrotask(() => abortQuietly(transaction));
      return transaction;
    };
  }
}

function abortQuietly(transaction) {
  try {
    transaction.abort();
  } catch {
    // it had ended
  }
}

function mortalCaches(disk, life) {
  return {
    open: async (name) => {
      step(life);
      const cache = await disk.caches.open(name);
      const acting = (target, property) => (...args) => {
        step(life);
        if (property === "put" && disk.full) throw new DOMException("full", "QuotaExceededError");
        return target[property](...args);
      };
      return new Proxy(cache, {
        get: (target, property) => (property === "then" ? undefined : acting(target, property)),
      });
    },
  };
}

/** As much of Cache Storage as the edge uses. @returns {any} */
export function fakeCaches() {
  const caches = new Map();
  return {
    async open(name) {
      if (!caches.has(name)) caches.set(name, fakeCache());
      return caches.get(name);
    },
    keys: async () => [...caches.keys()],
    delete: async (name) => caches.delete(name),
  };
}

function fakeCache() {
  const kept = new Map();
  const keyOf = (request) => new URL(typeof request === "string" ? request : request.url, "http://device").href;
  return {
    put: async (request, response) => void kept.set(keyOf(request), await response.text()),
    match: async (request) => (kept.has(keyOf(request)) ? new Response(kept.get(keyOf(request))) : undefined),
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    delete: async (request) => kept.delete(keyOf(request)),
  };
}

/** Time that only moves when told: `advance` runs what falls due, letting all that follows settle. @returns {any} */
export function createTime(start = 1_790_000_000_000) {
  let elapsed = 0;
  let jump = 0;
  let count = 0;
  const timers = new Map();
  return {
    wall: () => start + elapsed + jump,
    monotonic: () => 5000 + elapsed,
    setWall: (ms) => (jump += ms),
    pass: (ms) => (elapsed += ms),
    later: (action, delay) => {
      timers.set((count += 1), { due: elapsed + Math.max(0, delay), action });
      return count;
    },
    never: (timer) => timers.delete(timer),
    timers,
    async advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        await settle();
        const next = [...timers].filter(([, { due }]) => due <= end).sort(([, left], [, right]) => left.due - right.due)[0];
        if (!next) break;
        timers.delete(next[0]);
        elapsed = Math.max(elapsed, next[1].due);
        next[1].action();
      }
      elapsed = end;
    },
  };
}

/** Let promises, fake databases and compression come to rest. */
export async function settle(rounds = 150) {
  for (let i = 0; i < rounds; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @type {(item: string, quantity: number, target?: string, more?: object) => any} */
export const receive = (item, quantity, target = "l-1", more = {}) => ({ kind: "stock.receive@1", args: { item, quantity: String(quantity), target, ...more } });
/** @type {(item: string, quantity: number, source: string, target: string, more?: object) => any} */
export const move = (item, quantity, source, target, more = {}) => ({ kind: "stock.move@1", args: { item, quantity: String(quantity), source, target, ...more } });
export const BY = { user: "u-7" };

/** @returns {Promise<Response>} */
export function offline() {
  return Promise.reject(new TypeError("network"));
}
