import assert from "node:assert/strict";
import test from "node:test";

import { answered, toCount } from "../../../pwa/static/edge/session/count_tasks.js";

/** @param {string} code @param {string} aisle @param {number} bay */
function spot(code, aisle, bay) {
  return { code, kind: "bin", aisle, bay, level: 1 };
}

const PLACES = new Map(Object.entries({ "l-1": spot("A-01", "A", 1), "l-2": spot("A-02", "A", 2), "l-3": spot("B-01", "B", 1), "l-4": spot("B-02", "B", 2) }));

/** @param {string[]} ids @param {Record<string, unknown>} [more] */
function asked(ids, more = {}) {
  return new Map(ids.map((id) => [id.replace("l", "t"), { kind: "count", location: id, reason: "plan", number: "CT-1", blind: true, ...more }]));
}

test("places are listed as one walks: up one aisle, down the next", () => {
  const list = toCount(asked(["l-4", "l-3", "l-2", "l-1"]), PLACES, "u-1", new Set());

  assert.deepEqual(list.map(({ location }) => location.code), ["A-01", "A-02", "B-02", "B-01"]);
});

test("what this device has answered is off the list before the server says so, unless it was taken back", () => {
  const operation = { kind: "stock.count@1", args: { location: "l-1", task: "t-1" } };

  assert.deepEqual([...answered([{ operation, state: "queued" }])], ["t-1"]);
  assert.deepEqual([...answered([{ operation, state: "queued", undone: true }])], []);
  assert.deepEqual([...answered([{ operation, state: "applied" }])], []);
  assert.deepEqual(toCount(asked(["l-1"]), PLACES, "u-1", new Set(["t-1"])), []);
});

test("who counted a place before is marked, and a place or task unknown here is left out", () => {
  const [one] = toCount(asked(["l-1"], { counters: ["u-1"] }), PLACES, "u-1", new Set());

  assert.equal(one.again, true);
  assert.equal(toCount(asked(["l-1"], { counters: ["u-2"] }), PLACES, "u-1", new Set())[0].again, false);
  assert.deepEqual(toCount(asked(["l-9"]), PLACES, "u-1", new Set()), []);
  assert.deepEqual(toCount(asked(["l-1"], { kind: "pick" }), PLACES, "u-1", new Set()), []);
});
