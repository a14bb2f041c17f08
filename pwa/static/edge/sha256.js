/**
 * SHA-256 without waiting. The browser's own digest is asynchronous, and an IndexedDB transaction ends
 * while one waits for it; here a number, its hash and its operation are written in one transaction.
 * For the few hundred bytes of a row or an operation this is also the faster of the two.
 */

const ROUNDS = new Int32Array(64);
const START = new Int32Array(8);

/** The constants are the first bits of the roots of the first primes, as the standard defines them. */
(function prepare() {
  const fraction = (/** @type {number} */ root) => Math.floor((root - Math.floor(root)) * 0x100000000) | 0;
  let found = 0;
  for (let candidate = 2; found < 64; candidate += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) prime &&= candidate % divisor !== 0;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(candidate));
    ROUNDS[found] = fraction(Math.cbrt(candidate));
    found += 1;
  }
})();

const schedule = new Int32Array(64);
const state = new Int32Array(8);
const tail = new Uint8Array(128);
const encoder = new TextEncoder();
let scratch = new Uint8Array(16384);

/** Text as UTF-8 in a shared scratch area, valid until the next call. @param {string} text @returns {Uint8Array} */
function scratchBytes(text) {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3);
  const { written } = encoder.encodeInto(text, scratch);
  return scratch.subarray(0, written);
}

/** @param {Uint8Array} bytes @param {number} from */
function block(bytes, from) {
  const w = schedule;
  for (let i = 0, at = from; i < 16; i += 1, at += 4) {
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  mix(w);
}

/** @param {Int32Array} w */
function mix(w) {
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** @param {string | Uint8Array} data */
function run(data) {
  const bytes = typeof data === "string" ? scratchBytes(data) : data;
  const length = bytes.length;
  state.set(START);
  let at = 0;
  for (; at + 64 <= length; at += 64) block(bytes, at);
  tail.fill(0);
  tail.set(bytes.subarray(at));
  tail[length - at] = 0x80;
  const end = length - at < 56 ? 64 : 128;
  const bits = length * 8;
  for (let i = 0; i < 4; i += 1) tail[end - 1 - i] = bits >>> (8 * i);
  tail[end - 5] = Math.floor(bits / 0x100000000);
  block(tail, 0);
  if (end === 128) block(tail, 64);
}

/** @param {number} word */
const hexWord = (word) => (word >>> 0).toString(16).padStart(8, "0");

/** @param {string | Uint8Array} data @returns {string} 64 hex digits */
export function sha256Hex(data) {
  run(data);
  let text = "";
  for (const word of state) text += hexWord(word);
  return text;
}

/** The first 16 hex digits: how one operation names the one before it. @param {string | Uint8Array} data */
export function shortHash(data) {
  run(data);
  return hexWord(state[0]) + hexWord(state[1]);
}

/** The first 8 bytes as a big-endian integer, for sums of row hashes. @param {string} data @returns {bigint} */
export function hash64(data) {
  run(data);
  return (BigInt(state[0] >>> 0) << 32n) | BigInt(state[1] >>> 0);
}

/** The first byte, which says to which of 256 parts a row belongs. @param {string} data @returns {number} */
export function firstByte(data) {
  run(data);
  return state[0] >>> 24;
}
