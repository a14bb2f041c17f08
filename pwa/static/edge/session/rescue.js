/**
 * What waits, carried by light: a text in frames that another device reads in any order, each as a QR code.
 *
 *     RES:<series>/<frame>/<frames>/<base 32>
 *
 * Letters, figures and a few signs only: QR codes hold them tightest, and a scanner that types them comes through
 * every keyboard setting. The series is the beginning of the hash of the whole, and so its check as well.
 */

/** So that a code stays readable on a screen of 360 pixels: 73 modules a side. */
const FRAME_BYTES = 300;
const MOST_FRAMES = 999;
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SHAPE = /^RES:([0-9A-F]{16})\/(\d{1,3})\/(\d{1,3})\/([A-Z2-7]+)$/;

/**
 * @typedef {{series: string, index: number, total: number, payload: string}} Frame  index: from 1
 * @typedef {(bytes: Uint8Array) => string} Hash  in hexadecimal figures
 * @typedef {{series: string, total: number, payloads: Record<string, string>}} Collected  by the frame's index
 */

/** @param {Uint8Array} bytes @param {Hash} hash @returns {string[]} the texts of the codes; none when it is too much to be shown */
export function framesOf(bytes, hash) {
  const total = Math.ceil(bytes.length / FRAME_BYTES);
  if (total > MOST_FRAMES) return [];
  const series = seriesOf(bytes, hash);
  return Array.from({ length: total }, (_, i) => `RES:${series}/${i + 1}/${total}/${base32(bytes.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES))}`);
}

/** @param {Uint8Array} bytes @param {Hash} hash */
function seriesOf(bytes, hash) {
  return hash(bytes).slice(0, 16).toUpperCase();
}

/** @param {string} text as scanned @returns {Frame|null} */
export function readFrame(text) {
  const found = SHAPE.exec(text.trim().toUpperCase());
  if (!found) return null;
  const [, series, index, total, payload] = found;
  const frame = { series, index: Number(index), total: Number(total), payload };
  return frame.index >= 1 && frame.index <= frame.total ? frame : null;
}

/** Another series means that the other device was opened anew: what was collected of the old one is of no use. @param {Collected|null} collected @param {Frame} frame @returns {Collected} */
export function collect(collected, { series, index, total, payload }) {
  const isSame = collected?.series === series && collected.total === total;
  return { series, total, payloads: { ...(isSame ? collected.payloads : {}), [index]: payload } };
}

/** @param {Collected|null} collected @param {Frame} frame */
export function isKnown(collected, { series, index }) {
  return collected?.series === series && index in collected.payloads;
}

/** @param {Collected} collected @returns {number[]} */
export function missingOf({ total, payloads }) {
  return Array.from({ length: total }, (_, i) => i + 1).filter((index) => !(index in payloads));
}

/** The whole, or null when a frame is missing or does not belong to the others. @param {Collected} collected @param {Hash} hash @returns {Uint8Array<ArrayBuffer>|null} */
export function joined(collected, hash) {
  if (missingOf(collected).length) return null;
  const parts = Array.from({ length: collected.total }, (_, i) => bytesOf(collected.payloads[i + 1]));
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  return seriesOf(bytes, hash) === collected.series ? bytes : null;
}

/** @param {Uint8Array} bytes */
function base32(bytes) {
  let text = "";
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += SIGNS[(held >> (bits - 5)) & 31];
  }
  return bits ? text + SIGNS[(held << (5 - bits)) & 31] : text;
}

/** @param {string} text */
function bytesOf(text) {
  const bytes = [];
  let [held, bits] = [0, 0];
  for (const sign of text) {
    held = ((held << 5) | SIGNS.indexOf(sign)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
  }
  return bytes;
}
