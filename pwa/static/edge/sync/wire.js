/** One exchange with the server, believed only when it can be nobody else's answer. */

import { sha256Hex } from "../sha256.js";

export const PROTOCOL = "stockhand-sync/1";
const ZIP_FROM = 8192;
const TIMEOUT_MS = 20_000;

/**
 * @typedef {{device: string, secret: string, name?: string}} Identity
 * @typedef {{kind: 'ok', body: any, sent: number, received: number}
 *   | {kind: 'later', after: number|null, reached: boolean, status?: number}
 *   | {kind: 'refused', status: number, body: any}} Answer   later: not delivered as far as we can tell
 */

/**
 * @param {import('../environment.js').Environment} environment
 * @param {Identity|null} identity
 */
export function createWire(environment, identity) {
  return { deliver, ask, get, file, put };

  /** Hand over operations: only an answer that names this very body counts. @param {string} path @param {string} text @returns {Promise<Answer>} */
  async function deliver(path, text) {
    const bytes = encoded(text);
    const answer = await exchange(path, await packed(bytes));
    if (answer.kind !== "ok") return answer;
    const isOurs = answer.body.protocol === PROTOCOL && answer.body.batch === sha256Hex(bytes);
    return isOurs ? answer : { kind: "later", after: null, reached: false };
  }

  /** @param {string} path @param {Record<string, unknown>} body @returns {Promise<Answer>} */
  async function ask(path, body) {
    return exchange(path, await packed(encoded(JSON.stringify(body))));
  }

  /** @param {string} path @returns {Promise<Answer>} */
  function get(path) {
    return exchange(path, {});
  }

  /** Bytes that are addressed by their own hash. @param {string} path @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Answer>} */
  function put(path, bytes) {
    return exchange(path, { method: "PUT", body: bytes, headers: { "Content-Type": "application/octet-stream" } });
  }

  /** Bytes, as they are; whoever asks knows their hash. @param {string} path @returns {Promise<Answer>} */
  async function file(path) {
    const sent = environment.monotonic();
    try {
      const { response, body } = await fetchWithin(path, { headers: credentials() }, contentOf);
      if (typeof body === "string") return await judged({ response, text: body }, sent);
      return { kind: "ok", body, sent, received: environment.monotonic() };
    } catch {
      return { kind: "later", after: null, reached: false }; // as in `exchange`
    }
  }

  /** @param {string} path @param {{method?: string, body?: BodyInit, headers?: Record<string, string>}} init @returns {Promise<Answer>} */
  async function exchange(path, { headers = {}, ...init }) {
    const sent = environment.monotonic();
    try {
      const { response, body } = await fetchWithin(path, { ...init, headers: { ...headers, ...credentials() } }, (answer) => answer.text());
      return await judged({ response, text: body }, sent);
    } catch {
      // No network, a cut line, a body that ends early: all mean the same here, and the caller tries again.
      return { kind: "later", after: null, reached: false };
    }
  }

  /** @returns {Record<string, string>} */
  function credentials() {
    return identity ? { Authorization: `Bearer ${identity.device}.${identity.secret}` } : {};
  }

  /**
   * A half-open connection never answers, so we stop waiting; the body counts too.
   * @template T
   * @param {string} path @param {RequestInit} init @param {(response: Response) => Promise<T>} read
   */
  async function fetchWithin(path, init, read) {
    const control = new AbortController();
    const timer = environment.later(() => control.abort(), TIMEOUT_MS);
    try {
      const response = await environment.fetch(path, { ...init, signal: control.signal, cache: "no-store", credentials: "omit" });
      return { response, body: await read(response) };
    } finally {
      environment.never(timer);
    }
  }

  /** @param {{response: Response, text: string}} got @param {number} sent @returns {Promise<Answer>} */
  async function judged({ response, text }, sent) {
    const { status } = response;
    if (status === 413) return { kind: "refused", status, body: {} };
    if (status === 429 || status === 503) return { kind: "later", after: retryAfter(response, environment.wall()), reached: true, status };
    const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
    if (!isJson) return { kind: "later", after: null, reached: false };
    const body = JSON.parse(text);
    if (status >= 500) return { kind: "later", after: null, reached: true };
    if (status >= 400) return { kind: "refused", status, body };
    if (body === null || typeof body !== "object") return { kind: "later", after: null, reached: false };
    return { kind: "ok", body, sent, received: environment.monotonic() };
  }
}

/** @param {Response} answer @returns {Promise<ArrayBuffer|string>} bytes, or what went wrong in words */
async function contentOf(answer) {
  return answer.ok ? answer.arrayBuffer() : answer.text();
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function encoded(text) {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Seconds or a date, as milliseconds from now. @param {Response} response @param {number} now @returns {number|null} */
function retryAfter(response, now) {
  const text = response.headers.get("Retry-After");
  if (!text) return null;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Long bodies travel compressed where the browser can. @param {Uint8Array<ArrayBuffer>} bytes */
async function packed(bytes) {
  const headers = { "Content-Type": "application/json" };
  if (bytes.length < ZIP_FROM || typeof CompressionStream === "undefined") return { method: "POST", headers, body: bytes };
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  return { method: "POST", headers: { ...headers, "Content-Encoding": "gzip" }, body };
}
