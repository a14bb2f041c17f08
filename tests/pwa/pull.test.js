import assert from "node:assert/strict";
import { test } from "node:test";
import { BY, createDevice, enrolled, move, offline, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp(count = 0) {
  const server = createServer();
  const device = await enrolled(createDevice({ server }));
  for (let i = 1; i <= count; i += 1) server.put("catalogue", "item", `i-${i}`, itemBody(i));
  return { server, device, edge: device.edge };
}

const itemBody = (i) => ({ code: `CUP-${i}`, name: `陶瓷杯 ${i}`, unit: "pcs", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: `tcb${i}` });

test("everything that the server has is here after a pull, page by page", async () => {
  const { server, edge } = await setUp(4500);

  const pulled = await edge.puller.pull();

  assert.equal(pulled.state, "done");
  assert.equal(pulled.applied, 4500);
  assert.equal((await edge.rows.every("item")).size, 4500);
  assert.deepEqual((await edge.rows.base()).scopes.catalogue.sum, server.digests().catalogue.sum);
});

test("pages become visible together, with the cursor, when the last has come", async () => {
  const { device, server, edge } = await setUp(4500);
  let pages = 0;
  device.network = (address, init) => ((pages += address.startsWith("/sync/pull") ? 1 : 0) > 2 ? offline() : server.fetch(address, init));

  assert.equal((await edge.puller.pull()).state, "later");

  assert.equal((await edge.rows.base()).cursor, 0);
  assert.equal(await edge.rows.item("i-1"), null);
});

test("a pull that was cut goes on where it stopped, also in another life", async () => {
  const { device, server, edge } = await setUp(4500);
  let pages = 0;
  device.network = (address, init) => ((pages += address.startsWith("/sync/pull") ? 1 : 0) > 2 ? offline() : server.fetch(address, init));
  await edge.puller.pull();
  device.die();

  const again = createDevice({ server, disk: device.disk, time: device.time });
  const before = server.requests.length;
  await again.edge.puller.pull();

  assert.equal(server.requests.length - before, 1);
  assert.equal((await again.edge.rows.every("item")).size, 4500);
});

test("a scan during a long first pull is pushed between two pages", async () => {
  const { device, server, edge } = await setUp(4500);
  const order = [];
  device.network = async (address, init) => {
    if (address !== "/sync/snapshot") order.push(address.split("?")[0]);
    if (order.length === 1) await edge.outbox.add([receive("i-1", 3)], BY);
    return server.fetch(address, init);
  };

  await edge.puller.pull();

  assert.deepEqual(order.slice(0, 3), ["/sync/pull", "/sync/push", "/sync/pull"]);
  assert.equal((await edge.rows.balancesOfItem("i-1"))[0].on_hand, "3");
});

test("a row that left is gone after the next pull", async () => {
  const { server, edge } = await setUp(3);
  await edge.puller.pull();
  server.drop("catalogue", "item", "i-2");

  await edge.puller.pull();

  assert.equal(await edge.rows.item("i-2"), null);
  assert.equal(await edge.rows.itemByCode("CUP-2"), null);
  assert.equal((await edge.rows.base()).scopes.catalogue.rows, 2);
});

test("another generation clears the base of rows that no longer exist", async () => {
  const { server, edge } = await setUp(3);
  await edge.puller.pull();
  const copy = server.backup();
  server.put("catalogue", "item", "i-9", itemBody(9));
  await edge.puller.pull();
  server.restore(copy);

  await edge.puller.pull();

  assert.equal(await edge.rows.item("i-9"), null);
  assert.equal((await edge.rows.base()).generation, server.state.generation);
});

test("what differs from the server is found by the digest, fetched again and reported", async () => {
  const { server, edge } = await setUp(300);
  await edge.puller.pull();
  await spoil(edge);
  assert.equal((await edge.rows.item("i-7")).name, "spoilt");
  server.put("catalogue", "item", "i-301", itemBody(301));

  await edge.puller.pull();
  await edge.sender.push({ handshake: true });

  assert.equal((await edge.rows.item("i-7")).name, "陶瓷杯 7");
  assert.equal((await edge.rows.base()).scopes.catalogue.sum, server.digests().catalogue.sum);
  assert.deepEqual(server.repairs.map(({ scope, parts }) => [scope, parts.length]), [["catalogue", 1]]);
  assert.equal(server.requests.filter(({ query }) => query.has("part")).length, 1);
});

/** A row changed behind our back, with the sum that goes with it. */
async function spoil(edge) {
  const { cursor } = await edge.rows.base();
  await edge.rows.applyRows([{ scope: "catalogue", kind: "item", key: "i-7", seq: cursor, deleted: false, body: { ...itemBody(7), name: "spoilt" } }], { from: cursor, to: cursor });
}

test("live rows that follow are applied; rows with a gap before them are not", async () => {
  const { server, edge } = await setUp(1);
  await edge.puller.pull();
  const { cursor } = await edge.rows.base();
  server.put("catalogue", "item", "i-2", itemBody(2));
  const rows = [server.state.rows.get("catalogue\nitem\ni-2")];

  assert.equal(await edge.puller.applyFrame({ from: cursor + 1, to: cursor + 2, rows }), false);
  assert.equal(await edge.puller.applyFrame({ from: cursor, to: cursor + 1, rows }), true);

  assert.equal((await edge.rows.item("i-2")).code, "CUP-2");
  assert.equal((await edge.rows.base()).scopes.catalogue.sum, server.digests().catalogue.sum);
});

test("a live frame waits for what is in doubt: no operation is shown twice", async () => {
  const { server, device, edge } = await setUp(1);
  await edge.puller.pull();
  const { cursor } = await edge.rows.base();
  await edge.outbox.add([receive("i-1", 5)], BY);
  device.network = async (address, init) => {
    await server.fetch(address, init);
    return offline();
  };
  await edge.sender.push();
  const rows = [...server.state.rows.values()].filter(({ seq }) => seq > cursor);

  await edge.cycle.frame({ from: cursor, to: server.state.seq, rows });
  assert.equal((await edge.rows.balancesOfItem("i-1"))[0].on_hand, "5");
  device.network = server.fetch;
  await edge.cycle.frame({ from: cursor, to: server.state.seq, rows });

  const [cell] = await edge.rows.balancesOfItem("i-1");
  assert.equal(cell.on_hand, "5");
  assert.equal(cell.pending, false);
});

test("an operation stays in the overlay until the feed has passed it, and is never in both", async () => {
  const { edge } = await setUp(1);
  const seen = async () => (await edge.rows.balancesOfItem("i-1")).map(({ location, on_hand, pending }) => [location, on_hand, pending]);
  await edge.outbox.add([receive("i-1", 5)], BY);
  assert.deepEqual(await seen(), [["l-1", "5", true]]);

  await edge.sender.push();
  assert.deepEqual(await seen(), [["l-1", "5", true]]);

  await edge.puller.pull();
  assert.deepEqual(await seen(), [["l-1", "5", false]]);
});

test("after a restore what the server forgot is shown from here until it is back", async () => {
  const { server, edge } = await setUp(1);
  const copy = server.backup();
  await edge.outbox.add([receive("i-1", 5)], BY);
  await edge.sender.push();
  await edge.puller.pull();
  server.restore(copy);

  await edge.puller.pull();

  const onHand = async () => (await edge.rows.balancesOfItem("i-1")).map(({ on_hand }) => on_hand);
  assert.deepEqual(await onHand(), ["5"]);
  await edge.sender.push();
  await edge.puller.pull();
  assert.deepEqual(await onHand(), ["5"]);
});

test("while the old base still stands, what waits again after a restore is not shown twice", async () => {
  const { server, device, edge } = await setUp(1);
  const copy = server.backup();
  await edge.outbox.add([receive("i-1", 5)], BY);
  await edge.sender.push();
  await edge.puller.pull();
  server.restore(copy);
  let asked = 0;
  device.network = (address, init) => ((asked += 1) > 1 ? offline() : server.fetch(address, init));

  assert.equal((await edge.sender.push({ handshake: true })).state, "later");

  assert.equal((await edge.outbox.summary()).waiting, 1);
  assert.deepEqual((await edge.rows.balancesOfItem("i-1")).map(({ on_hand }) => on_hand), ["5"]);
});

test("a row that is older than the one that stands changes nothing", async () => {
  const { server, edge } = await setUp(1);
  server.put("catalogue", "item", "i-1", { ...itemBody(1), name: "新" });
  await edge.puller.pull();
  const { cursor } = await edge.rows.base();

  await edge.puller.applyFrame({ from: cursor, to: cursor + 1, rows: [{ scope: "catalogue", kind: "item", key: "i-1", seq: 1, deleted: false, body: itemBody(1) }] });

  assert.equal((await edge.rows.item("i-1")).name, "新");
  assert.equal((await edge.rows.base()).scopes.catalogue.sum, server.digests().catalogue.sum);
});

test("items are found by code, initials, part of the name and the end of a barcode", async () => {
  const { server, edge } = await setUp(30);
  server.put("catalogue", "barcode", "06912345678905", { item: "i-5", unit: "box", factor: "12" });
  await edge.puller.pull();
  const found = async (text) => (await edge.rows.findItems(text, 3)).map(({ id }) => id);

  assert.deepEqual(await found("cup-30"), ["i-30"]);
  assert.deepEqual(await found("CUP-3"), ["i-3", "i-30"]);
  assert.deepEqual(await found("tcb7"), ["i-7"]);
  assert.deepEqual(await found("杯 12"), ["i-12"]);
  assert.deepEqual(await found("8905"), ["i-5"]);
  assert.deepEqual(await found("  "), []);
});

test("a changed code is found under the new one only", async () => {
  const { server, edge } = await setUp(2);
  await edge.puller.pull();
  server.put("catalogue", "item", "i-1", { ...itemBody(1), code: "MUG-1" });

  await edge.puller.pull();

  assert.equal((await edge.rows.itemByCode("mug-1")).id, "i-1");
  assert.equal(await edge.rows.itemByCode("CUP-1"), null);
});

test("a barcode, its item and its other codes are found without reading the catalogue", async () => {
  const { server, edge } = await setUp(2);
  server.put("catalogue", "barcode", "00000000000017", { item: "i-1", unit: "pcs", factor: "1" });
  server.put("catalogue", "barcode", "10000000000014", { item: "i-1", unit: "box", factor: "12" });
  await edge.puller.pull();

  assert.deepEqual(await edge.rows.barcode("10000000000014"), { code: "10000000000014", item: "i-1", unit: "box", factor: "12" });
  assert.deepEqual((await edge.rows.barcodesOfItem("i-1")).map(({ factor }) => factor).sort(), ["1", "12"]);
  assert.equal(await edge.rows.barcode("1"), null);
});

test("locations are listed by warehouse and kind, and found by code", async () => {
  const { server, edge } = await setUp();
  server.put("warehouse:w-1", "location", "l-2", { code: "B-01", warehouse: "w-1", kind: "bin" });
  server.put("warehouse:w-1", "location", "l-1", { code: "A-01", warehouse: "w-1", kind: "bin" });
  server.put("warehouse:w-1", "location", "l-3", { code: "DOCK", warehouse: "w-1", kind: "dock" });
  await edge.puller.pull();

  assert.deepEqual((await edge.rows.locations({ warehouse: "w-1", kind: "bin" })).map(({ code }) => code), ["A-01", "B-01"]);
  assert.equal((await edge.rows.locationByCode("dock")).id, "l-3");
});

test("balances at a location show what was moved in and out by hand", async () => {
  const { server, edge } = await setUp(2);
  server.put("warehouse:w-1", "location", "l-1", { code: "A", warehouse: "w-1", kind: "bin" });
  server.put("warehouse:w-1", "balance", "i-1/l-1//", { on_hand: "7", held: "0", expiry: null });
  server.put("warehouse:w-1", "balance", "i-2/l-1/L9/", { on_hand: "2", held: "1", expiry: "2027-01-01" });
  await edge.puller.pull();
  await edge.outbox.add([move("i-1", 3, "l-1", "l-2")], BY);

  const at = async (id) => Object.fromEntries((await edge.rows.balancesAt(id)).map((cell) => [`${cell.item}/${cell.lot}`, cell.on_hand]));
  assert.deepEqual(await at("l-1"), { "i-1/": "4", "i-2/L9": "2" });
  assert.deepEqual(await at("l-2"), { "i-1/": "3" });
});
