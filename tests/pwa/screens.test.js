import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, createTime, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子 <b>", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const BIN = { code: "A-01", warehouse: "w-1", zone: "A", kind: "bin", aisle: "A", bay: "1", level: "1", active: true };

/** A warehouse with ten cups at the dock, and a device on the disk that was enrolled there. */
async function shop() {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "barcode", "06901234567892", { item: "i-1", unit: "箱", factor: "12" });
  server.put("warehouse:w-1", "location", "l-1", { ...BIN, code: "DOCK", kind: "dock" });
  server.put("warehouse:w-1", "location", "l-2", BIN);
  server.put("warehouse:w-1", "location", "l-4", { ...BIN, code: "T-7", kind: "tote" });
  server.put("warehouse:w-1", "balance", "i-1/l-1//", { on_hand: "10", held: "0" });
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  return { server, disk, device };
}

/** @param {any} device @param {string} path @param {Record<string, string>} [values] @returns {Promise<string>} */
async function ask(device, path, values) {
  const init = values ? { method: "POST", body: new URLSearchParams(values) } : {};
  const response = await handle(new Request(`http://device${path}`, init), device.edge);
  return response.text();
}

/** @param {any} device @param {string} text */
function scan(device, text) {
  return ask(device, "/edge/scan", { text, source: "wedge" });
}

/** @param {any} device @returns {Promise<any[]>} oldest first */
async function written(device) {
  return (await device.edge.outbox.recent(50)).map((/** @type {any} */ { operation }) => operation).reverse();
}

test("a carton is received by one scan with the network off, and shown with what it counts", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");

  const screen = await scan(device, "6901234567892");

  const [operation] = await written(device);
  assert.deepEqual([operation.kind, operation.args.quantity, operation.args.target, operation.user], ["stock.receive@1", "12", "l-1", "u-7"]);
  assert.match(screen, /data-screen="receive"/);
  assert.match(screen, /tone="good"/);
  assert.match(screen, /\+12/);
});

test("a name with signs of HTML is text", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");

  const screen = await scan(device, "CUP");

  assert.match(screen, /杯子 &lt;b&gt;/);
  assert.doesNotMatch(screen, /杯子 <b>/);
});

test("a wrong scan is refused without writing, and the next good scan clears it", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");

  const wrong = await scan(device, "NO-SUCH");
  const good = await scan(device, "CUP");

  assert.match(wrong, /tone="bad"[^>]*role="alert"/);
  assert.doesNotMatch(good, /tone="bad"/);
  assert.equal((await written(device)).length, 1);
});

test("what is typed on the pad counts when the next scan comes", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");
  await scan(device, "CUP");

  await ask(device, "/edge/scan", { text: "CUP", source: "wedge", pad: "48" });

  const kinds = (await written(device)).map(({ kind, args }) => [kind, args.quantity]);
  assert.deepEqual(kinds, [["stock.receive@1", "1"], ["op.undo@1", undefined], ["stock.receive@1", "48"], ["stock.receive@1", "1"]]);
});

test("undo takes the last booking back with one tap, once", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");
  await scan(device, "CUP");
  const [{ id }] = await written(device);

  const first = await ask(device, `/edge/undo/${id}`, {});
  const second = await ask(device, `/edge/undo/${id}`, {});

  assert.match(first, /tone="caution"/);
  assert.match(second, /tone="bad"/);
  assert.deepEqual((await written(device)).map(({ kind }) => kind), ["stock.receive@1", "op.undo@1"]);
});

test("a count shows no figure of the book, and done writes what was seen", async () => {
  const { device } = await shop();
  await ask(device, "/edge/count");

  const screens = [await scan(device, "LOC-DOCK"), await scan(device, "CUP"), await ask(device, "/edge/count/done", {})];

  for (const screen of screens) assert.doesNotMatch(screen, />10</);
  assert.deepEqual((await written(device))[0].args, { location: "l-1", lines: [{ item: "i-1", quantity: "1" }], complete: true });
});

test("short proposes what to do and writes that none is left", async () => {
  const { device } = await shop();
  await ask(device, "/edge/pick");
  await scan(device, "T-7");
  await scan(device, "A-01");

  const screen = await ask(device, "/edge/pick/short", { item: "i-1" });

  assert.deepEqual((await written(device))[0].args, { location: "l-2", lines: [{ item: "i-1", quantity: "0" }], complete: false });
  assert.match(screen, /data-screen="short"/);
});

test("the item card says where it lies and how old that is", async () => {
  const { device } = await shop();

  const card = await ask(device, "/edge/items/i-1");

  assert.match(card, /DOCK/);
  assert.match(card, /数据截至/);
});

test("whoever signs out leaves the queue and takes the work along", async () => {
  const { device } = await shop();
  await ask(device, "/edge/receive");
  await scan(device, "CUP");

  const screen = await ask(device, "/edge/signout", {});

  assert.match(screen, /data-screen="signin"/);
  assert.match(screen, /1 项等待发送/);
  assert.match(await scan(device, "CUP"), /tone="bad"/);
});

test("killed at any step of a move, the same screen comes back and the move is written once", async (context) => {
  context.mock.method(console, "error", () => undefined); // every death is reported there, as it should be
  for (let dieAt = 1; dieAt < 400; dieAt += 1) {
    const { server, disk, device } = await shop();
    await ask(device, "/edge/move");
    await scan(device, "CUP");
    device.life.dieAt = device.life.steps + dieAt;
    await scan(device, "A-01").catch(() => "");
    const survived = !device.life.dead;

    const time = createTime(1_790_000_060_000);
    const again = createDevice({ server, disk, time, seed: 2 });
    again.network = offline;
    await again.edge.start();
    const screen = await ask(again, "/edge/start");
    const booked = (await written(again)).length;
    const inHand = /hx-post="\/edge\/move\/cancel"/.test(screen);

    assert.match(screen, /data-screen="move"/);
    assert.equal(inHand, booked === 0, `killed at step ${dieAt}: ${booked} written, in hand: ${inHand}`);
    if (survived) return;
  }
  assert.fail("the move never came to its end");
});
