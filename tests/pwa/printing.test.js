import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const PRINTERS = {
  "p-1": { name: "办公室", station: "办公室电脑", default: true, ready: true },
  "p-2": { name: "收货标签机", station: "收货台", default: false, ready: true },
  "p-3": { name: "坏了的", station: "仓库", default: false, ready: false },
};

/** A device without a network that knows these printers. @param {Record<string, object>} [printers] */
async function house(printers = PRINTERS) {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  for (const [id, body] of Object.entries(printers)) server.put("catalogue", "printer", id, body);
  const device = await enrolled(createDevice({ server }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.puller.pull();
  device.network = offline;
  return { server, device };
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] @returns {Promise<string>} */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  return (await handle(new Request(`http://device${path}`, init), device.edge)).text();
}

/** Tap the big button of the label screen. @param {any} device @param {string} screen */
function send(device, screen) {
  const [, values] = /hx-post="\/edge\/print" hx-vals='([^']*)'/.exec(screen) ?? [];
  assert.ok(values);
  return ask(device, "/edge/print", JSON.parse(values.replaceAll("&quot;", '"')));
}

/** @param {any} device @returns {Promise<string|undefined>} */
async function printedAt(device) {
  const [last] = await device.edge.outbox.recent(1);
  assert.equal(last.operation.kind, "print.request@1");
  return last.operation.args.printer;
}

/** @param {string} screen @returns {string[]} */
const chosen = (screen) => [...screen.matchAll(/aria-pressed="true"[^>]*><b>([^<]*)<\/b><span>/g)].map(([, name]) => name);

test("without a tap the label comes out where the house says, and the choice stays the house's", async () => {
  const { device } = await house();

  const screen = await ask(device, "/edge/print/item/i-1");
  await send(device, screen);

  assert.deepEqual(chosen(screen), ["办公室"]);
  assert.equal(await printedAt(device), undefined);
});

test("a printer that was tapped is remembered on this device, with copies kept", async () => {
  const { device } = await house();
  const screen = await ask(device, "/edge/print/item/i-1?copies=5");
  const [, path] = /hx-get="([^"]*printer=p-2[^"]*)"/.exec(screen) ?? [];

  await send(device, await ask(device, path.replaceAll("&amp;", "&")));
  const [first] = await device.edge.outbox.recent(1);
  const again = await ask(device, "/edge/print/item/i-1");
  await send(device, again);

  assert.deepEqual([first.operation.args.printer, first.operation.args.copies], ["p-2", 5]);
  assert.deepEqual(chosen(again), ["收货标签机"]);
  assert.equal(await printedAt(device), "p-2");
});

test("a printer that is out of order is not offered, and what was remembered of it is forgotten", async () => {
  const { device } = await house();
  await device.edge.settings.put("printer", "p-3");

  const screen = await ask(device, "/edge/print/item/i-1");

  assert.doesNotMatch(screen, /坏了的/);
  assert.deepEqual(chosen(screen), ["办公室"]);
});

test("where there is one printer nobody is asked", async () => {
  const { device } = await house({ "p-1": PRINTERS["p-1"] });

  const screen = await ask(device, "/edge/print/item/i-1");

  assert.doesNotMatch(screen, /打印机/);
  await send(device, screen);
  assert.equal(await printedAt(device), undefined);
});
