import assert from "node:assert/strict";
import { test } from "node:test";
import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const PLACE = { warehouse: "w-1", zone: "A", aisle: "A", bay: "1", level: "1", active: true };

/** A device whose person stands at the receiving screen, or picks into a tote, far from any network. */
async function at(activity) {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "barcode", "06901234567892", { item: "i-1", unit: "个", factor: "1" });
  server.put("warehouse:w-1", "location", "l-1", { ...PLACE, code: "DOCK", kind: "dock" });
  server.put("warehouse:w-1", "location", "l-2", { ...PLACE, code: "A-01", kind: "bin" });
  server.put("warehouse:w-1", "location", "l-4", { ...PLACE, code: "T-7", kind: "tote" });
  server.put("warehouse:w-1", "balance", "i-1/l-2//", { on_hand: "100", held: "0" });
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  await ask(device, `/edge/${activity}`);
  if (activity === "pick") await scan(device, "LOC-T-7");
  return { disk, device, server };
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  return (await handle(new Request(`http://device${path}`, init), device.edge)).text();
}

/** @param {any} device @param {string} text */
function scan(device, text) {
  return ask(device, "/edge/scan", { text, source: "wedge" });
}

/** @param {any} device @returns {Promise<number>} how many were put on disk */
async function written(device) {
  return (await device.edge.outbox.recent(50)).length;
}

for (const activity of ["receive", "pick"]) {
  test(`${activity}: a scan waits for the disk as often after a hundred unsent scans as after the first`, async () => {
    const { device } = await at(activity);
    await scan(device, "6901234567892");
    await scan(device, "6901234567892");
    const few = await transactionsOf(device, () => scan(device, "6901234567892"));
    for (let i = 0; i < 100; i += 1) await scan(device, "6901234567892");

    const many = await transactionsOf(device, () => scan(device, "6901234567892"));

    assert.equal(many, few);
    assert.ok(few <= 4, `${few} transactions: three looks at the beginning and one write`);
  });

  test(`${activity}: killed at any step of a scan, the line on the screen and the operation on disk agree`, async () => {
    for (let dieAt = 1; ; dieAt += 1) {
      const { disk, device, server } = await at(activity);
      await scan(device, "6901234567892");
      const before = await written(device);
      device.life.steps = 0;
      device.life.dieAt = dieAt;
      await quietly(() => scan(device, "6901234567892"));
      const isDead = device.life.dead;

      const after = createDevice({ disk, server });
      after.network = offline;
      await after.edge.start();
      const screen = await ask(after, "/edge/start");
      const [newest] = await after.edge.outbox.recent(1);

      assert.match(screen, new RegExp(`data-screen="${activity}"`));
      assert.match(screen, new RegExp(`/edge/undo/${newest.operation.id}`), "the last line is the last operation");
      assert.ok((await written(after)) - before <= 1);
      if (!isDead) break;
    }
  });
}

/** Steps of the device that are transactions; what runs later, beside the answer, is not waited for. @param {any} device @param {() => Promise<unknown>} action @returns {Promise<number>} */
async function transactionsOf(device, action) {
  const before = device.life.transactions;
  await action();
  return device.life.transactions - before;
}

/** @param {() => Promise<unknown>} action */
async function quietly(action) {
  const { error } = console;
  console.error = () => undefined;
  try {
    await action();
  } catch {
    // it died
  } finally {
    console.error = error;
  }
}
