import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { suggest } from "../../../pwa/static/edge/session/putaway.js";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/putaway.json", import.meta.url), "utf8"));

for (const { name, spots, lot, suggestion } of vectors) {
  test(`a bin is proposed as the server does: ${name}`, () => {
    assert.deepEqual(suggest(spots, lot), suggestion);
  });
}
