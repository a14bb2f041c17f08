import assert from "node:assert/strict";
import { test } from "node:test";
import { effectsOf, fold, isInBase, veiled } from "../../pwa/static/edge/sync/overlay.js";
import { randomFrom } from "./support/device.js";

const KINDS = { "l-s": "supplier", "l-c": "customer", "l-x": "suspense" };
const kindOf = (id) => KINDS[id] ?? "bin";
let count = 0;
const did = (kind, args, id = `op-${(count += 1)}`) => ({ id, kind: `${kind}@1`, args });
const cell = (location, on_hand, more = {}) => ({ item: "i-1", location, lot: "", serial: "", on_hand, held: "0", expiry: null, pending: false, ...more });
const see = (base, operations, earlier = new Map()) => {
  const cells = fold(base, effectsOf(operations, earlier, kindOf), ({ item }) => item === "i-1");
  return Object.fromEntries(cells.map(({ location, lot, on_hand }) => [lot ? `${location}/${lot}` : location, on_hand]));
};

test("a receipt adds where it was put, and the supplier is no place to look into", () => {
  assert.deepEqual(see([], [did("stock.receive", { item: "i-1", quantity: "2.5", source: "l-s", target: "l-1" })]), { "l-1": "2.5" });
});

test("a move takes from one place and adds to the other, by lot", () => {
  const base = [cell("l-1", "5", { lot: "A" }), cell("l-1", "5", { lot: "B" })];

  const shown = see(base, [did("stock.move", { item: "i-1", quantity: "2", source: "l-1", target: "l-2", lot: "B" })]);

  assert.deepEqual(shown, { "l-1/A": "5", "l-1/B": "3", "l-2/B": "2" });
});

test("what left to a customer is gone and shown nowhere else", () => {
  assert.deepEqual(see([cell("l-1", "5")], [did("stock.move", { item: "i-1", quantity: "2", source: "l-1", target: "l-c" })]), { "l-1": "3" });
});

test("nothing is ever shown below zero, and what comes later fills the debt first", () => {
  const out = did("stock.move", { item: "i-1", quantity: "3", source: "l-1", target: "l-2" });
  const back = did("stock.receive", { item: "i-1", quantity: "2", target: "l-1" });

  assert.deepEqual(see([cell("l-1", "2")], [out]), { "l-1": "0", "l-2": "3" });
  assert.deepEqual(see([cell("l-1", "2")], [out, back]), { "l-1": "1", "l-2": "3" });
});

test("an adjustment may take away", () => {
  assert.deepEqual(see([cell("l-1", "2")], [did("stock.adjust", { item: "i-1", quantity: "-0.5", location: "l-1" })]), { "l-1": "1.5" });
});

test("a count says what lies there; a complete one says that nothing else does", () => {
  const base = [cell("l-1", "5", { lot: "A" }), cell("l-1", "4", { lot: "B" }), cell("l-2", "1")];
  const args = { location: "l-1", lines: [{ item: "i-1", lot: "A", quantity: "6" }] };

  assert.deepEqual(see(base, [did("stock.count", { ...args, complete: false })]), { "l-1/A": "6", "l-1/B": "4", "l-2": "1" });
  assert.deepEqual(see(base, [did("stock.count", { ...args, complete: true })]), { "l-1/A": "6", "l-1/B": "0", "l-2": "1" });
});

test("what was moved after a count counts on", () => {
  const counted = did("stock.count", { location: "l-1", lines: [{ item: "i-1", quantity: "6" }], complete: true });
  const moved = did("stock.move", { item: "i-1", quantity: "1", source: "l-1", target: "l-2" });

  assert.deepEqual(see([cell("l-1", "2")], [counted, moved]), { "l-1": "5", "l-2": "1" });
});

test("undoing what is not yet in the base leaves no trace of it", () => {
  const received = did("stock.receive", { item: "i-1", quantity: "2", target: "l-1" });
  const undo = did("op.undo", { operation: received.id });

  assert.deepEqual(see([cell("l-1", "1")], [received, undo]), { "l-1": "1" });
});

test("undoing what the base shows takes it back", () => {
  const received = did("stock.receive", { item: "i-1", quantity: "2", target: "l-1" });
  const undo = did("op.undo", { operation: received.id });

  assert.deepEqual(see([cell("l-1", "3")], [undo], new Map([[received.id, { operation: received, outcome: "applied" }]])), { "l-1": "1" });
  assert.deepEqual(see([cell("l-1", "3")], [undo], new Map([[received.id, { operation: received, outcome: "held" }]])), { "l-1": "3" });
});

test("orders and edits move nothing", () => {
  assert.deepEqual(see([cell("l-1", "3")], [did("order.place", { item: "i-1", quantity: "9" }), did("note.add", { text: "?" })]), { "l-1": "3" });
});

test("whatever is moved between real places, the sum stays", () => {
  const random = randomFrom(11);
  for (let round = 0; round < 200; round += 1) {
    const base = ["l-1", "l-2", "l-3"].map((location) => cell(location, "1000"));
    const operations = Array.from({ length: 20 }, () =>
      did("stock.move", { item: "i-1", quantity: `${Math.floor(random() * 40)}.${Math.floor(random() * 1000)}`.replace(/\.$/, ""), source: `l-${1 + Math.floor(random() * 3)}`, target: `l-${1 + Math.floor(random() * 3)}` }));

    const total = Object.values(see(base, operations)).reduce((sum, quantity) => sum + Math.round(Number(quantity) * 1000), 0);

    assert.equal(total, 3_000_000);
  }
});

test("an operation is in the base when the feed of its generation has passed it", () => {
  const landed = { generation: 3, seq: 50 };

  assert.equal(isInBase({ landed }, { generation: 3, cursor: 49 }), false);
  assert.equal(isInBase({ landed }, { generation: 3, cursor: 50 }), true);
  assert.equal(isInBase({ landed }, { generation: 2, cursor: 99 }), false);
  assert.equal(isInBase({ landed }, { generation: 4, cursor: 1 }), true);
  assert.equal(isInBase({ landed, waiting: 1 }, { generation: 4, cursor: 1 }), false);
  assert.equal(isInBase({ landed, waiting: 1 }, { generation: 3, cursor: 60 }), true);
  assert.equal(isInBase({ waiting: 1 }, { generation: 3, cursor: 60 }), false);
});

test("goods in a place that is counted blind lie there without a figure, whatever was done there meanwhile", () => {
  const lying = [cell("l-1", "0", { lot: "A", veiled: true })];
  const out = did("stock.move", { item: "i-1", quantity: "2", source: "l-1", target: "l-2", lot: "A" });
  const shown = veiled(fold([cell("l-2", "1")], effectsOf([out], new Map(), kindOf), () => true), lying, () => true);

  assert.deepEqual(
    shown.map(({ location, lot, on_hand, veiled: isVeiled }) => [location, lot, isVeiled ? "?" : on_hand]),
    [["l-2", "", "1"], ["l-1", "A", "?"], ["l-2", "A", "2"]],
  );
});

test("a device that is told the figures of a blind place shows them", () => {
  assert.deepEqual(veiled([cell("l-1", "7")], [cell("l-1", "0", { veiled: true })], () => true), [cell("l-1", "7")]);
});
