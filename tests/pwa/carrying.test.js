import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const PLACE = { warehouse: "w-1", zone: "A", kind: "bin", active: true };

/** Ten cups in reserve, a bin to fill up, and a transfer each way, on a device without a network. */
async function shop(prepare = (/** @type {any} */ _server) => {}) {
  const server = createServer();
  prepare(server);
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "item", "i-2", { ...CUP, code: "BOX", name: "盒子" });
  server.put("catalogue", "warehouse", "w-2", { code: "EAST", name: "东仓" });
  for (const [id, code, kind] of [["l-1", "DOCK", "dock"], ["l-2", "R-01", "bin"], ["l-3", "R-02", "bin"], ["l-4", "P-01", "bin"], ["l-9", "T-WAY", "transit"]]) {
    server.put("warehouse:w-1", "location", id, { ...PLACE, code, kind });
  }
  server.put("warehouse:w-1", "balance", "i-1/l-2//", { on_hand: "10", held: "0" });
  server.put("warehouse:w-1", "balance", "i-2/l-9//", { on_hand: "4", held: "0" });
  server.put("warehouse:w-1", "task", "t-1", {
    kind: "replenish", item: "i-1", location: "l-4", takes: [{ source: "l-2", quantity: "6" }, { source: "l-3", quantity: "2" }],
  });
  server.put("warehouse:w-1", "transfer", "tr-1", {
    number: "TR-1", state: "out", source: "w-1", target: "w-2", due: "", transit: "l-77",
    lines: [{ id: "1", item: "i-1", quantity: "3", sent: "0", arrived: "0", on_the_way: "0" }],
  });
  server.put("warehouse:w-1", "transfer", "tr-2", {
    number: "TR-2", state: "in_transit", source: "w-2", target: "w-1", due: "", transit: "l-9",
    lines: [{ id: "2", item: "i-2", quantity: "4", sent: "4", arrived: "0", on_the_way: "4" }],
  });
  const device = await enrolled(createDevice({ server }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  return device;
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] @returns {Promise<string>} */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  return (await handle(new Request(`http://device${path}`, init), device.edge)).text();
}

/** @param {any} device @param {string} text */
function scan(device, text) {
  return ask(device, "/edge/scan", { text, source: "wedge" });
}

/** @param {any} device @returns {Promise<any[]>} oldest first */
async function written(device) {
  return (await device.edge.outbox.recent(50)).map((/** @type {any} */ { operation }) => operation).reverse();
}

test("a pick bin is filled up by two scans", async () => {
  const device = await shop();
  await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "t-1", kind: "refill" });

  await scan(device, "CUP");
  await scan(device, "P-01");

  const [{ kind, args }] = await written(device);
  assert.deepEqual([kind, args], ["stock.move@1", { item: "i-1", quantity: "6", source: "l-2", target: "l-4", reason: "replenish" }]);
  assert.match(await ask(device, "/edge/carry"), /R-02/);
});

test("the wrong goods and the wrong bin are refused", async () => {
  const device = await shop();
  await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "t-1", kind: "refill" });

  assert.match(await scan(device, "BOX"), /tone="bad"/);
  await scan(device, "R-01");
  assert.match(await scan(device, "R-02"), /tone="bad"/);
  assert.equal((await written(device)).length, 0);
});

test("an empty reserve place is seen, and the next one named", async () => {
  const device = await shop();
  await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "t-1", kind: "refill" });

  const screen = await ask(device, "/edge/carry/short", {});

  const [{ kind, args }] = await written(device);
  assert.deepEqual([kind, args], ["stock.count@1", { location: "l-2", lines: [{ item: "i-1", quantity: "0" }], complete: false }]);
  assert.match(screen, /R-02/);
});

test("goods of a transfer leave by one scan each from where they lie, and no more than were asked for", async () => {
  const device = await shop();
  await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "tr-1", kind: "send" });

  for (let i = 0; i < 3; i += 1) await scan(device, "CUP");
  const more = await scan(device, "CUP");

  assert.match(more, /tone="bad"/);
  const operations = await written(device);
  assert.equal(operations.length, 3);
  assert.deepEqual(operations[0].args, { item: "i-1", quantity: "1", source: "l-2", target: "l-77", document: "tr-1", code: "CUP" });
});

test("what is on its way arrives at the dock, the figure mended by the pad", async () => {
  const device = await shop();
  await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "tr-2", kind: "receive" });

  await scan(device, "BOX");
  await ask(device, "/edge/carry/quantity", { quantity: "4" });

  const operations = await written(device);
  assert.deepEqual(operations.map(({ kind }) => kind), ["stock.move@1", "op.undo@1", "stock.move@1"]);
  assert.deepEqual(operations[2].args, { item: "i-2", quantity: "4", source: "l-9", target: "l-1", document: "tr-2", code: "BOX" });
  await ask(device, "/edge/carry/cancel", {});
  assert.doesNotMatch(await ask(device, "/edge/carry"), /TR-2/);
});

test("material for production is one scan an item, from the only bin that holds it", async () => {
  const device = await shop((server) => {
    server.put("warehouse:w-1", "location", "l-8", { ...PLACE, code: "MAIN-PRODUCTION", kind: "production" });
    server.put("warehouse:w-1", "work", "wo-1", {
      number: "WO-1", kind: "assembly", state: "approved", due: "", warehouse: "w-1", production: "l-8", backflush: false,
      lines: [{ id: "1", item: "i-2", made: true, quantity: "5", done: "0" }, { id: "2", item: "i-1", made: false, quantity: "5", done: "3" }],
    });
    server.put("warehouse:w-1", "work", "wo-2", {
      number: "WO-2", kind: "assembly", state: "approved", due: "", warehouse: "w-1", production: "l-8", backflush: true,
      lines: [{ id: "3", item: "i-1", made: false, quantity: "5", done: "0" }],
    });
  });

  const list = await ask(device, "/edge/carry");
  await ask(device, "/edge/carry/job", { job: "wo-1", kind: "issue" });
  await scan(device, "CUP");
  const left = await scan(device, "CUP");
  const more = await scan(device, "CUP");

  assert.match(list, /WO-1/);
  assert.doesNotMatch(list, /WO-2/);
  const [first, second, ...others] = await written(device);
  assert.deepEqual([first.kind, first.args], ["stock.move@1", { item: "i-1", quantity: "1", source: "l-2", target: "l-8", document: "wo-1", code: "CUP" }]);
  assert.equal(second.args.document, "wo-1");
  assert.match(left, /全部完成/);
  assert.equal(others.length, 0);
  assert.match(more, /不需要这么多/);
});
