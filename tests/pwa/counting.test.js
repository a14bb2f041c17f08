import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const BIN = { code: "A-01", warehouse: "w-1", zone: "", kind: "bin", aisle: "A", bay: 1, level: 1, active: true };
const TASK = { kind: "count", location: "l-1", reason: "plan", plan: "ct-7", number: "CT-261122-0001", blind: true, round: 1, counters: [] };
const SECRET = "97531";

/** A device without a network whose warehouse wants two bins counted blind. */
async function floor() {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("warehouse:w-1", "location", "l-1", BIN);
  server.put("warehouse:w-1", "location", "l-2", { ...BIN, code: "A-02", bay: 2 });
  server.put("warehouse:w-1", "location", "l-3", { ...BIN, code: "A-03", bay: 3 });
  server.put("warehouse:w-1", "balance", "i-1/l-1//", { on_hand: SECRET, held: "0" });
  server.put("warehouse:w-1", "balance", "i-1/l-3//", { on_hand: "25", held: "0" });
  server.put("warehouse:w-1", "task", "t-1", TASK);
  server.put("warehouse:w-1", "task", "t-2", { ...TASK, location: "l-2" });
  const device = await enrolled(createDevice({ server, disk: createDisk() }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  return { server, device };
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

test("a bin on the list is counted offline by one scan of the place, one per item and one tap", async () => {
  const { device } = await floor();
  const list = await ask(device, "/edge/count");
  await scan(device, "A-01");
  await scan(device, "CUP");

  const done = await ask(device, "/edge/count/done", {});

  assert.ok(list.indexOf("A-01") < list.indexOf("A-02"));
  assert.deepEqual((await written(device)).map(({ args }) => args), [{ location: "l-1", lines: [{ item: "i-1", quantity: "1" }], complete: true, task: "t-1" }]);
  assert.doesNotMatch(done.slice(done.indexOf("rows-title")), /A-01/);
  assert.match(done, /A-02/);
});

test("an empty bin on the list takes one scan and one tap, or two taps", async () => {
  const { device } = await floor();
  await ask(device, "/edge/count");
  await ask(device, "/edge/count/at", { location: "l-2" });

  await ask(device, "/edge/count/empty", {});

  assert.deepEqual((await written(device))[0].args, { location: "l-2", lines: [], complete: true, task: "t-2" });
});

test("what the book expects of a place that is counted blind is on no screen of the device", async () => {
  const { device } = await floor();

  const screens = [
    await ask(device, "/edge/home"),
    await ask(device, "/edge/lookup/results?text=CUP"),
    await ask(device, "/edge/items/i-1"),
    await ask(device, "/edge/locations/l-1"),
    await ask(device, "/edge/count"),
    await scan(device, "A-01"),
    await scan(device, "CUP"),
    await ask(device, "/edge/count?pad=1"),
    await ask(device, "/edge/count/done", {}),
  ];

  for (const screen of screens) assert.doesNotMatch(screen.replaceAll(/\s/g, ""), /97531|97556/);
  assert.match(screens[2], />25</);
});

test("goods of a place that is counted blind are still taken from it by one scan, and shown without a figure", async () => {
  const { server, device } = await floor();
  device.network = server.fetch;
  server.drop("warehouse:w-1", "balance", "i-1/l-1//");
  server.put("warehouse:w-1", "lying", "i-1/l-1//", {});
  await device.edge.puller.pull();
  device.network = offline;
  const card = await ask(device, "/edge/items/i-1");
  await ask(device, "/edge/move");
  await scan(device, "A-01");
  await scan(device, "CUP");
  await scan(device, "A-02");

  assert.match(card, /A-01/);
  assert.match(card, />25</);
  assert.deepEqual((await written(device)).map(({ kind, args }) => [kind, args.source, args.target]), [["stock.move@1", "l-1", "l-2"]]);
});

test("a place is counted from its card by one tap, asked for or not", async () => {
  const { device } = await floor();
  const card = await ask(device, "/edge/locations/l-3");

  const screen = await ask(device, "/edge/count/at", { location: "l-3" });
  await ask(device, "/edge/count/empty", {});

  assert.match(card, /hx-post="\/edge\/count\/at"/);
  assert.match(screen, /data-screen="count"/);
  assert.deepEqual((await written(device))[0].args, { location: "l-3", lines: [], complete: true });
});

test("a tap on the place that is being counted does not say done", async () => {
  const { device } = await floor();
  await ask(device, "/edge/count");
  await scan(device, "A-01");
  await scan(device, "CUP");

  await ask(device, "/edge/count/at", { location: "l-1" });

  assert.deepEqual(await written(device), []);
});
