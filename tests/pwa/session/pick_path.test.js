import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { distance, lengthOf, plan, shortest } from "../../../pwa/static/edge/session/pick_path.js";

const { instances } = JSON.parse(readFileSync(new URL("../../vectors/picker_routing.json", import.meta.url), "utf-8"));

/** An instance in half cells. */
function published([, aisles, cells, step, depotAisle, isAtBack, stops], blocks) {
  const extra = blocks === 1 ? 0 : 2;
  const half = Math.floor(cells / 2);
  const crosses = blocks === 1 ? [0, 2 * cells + 2] : [0, 2 * half + 2, 2 * cells + 4];
  return {
    block: { aisles: Array.from({ length: aisles }, (_, index) => 2 * step * index), crosses },
    stops: stops.map(([aisle, cell]) => ({ aisle, along: 2 * cell + 2 + (cell >= half ? extra : 0) })),
    depot: { aisle: depotAisle, along: isAtBack ? crosses[0] : crosses[crosses.length - 1] },
  };
}

test("published instances are walked at their proven optimum on the device too", () => {
  for (const blocks of [1, 2]) {
    for (const row of instances.filter((_, index) => index % (blocks * 3) === 0)) {
      const { block, stops, depot } = published(row, blocks);
      const walk = shortest(block, stops, depot, depot);
      assert.equal(walk.length, 2 * row[6 + blocks], row[0]);
      assert.equal(lengthOf(block, stops, walk.order, depot, depot), walk.length, row[0]);
      assert.deepEqual([...walk.order].sort((a, b) => a - b), stops.map((_, index) => index));
    }
  }
});

test("nothing to pick is no walk", () => {
  const block = { aisles: [0, 3000], crosses: [0, 20000] };
  assert.deepEqual(plan(block, [], { aisle: 0, along: 0 }, { aisle: 0, along: 0 }), { order: [], length: 0 });
});

test("after a short pick the rest is walked from where one stands", () => {
  const block = { aisles: [0, 3000, 6000], crosses: [0, 20000] };
  const rest = [{ aisle: 0, along: 15000 }, { aisle: 1, along: 2000 }, { aisle: 1, along: 18000 }];
  const here = { aisle: 1, along: 10000 }, dock = { aisle: 0, along: 0 };
  const walk = plan(block, rest, here, dock);
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    assert.ok(walk.length <= lengthOf(block, rest, order, here, dock));
  }
});

test("many stops from within an aisle are walked at most a tenth longer than from its end", () => {
  const block = { aisles: Array.from({ length: 10 }, (_, index) => 3000 * index), crosses: [0, 30000] };
  const stops = Array.from({ length: 25 }, (_, index) => ({ aisle: (index * 7) % 10, along: 1000 + ((index * 7919) % 28000) }));
  const here = { aisle: 0, along: 400 }, dock = { aisle: 0, along: 0 };

  const walk = plan(block, stops, here, dock);

  assert.ok(walk.length <= shortest(block, stops, dock, dock).length * 1.1);
  assert.equal(distance(block, here, dock), 400);
});
