/** What a scan means on the device: the same answers as tests/catalog/test_barcode.py. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { itemLabel, locationLabel, normalise, resolve } from "../../../pwa/static/edge/session/barcode.js";
import { told, world } from "./barcode_world.js";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/barcodes.json", import.meta.url), "utf8"));
const lookup = world(vectors.world);

for (const vector of vectors.scans) {
  test(`a scan means what the vectors say: ${vector.name}`, async () => {
    assert.deepEqual(told(await resolve(vector, lookup)), vector.expect);
  });
}

for (const vector of vectors.labels) {
  test(`a label carries the text of the vectors: ${vector.name}`, () => {
    const text = vector.kind === "location" ? locationLabel(vector.code) : itemLabel(vector.code, vector);
    assert.equal(text, vector.text);
  });
}

for (const [code, key] of vectors.keys) {
  test(`the key of ${JSON.stringify(code)} is ${JSON.stringify(key)}`, () => {
    assert.equal(normalise(code), key);
    assert.equal(normalise(key), key);
  });
}
