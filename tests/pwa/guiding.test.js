import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const ITEM = { unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "" };
const PLACE = { warehouse: "w-1", zone: "A", kind: "bin", aisle: "A", level: "1", active: true };
const HERE = "warehouse:w-1";

/** A notice of three lines in bins of their own, and a device of its warehouse without a network. @param {object} [given] of the notice */
async function floor(given = {}) {
  const server = createServer();
  ["CUP", "PEN", "BOX"].forEach((code, index) => {
    server.put("catalogue", "item", `i-${index + 1}`, { ...ITEM, code, name: code });
    server.put(HERE, "location", `l-${index + 1}`, { ...PLACE, code: `A-0${index + 1}`, bay: index + 1 });
    server.put(HERE, "balance", `i-${index + 1}/l-${index + 1}//`, { on_hand: "9", held: "0" });
    server.put(HERE, "pick", `a-${index + 1}`, { notice: "sn-1", line: `${index + 1}`, item: `i-${index + 1}`, location: `l-${index + 1}`, quantity: "2", picked: "0", position: index, state: "open" });
  });
  server.put(HERE, "location", "l-8", { ...PLACE, code: "T-8", kind: "tote" });
  server.put(HERE, "notice", "sn-1", notice(given));
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  return { server, disk, device };
}

/** @param {object} given */
function notice(given) {
  const lines = [1, 2, 3].map((line) => ({ id: `${line}`, item: `i-${line}`, quantity: "2", picked: "0" }));
  return { number: "SN-1", state: "released", customer: "金鼎", due: "", priority: 0, next: "pick", lines, ...given };
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

test("one tap takes the task, one scan the tote, one each line; then it is told how far one has walked", async () => {
  const { device } = await floor();
  assert.match(await ask(device, "/edge/home"), /hx-post="\/edge\/guide\/next"/);

  const screens = [await ask(device, "/edge/guide/next", {}), await scan(device, "LOC-T-8"), await scan(device, "CUP"), await scan(device, "PEN"), await scan(device, "BOX")];

  assert.match(screens[1], /place-code">A-01</);
  assert.match(screens[2], /place-code">A-02</);
  assert.match(screens[4], /SN-1 拣完[\s\S]*T-8[\s\S]*走了 7 米/);
  const made = (await written(device)).map(({ kind, args }) => [kind, args.task ?? args.item, args.quantity]);
  assert.deepEqual(made, [["task.take@1", "sn-1", undefined], ["stock.pick@1", "i-1", "2"], ["stock.pick@1", "i-2", "2"], ["stock.pick@1", "i-3", "2"]]);
});

test("started anew, the app shows the line that was next", async () => {
  const { device, disk, server } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");
  await scan(device, "CUP");

  const again = createDevice({ server, disk });
  again.network = offline;

  assert.match(await ask(again, "/edge/start"), /data-screen="guide"[\s\S]*T-8[\s\S]*place-code">A-02</);
});

test("a wrong item is refused in the picture, and writes nothing", async () => {
  const { device } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");

  assert.match(await scan(device, "BOX"), /tone="bad"[\s\S]*要拣 CUP/);
  assert.equal((await written(device)).length, 1);
});

test("where every bin is to be scanned, the goods alone do not do", async () => {
  const { device } = await floor({ strict: true });
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");

  assert.match(await scan(device, "CUP"), /tone="bad"[\s\S]*先扫描库位 A-01/);
  await scan(device, "LOC-A-01");
  assert.match(await scan(device, "CUP"), /tone="good"/);
});

test("skipped, a line stands at the end; undone, it stands there again", async () => {
  const { device } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");

  assert.doesNotMatch(await ask(device, "/edge/guide/skip", {}), /class="visit-place"><b class="place-code">A-01</);
  await scan(device, "LOC-A-02");
  await scan(device, "PEN");
  const undone = await ask(device, "/edge/guide/undo", {});

  assert.match(undone, /tone="caution"/);
  assert.match(undone, /3<\/b>/);
});

test("short is asked and told in two taps, and the bin that holds it too stands there", async () => {
  const { device, server } = await floor();
  server.put(HERE, "balance", "i-1/l-3//", { on_hand: "4", held: "0" });
  device.network = server.fetch;
  await device.edge.puller.pull();
  device.network = offline;
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");

  assert.match(await ask(device, "/edge/guide/short"), /没有货了[\s\S]*破损/);
  const after = await ask(device, "/edge/guide/short", { reason: "none_left" });

  assert.match(after, /class="visit-place"><b class="place-code">A-03[\s\S]*CUP/);
  assert.deepEqual((await written(device)).slice(1).map(({ kind, args }) => [kind, args.short_reason]), [["stock.count@1", undefined], ["stock.pick@1", "none_left"]]);
});

test("once the rows say that another is at it, the picker is told and nothing more is written", async () => {
  const { device, server } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");
  server.put(HERE, "notice", "sn-1", notice({ state: "picking", taken: "u-9", taker: "王芳" }));
  device.network = server.fetch;
  await device.edge.puller.pull();
  device.network = offline;

  assert.match(await ask(device, "/edge/guide/news"), /王芳/);
  assert.match(await scan(device, "CUP"), /tone="bad"[\s\S]*王芳/);
  assert.equal((await written(device)).filter(({ kind }) => kind === "stock.pick@1").length, 0);
});

test("a task that is another's cannot be taken, and is not the next", async () => {
  const { device } = await floor({ taken: "u-9", taker: "王芳" });

  assert.match(await ask(device, "/edge/guide/next", {}), /tone="bad"/);
  assert.match(await ask(device, "/edge/guide/take", { task: "sn-1" }), /王芳/);
  assert.deepEqual(await written(device), []);
});

test("whoever goes home in the middle of a task leaves it to others", async () => {
  const { device } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");

  await ask(device, "/edge/signout", {});

  assert.deepEqual((await written(device)).map(({ args }) => [args.task, args.leave]), [["sn-1", undefined], ["sn-1", true]]);
});

test("a line that no bin can fill is said at the end", async () => {
  const { device } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");
  await scan(device, "CUP");
  await scan(device, "PEN");

  assert.match(await ask(device, "/edge/guide/short", { reason: "none_left" }), /SN-1 拣完[\s\S]*还缺 1 项/);
});

test("a device works in one warehouse, whatever others its person may see", async () => {
  const { device } = await floor({ warehouse: "w-9" });

  assert.match(await ask(device, "/edge/home"), /没有拣货任务/);
});

test("where nobody picks there is no task to pick", async () => {
  const { device } = await floor({ next: "pack" });

  assert.match(await ask(device, "/edge/home"), /没有拣货任务/);
});

test("what the order does not want any more is put back, from the tote into the bin", async () => {
  const { device, server } = await floor({ state: "put_back" });
  server.put(HERE, "task", "t-1", { kind: "put_back", document: "sn-1", number: "SN-1", reason: "cancelled", people: ["u-7"], takes: [{ item: "i-1", quantity: "2", source: "l-8", target: "l-1" }] });
  device.network = server.fetch;
  await device.edge.puller.pull();
  device.network = offline;

  assert.match(await ask(device, "/edge/guide/next", {}), /订单已取消[\s\S]*A-01[\s\S]*CUP/);
  assert.match(await scan(device, "LOC-A-01"), /SN-1 已全部放回/);

  const [move] = await written(device);
  assert.deepEqual([move.kind, move.args], ["stock.move@1", { item: "i-1", quantity: "2", source: "l-8", target: "l-1", document: "sn-1" }]);
});

test("the scan of another item at another bin waits for the disk eight times at most", async () => {
  const { device } = await floor();
  await ask(device, "/edge/guide/next", {});
  await scan(device, "LOC-T-8");
  await scan(device, "CUP");
  const before = device.life.transactions;

  await scan(device, "PEN");

  const waited = device.life.transactions - before;
  assert.ok(waited <= 8, `${waited} transactions: three looks, one write, and what was never read of the item and the two bins`);
});
