import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { correction, generate } from "lean-qr";
import { prepareZXingModule, readBarcodes } from "../../../pwa/static/vendor/zxing/reader/index.js";
import { sha256Hex } from "../../../pwa/static/edge/sha256.js";
import { collect, framesOf as framesBy, isKnown, joined as joinedBy, missingOf, readFrame } from "../../../pwa/static/edge/session/rescue.js";

/** @param {Uint8Array} bytes */
const framesOf = (bytes) => framesBy(bytes, sha256Hex);
/** @param {any} collected */
const joined = (collected) => joinedBy(collected, sha256Hex);

/** Bytes that do not repeat. @param {number} size */
const bytes = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 197 + (i >> 3)) & 255);

/** @param {string} text @returns {any} */
const frame = (text) => readFrame(text);

/** @param {string[]} texts @returns {any} */
const collected = (texts) => texts.map(frame).reduce(collect, null);

test("whatever its size, the text comes back from its frames read in any order", () => {
  for (const size of [1, 2, 3, 4, 5, 299, 300, 301, 5000]) {
    const frames = framesOf(bytes(size));

    const whole = joined(collected([...frames].reverse()));

    assert.deepEqual([...(whole ?? [])], [...bytes(size)], String(size));
    assert.equal(frames.length, Math.ceil(size / 300));
  }
});

test("a frame read twice changes nothing, and the missing ones are named", () => {
  const [first, second, third] = framesOf(bytes(800));

  const some = collected([third, first, third]);

  assert.deepEqual(missingOf(some), [2]);
  assert.equal(joined(some), null);
  assert.ok(isKnown(some, frame(first)));
  assert.ok(!isKnown(some, frame(second)));
});

test("frames of another moment are not mixed with these", () => {
  const [old] = framesOf(bytes(800));
  const [, ...fresh] = framesOf(bytes(801));

  assert.deepEqual(missingOf(collected([old, ...fresh])), [1]);
});

test("a frame that was changed on the way spoils the whole, visibly", () => {
  const frames = framesOf(bytes(700));
  const forged = frames[1].replace(/.$/, (sign) => (sign === "A" ? "B" : "A")).replace(/\/(.)(?=[^/]*$)/, (whole, sign) => (sign === "A" ? "/B" : "/A"));

  assert.equal(joined(collected([frames[0], forged, frames[2]])), null);
});

test("what is no frame is left to the other meanings of a scan", () => {
  const [good] = framesOf(bytes(10));
  for (const text of ["", "LOC-A-01", good.slice(0, -1) + "1", good.replace("/1/1/", "/2/1/"), good.replace("RES:", "RE:")]) assert.equal(readFrame(text), null, text);
  assert.deepEqual(readFrame(good.toLowerCase()), readFrame(good), "a keyboard with caps lock on");
});

test("the code drawn for a full frame is read by the decoder of the camera, and fits a small screen", async () => {
  const wasm = readFileSync(new URL("../../../pwa/static/vendor/zxing/zxing_reader.wasm", import.meta.url));
  prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length) } });
  const [text] = framesOf(bytes(250_000));

  const code = generate(text, { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M });
  const [found] = await readBarcodes(picture(code, 4), { formats: ["QRCode"], tryHarder: false });

  assert.equal(found.text, text);
  assert.ok(code.size <= 77, `${code.size} modules a side`);
});

/** @param {{size: number, get: (x: number, y: number) => boolean}} code @param {number} scale @returns {any} */
function picture(code, scale) {
  const side = (code.size + 8) * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (code.get(Math.floor(x / scale) - 4, Math.floor(y / scale) - 4)) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data, width: side, height: side };
}
