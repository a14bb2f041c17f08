import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [{ name: "箱", factor: "12" }], initials: "bz" };
const DOCK = { code: "DOCK", warehouse: "w-1", kind: "dock", active: true };
const CARTON = "16901234567899";

/** A device without a network, and somebody who may do what `permissions` say. @param {string[]} [permissions] */
async function floor(permissions = ["move stock", "bind barcodes"]) {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "barcode", "06901234567892", { item: "i-1", unit: "个", factor: "1" });
  server.put("warehouse:w-1", "location", "l-1", DOCK);
  server.users.get("B-7").user.permissions = permissions;
  const device = await enrolled(createDevice({ server }));
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
const scan = (device, text) => ask(device, "/edge/scan", { text, source: "wedge" });

/** Tap what the screen offers. @param {any} device @param {string} screen */
function tapOffer(device, screen) {
  const [, values] = /class="button[^"]*offer"[^>]*hx-vals='([^']*)'/.exec(screen) ?? [];
  assert.ok(values, "nothing is offered");
  return ask(device, "/edge/bind", JSON.parse(values.replaceAll("&quot;", '"')));
}

test("a code nobody knows is bound where it was refused, and received by the next scan without a network", async () => {
  const { device } = await floor();
  await ask(device, "/edge/receive");

  const chosen = [await tapOffer(device, await scan(device, "X-77")), await scan(device, "CUP"), await ask(device, "/edge/bind/unit", { unit: "箱" })];
  const back = await ask(device, "/edge/bind/confirmation", {});
  const received = await scan(device, "x-77");

  assert.match(chosen[0], /data-screen="bind"/);
  assert.match(chosen[2], /aria-pressed="true"[^>]*hx-vals='[^']*箱/);
  assert.match(back, /data-screen="receive"/);
  assert.match(back, /tone="good"/);
  assert.match(received, /\+12/);
  const kinds = (await device.edge.outbox.recent(5)).map((/** @type {any} */ { operation }) => [operation.kind, operation.args.quantity]);
  assert.deepEqual(kinds, [["stock.receive@1", "12"], ["barcode.bind@1", undefined]]);
});

test("the item inside a carton code is proposed, and needs no search", async () => {
  const { device } = await floor();
  await ask(device, "/edge/lookup");

  const screen = await tapOffer(device, await scan(device, CARTON));
  const chosen = await ask(device, "/edge/bind/item", { item: "i-1" });

  assert.match(screen, /也许是[\s\S]*杯子/);
  assert.match(chosen, /aria-pressed="true"[^>]*hx-vals='[^']*箱/);
});

test("nothing is offered to whoever may not bind, nor for a code that was read badly", async () => {
  const salesperson = await floor(["see stock"]);
  const storekeeper = await floor();
  for (const { device } of [salesperson, storekeeper]) await ask(device, "/edge/receive");

  assert.doesNotMatch(await scan(salesperson.device, "X-77"), /offer/);
  assert.doesNotMatch(await scan(storekeeper.device, "6901234567891"), /offer/);
  assert.match(await scan(storekeeper.device, "X-77"), /offer/);
});

test("the offer goes with the next scan", async () => {
  const { device } = await floor();
  await ask(device, "/edge/receive");
  await scan(device, "X-77");

  assert.doesNotMatch(await scan(device, "CUP"), /offer/);
});

test("a binding that the server refused means nothing any more", async () => {
  const { server, device } = await floor();
  server.decide = ({ kind }) => (kind === "barcode.bind@1" ? { outcome: "rejected", reason: "barcode_taken" } : { outcome: "applied" });
  await ask(device, "/edge/receive");
  await tapOffer(device, await scan(device, "X-77"));
  await ask(device, "/edge/bind/item", { item: "i-1" });
  await ask(device, "/edge/bind/confirmation", {});

  device.network = (/** @type {string} */ address, /** @type {any} */ init) => server.fetch(address, init);
  await device.edge.sender.push();

  assert.match(await scan(device, "X-77"), /tone="bad"/);
});

test("whoever is killed while binding goes on with the same code", async () => {
  const { server, device } = await floor();
  await ask(device, "/edge/receive");
  await tapOffer(device, await scan(device, "X-77"));
  device.die();

  const again = createDevice({ server, disk: device.disk, seed: 2 });
  again.network = offline;
  await again.edge.start();

  assert.match(await ask(again, "/edge/start"), /data-screen="bind"[\s\S]*X-77/);
});
