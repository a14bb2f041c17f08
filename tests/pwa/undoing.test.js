import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const TEA = { ...CUP, code: "TEA", name: "龙井", lot: true };

/** A device at a dock, without a network from the beginning of the shift. */
async function dock() {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "item", "i-2", TEA);
  server.put("warehouse:w-1", "location", "l-1", { code: "DOCK", warehouse: "w-1", kind: "dock", active: true });
  const device = await enrolled(createDevice({ server }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  await ask(device, "/edge/receive");
  return { server, device };
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] @returns {Promise<string>} */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  return (await handle(new Request(`http://device${path}`, init), device.edge)).text();
}

/** @param {any} device @param {string} text */
const scan = (device, text) => ask(device, "/edge/scan", { text, source: "wedge" });

/** What can be tapped on the undo screen. @param {string} screen @returns {string[]} */
const undoable = (screen) => [...screen.matchAll(/hx-post="\/edge\/undo\/([^"]+)"/g)].map(([, id]) => id);

/** @param {any} device @returns {Promise<number>} */
async function lying(device) {
  const [balance] = await device.edge.rows.balancesAt("l-1");
  return Number(balance?.on_hand ?? 0);
}

test("each of the last twenty scans is taken back with one tap, in any order, without a network", async () => {
  const { device } = await dock();
  for (let i = 0; i < 23; i += 1) await scan(device, "CUP");

  const offered = undoable(await ask(device, "/edge/undo"));
  for (const id of [offered[7], ...offered.filter((_, i) => i !== 7)]) {
    const answer = await ask(device, `/edge/undo/${id}`, { from: "undo" });
    assert.match(answer, /data-screen="undo"/);
    assert.match(answer, /tone="caution"/);
  }

  assert.equal(offered.length, 20);
  assert.equal(await lying(device), 3);
});

test("what was taken back is not offered again, and does not make room for older ones", async () => {
  const { device } = await dock();
  for (let i = 0; i < 21; i += 1) await scan(device, "CUP");
  const [latest, ...others] = undoable(await ask(device, "/edge/undo"));

  await ask(device, `/edge/undo/${latest}`, { from: "undo" });

  assert.deepEqual(undoable(await ask(device, "/edge/undo")), others);
});

test("after the battery died the same line stands on the screen without a tap, and a scan completes it", async () => {
  const { server, device } = await dock();
  await scan(device, "CUP");
  const before = await scan(device, "TEA");
  device.die();

  const again = createDevice({ server, disk: device.disk, seed: 2 });
  again.network = offline;
  await again.edge.start();
  const after = await ask(again, "/edge/start");
  const completed = await scan(again, "L2409");

  for (const screen of [before, after]) assert.match(screen, /data-screen="receive"[\s\S]*class="card line open[\s\S]*龙井/);
  assert.match(completed, /tone="good"/);
  const received = (await again.edge.outbox.recent(10)).map((/** @type {any} */ { operation }) => [operation.args.item, operation.args.lot]);
  assert.deepEqual(received, [["i-2", "L2409"], ["i-1", undefined]]);
});
