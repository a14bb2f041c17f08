import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { BY, createDevice, createTime, enrolled, offline, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

/** Two devices of one house, both out of reach of it; the first has written something down. @param {number} written */
async function pair(written) {
  const server = createServer();
  server.tokens.add("token-2");
  server.devices.set("d-2", { secret: "s-2", revoked: false });
  const giver = await enrolled(createDevice({ server }));
  const taker = await enrolled(createDevice({ server, time: createTime(1_790_000_500_000), seed: 7 }), "token-2");
  for (const device of [giver, taker]) {
    await device.edge.people.signIn("B-7", "1234");
    device.network = offline;
  }
  for (let i = 0; i < written; i += 1) await giver.edge.outbox.add([receive("i-1", i + 1)], BY);
  return { server, giver, taker };
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  return (await handle(new Request(`http://device${path}`, init), device.edge)).text();
}

/** @param {any} device @param {string} text */
const scan = (device, text) => ask(device, "/edge/scan", { text, source: "camera" });

/** The codes a device shows. @param {any} device @returns {Promise<string[]>} */
async function codesOf(device) {
  const [, frames] = /<qr-series[^>]* frames="([^"]*)"/.exec(await ask(device, "/edge/rescue")) ?? [];
  return (frames ?? "").split(" ").filter(Boolean);
}

/** @param {any} device @returns {Promise<string[]>} */
async function idsOf(device) {
  return (await device.edge.outbox.recent(100)).map((/** @type {any} */ { operation }) => operation.id).reverse();
}

test("what waits is read from one screen by another device in any order, under the ids it had", async () => {
  const { giver, taker } = await pair(30);
  const codes = await codesOf(giver);
  assert.ok(codes.length > 2);

  const screens = [];
  for (const code of [codes[1], codes[1], ...codes.slice(2), codes[0]]) screens.push(await scan(taker, code));

  assert.match(screens[0], new RegExp(`data-screen="take-in"[\\s\\S]*<progress max="${codes.length}" value="1"`));
  assert.match(screens[1], /tone="quiet"[\s\S]*这张已扫过/);
  assert.match(screens[screens.length - 1], /tone="good"[\s\S]*已接收 30 项/);
  assert.deepEqual(await idsOf(taker), await idsOf(giver));
});

test("a series that is still on the screen when all of it was read is not taken in again", async () => {
  const { giver, taker } = await pair(2);
  const [code] = await codesOf(giver);
  await scan(taker, code);

  const again = await scan(taker, code);

  assert.match(again, /tone="quiet"/);
  assert.match(again, /已接收 2 项/);
});

test("half a series outlives the death of the device that reads it", async () => {
  const { server, giver, taker } = await pair(20);
  const [first, ...others] = await codesOf(giver);
  for (const code of others) await scan(taker, code);
  taker.die();

  const again = createDevice({ server, disk: taker.disk, seed: 9 });
  again.network = offline;
  await again.edge.start();

  assert.match(await scan(again, first), /已接收 20 项/);
});

test("a full disk still shows everything, what is only in memory too", async (context) => {
  context.mock.method(console, "error", () => undefined);
  const { giver, taker } = await pair(3);
  giver.disk.full = true;
  await assert.rejects(giver.edge.outbox.add([receive("i-1", 9)], BY));

  for (const code of await codesOf(giver)) await scan(taker, code);

  assert.equal((await idsOf(taker)).length, 4);
});

test("both devices come back to the server, and everything is booked once", async () => {
  const { server, giver, taker } = await pair(5);
  for (const code of await codesOf(giver)) await scan(taker, code);

  for (const device of [taker, giver]) {
    device.network = (/** @type {string} */ address, /** @type {any} */ init) => server.fetch(address, init);
    await device.edge.sender.push();
  }

  assert.equal(server.balance("i-1", "l-1"), 1 + 2 + 3 + 4 + 5);
});

test("a file does the same, and a spoilt one changes nothing", async () => {
  const { giver, taker } = await pair(3);
  const lines = await ask(giver, "/edge/unsent");

  const spoilt = await ask(taker, "/edge/take-in/file", { lines: `${lines}\n{"id": 7` });
  assert.deepEqual(await idsOf(taker), []);
  const taken = await ask(taker, "/edge/take-in/file", { lines });
  const again = await ask(taker, "/edge/take-in/file", { lines });

  assert.match(spoilt, /tone="bad"/);
  assert.match(taken, /已接收 3 项/);
  assert.match(again, /已接收 0 项[\s\S]*3 项本机早已有/);
});

test("nobody who is not signed in takes anything in", async () => {
  const { giver, taker } = await pair(1);
  const [code] = await codesOf(giver);
  await ask(taker, "/edge/signout", {});

  assert.match(await scan(taker, code), /data-screen="signin"/);
  assert.match(await ask(taker, "/edge/take-in/file", { lines: await ask(giver, "/edge/unsent") }), /data-screen="signin"/);
  assert.deepEqual(await idsOf(taker), []);
});

test("when everything was sent there is nothing to hand over", async () => {
  const { giver } = await pair(0);

  assert.match(await ask(giver, "/edge/rescue"), /没有未发送的作业/);
});
