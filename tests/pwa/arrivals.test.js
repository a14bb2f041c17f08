import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const PLACE = { warehouse: "w-1", zone: "", aisle: "A", bay: "1", level: "1", active: true };
const ITEM = { unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "" };

/** A warehouse that expects ten cups and two boxes, and a device in it without a network. */
async function yard(prepare = (/** @type {any} */ _server) => {}) {
  const server = createServer();
  prepare(server);
  server.put("catalogue", "item", "i-1", { ...ITEM, code: "CUP", name: "杯子" });
  server.put("catalogue", "item", "i-2", { ...ITEM, code: "BOX", name: "纸箱" });
  server.put("warehouse:w-1", "location", "l-1", { ...PLACE, code: "DOCK", kind: "dock" });
  server.put("warehouse:w-1", "location", "l-2", { ...PLACE, code: "A-01", kind: "bin" });
  server.put("warehouse:w-1", "location", "l-3", { ...PLACE, code: "A-02", kind: "bin", bay: "2" });
  server.put("warehouse:w-1", "balance", "i-1/l-3//", { on_hand: "1", held: "0" });
  server.put("warehouse:w-1", "receipt", "rc-7", {
    number: "RC-1", kind: "purchase", partner: "华南五金", state: "expected", due: "2026-11-30", warehouse: "w-1",
    lines: [{ id: "1", item: "i-1", expected: "10", received: "0" }, { id: "2", item: "i-2", expected: "2", received: "0" }],
  });
  const device = await enrolled(createDevice({ server, disk: createDisk() }));
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

/** @param {any} device @returns {Promise<any>} */
async function lastWritten(device) {
  return (await device.edge.outbox.recent(1))[0].operation;
}

test("an expected delivery is offered, chosen by one tap, and shows how far it is", async () => {
  const device = await yard();

  const offered = await ask(device, "/edge/receive");
  const chosen = await ask(device, "/edge/receive/receipt", { receipt: "rc-7" });
  const scanned = await scan(device, "CUP");

  assert.match(offered, /华南五金/);
  assert.match(chosen, /0 \/ 10/);
  assert.match(scanned, /1 \/ 10/);
  const { args } = await lastWritten(device);
  assert.deepEqual([args.document, args.line], ["rc-7", "1"]);
});

test("what was undone has not come", async () => {
  const device = await yard();
  await ask(device, "/edge/receive");
  await ask(device, "/edge/receive/receipt", { receipt: "rc-7" });
  await scan(device, "CUP");
  const { id } = await lastWritten(device);

  await ask(device, `/edge/undo/${id}`, {});

  assert.match(await ask(device, "/edge/receive"), /0 \/ 10/);
});

test("a delivery that was let go is offered again", async () => {
  const device = await yard();
  await ask(device, "/edge/receive");
  await ask(device, "/edge/receive/receipt", { receipt: "rc-7" });

  const screen = await ask(device, "/edge/receive/receipt", { receipt: "" });
  await scan(device, "CUP");

  assert.match(screen, /RC-1/);
  assert.equal((await lastWritten(device)).args.document, undefined);
});

test("goods from the dock are proposed a bin with its reason, and name their receipt when they lie there", async () => {
  const device = await yard();
  await ask(device, "/edge/receive");
  await ask(device, "/edge/receive/receipt", { receipt: "rc-7" });
  await scan(device, "CUP");
  await ask(device, "/edge/move");

  const taken = await scan(device, "CUP");
  await scan(device, "LOC-A-02");

  assert.match(taken, /A-02/);
  assert.match(taken, /同一商品/);
  const { kind, args } = await lastWritten(device);
  assert.deepEqual([kind, args.target, args.document], ["stock.move@1", "l-3", "rc-7"]);
});

test("products of an order that is made here are expected like a delivery, and booked for it", async () => {
  const lines = [
    { id: "4", item: "i-2", made: true, quantity: "6", done: "2" },
    { id: "5", item: "i-1", made: false, quantity: "12", done: "0" },
  ];
  const body = { number: "WO-3", kind: "assembly", state: "picked", due: "2026-11-25", warehouse: "w-1", production: "l-9", backflush: false, lines };
  const device = await yard((server) => server.put("warehouse:w-1", "work", "wo-3", body));

  const offered = await ask(device, "/edge/receive");
  const chosen = await ask(device, "/edge/receive/receipt", { receipt: "wo-3" });
  const scanned = await scan(device, "BOX");

  assert.match(offered, /纸箱[^]*WO-3/);
  assert.match(chosen, /2 \/ 6/);
  assert.doesNotMatch(chosen, /0 \/ 12/);
  assert.match(scanned, /3 \/ 6/);
  const { kind, args } = await lastWritten(device);
  assert.deepEqual([kind, args.document, args.line], ["stock.receive@1", "wo-3", "4"]);
});
