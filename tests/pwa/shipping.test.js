import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import test from "node:test";

import { canonical } from "../../pwa/static/edge/canonical.js";
import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, createDisk, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

const CUP = { code: "CUP", name: "杯子", unit: "个", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: "bz" };
const PLACE = { warehouse: "w-1", zone: "A", kind: "bin", active: true };
const KEY = "ab".repeat(32);
const CARTON = "000000000000000017";
const SPARE = "000000000000000024";

/** Goods picked by u-9 into a tote for a notice; whoever signs in is u-7, and Li (u-8) has a key here. @param {Record<string, any>} [row] */
async function shop(row = {}) {
  const server = createServer();
  server.put("catalogue", "item", "i-1", CUP);
  server.put("catalogue", "item", "i-2", { ...CUP, code: "BOX", name: "盒子" });
  server.put("warehouse:w-1", "location", "l-4", { ...PLACE, code: "T-7", kind: "tote" });
  for (const [id, code] of [["l-5", CARTON], ["l-6", SPARE]]) server.put("warehouse:w-1", "location", id, { ...PLACE, code, kind: "carton" });
  server.put("warehouse:w-1", "balance", "i-1/l-4//", { on_hand: "5", held: "0" });
  server.put("warehouse:w-1", "balance", "i-2/l-4//", { on_hand: "2", held: "0" });
  server.put("warehouse:w-1", "notice", "sn-1", {
    number: "SN-1", state: "picked", next: "pack", customer: "张三商店", due: "", priority: 0, warehouse: "w-1",
    lines: [{ id: "1", item: "i-1", quantity: "3", picked: "3", packed: "0" }, { id: "2", item: "i-2", quantity: "2", picked: "2", packed: "0" }],
    totes: ["l-4"], cartons: [], pickers: ["u-9"], checkers: 1, checked: { "l-4": [] }, ...row,
  });
  server.users.set("B-8", { pin: "4321", user: { id: "u-8", name: "李四", role: "storekeeper", language: "zh", warehouses: ["w-1"] }, key: KEY });
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  await device.edge.people.signIn("B-8", "4321");
  await device.edge.people.signIn("B-7", "1234");
  await device.edge.settings.put("warehouse", "w-1");
  await device.edge.puller.pull();
  device.network = offline;
  return { server, disk, device };
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

/** Everything in the first carton, which is closed. @param {any} device */
async function packed(device) {
  await ask(device, "/edge/pack");
  await scan(device, "T-7");
  await scan(device, CARTON);
  await ask(device, "/edge/pack/all", { notice: "sn-1" });
}

test("tote, carton, one tap: everything of this notice is packed, what others put into the tote stays", async () => {
  const { device } = await shop();

  await packed(device);

  const [operation] = await written(device);
  assert.equal(operation.kind, "stock.pack@1");
  assert.deepEqual(operation.args, {
    carton: "l-5", document: "sn-1", lines: [{ item: "i-1", quantity: "3", source: "l-4" }, { item: "i-2", quantity: "2", source: "l-4" }],
  });
  assert.equal((await device.edge.rows.balancesAt("l-4")).find((/** @type {any} */ one) => one.item === "i-1").on_hand, "2");
});

test("more than the notice wants is refused once and packed when scanned again", async () => {
  const { device } = await shop();
  await ask(device, "/edge/pack");
  await scan(device, "T-7");
  await scan(device, CARTON);
  for (const _ of [1, 2, 3]) await scan(device, "CUP");

  const refused = await scan(device, "CUP");
  assert.match(refused, /tone="bad"/);
  await scan(device, "CUP");

  assert.equal((await written(device)).length, 4);
});

test("a carton is sealed with its weight and size, refused while closed, and opened again", async () => {
  const { device } = await shop();
  await packed(device);

  await ask(device, "/edge/pack/seal", { weight: "2.4", size: "40 30 20" });
  const closed = await scan(device, CARTON);
  await ask(device, "/edge/pack/opening", {});

  const [, sealed, opened] = (await written(device)).map(({ args }) => args);
  assert.deepEqual(sealed, { carton: "l-5", document: "sn-1", lines: [], state: "sealed", weight: "2.4", size: "400x300x200" });
  assert.match(closed, /tone="caution"/);
  assert.equal(opened.state, "open");
});

test("where nobody picks first, goods are packed from the shelf that is to give them", async () => {
  const { device, server } = await shop({
    state: "released", next: "pack", steps: ["pack", "ship"], totes: [], lines: [{ id: "1", item: "i-1", quantity: "3", picked: "0", packed: "0" }],
  });
  server.put("warehouse:w-1", "location", "l-2", { ...PLACE, code: "A-01" });
  server.put("warehouse:w-1", "balance", "i-1/l-2//", { on_hand: "9", held: "0" });
  server.put("warehouse:w-1", "pick", "a-1", { notice: "sn-1", line: "1", item: "i-1", location: "l-2", quantity: "3", picked: "0", position: 0, state: "open" });
  device.network = (/** @type {any} */ address, /** @type {any} */ init) => server.fetch(address, init);
  await device.edge.puller.pull();
  await ask(device, "/edge/pack");
  await ask(device, "/edge/pack/notice", { notice: "sn-1" });
  await scan(device, CARTON);

  await scan(device, "CUP");
  await ask(device, "/edge/pack/all", { notice: "sn-1" });

  const lines = (await written(device)).map(({ args }) => args.lines);
  assert.deepEqual(lines, [[{ item: "i-1", quantity: "1", source: "l-2" }], [{ item: "i-1", quantity: "2", source: "l-2" }]]);
});

test("a carton of another notice takes nothing in", async () => {
  const { device } = await shop();
  await packed(device);
  await ask(device, "/edge/pack/cancel", {});

  const screen = await scan(device, CARTON);

  assert.match(screen, /SN-1/);
  assert.match(await scan(device, "T-8"), /tone="bad"/);
});

/** Packed and found right by u-7, as far as scanning goes. @param {any} device */
async function seen(device) {
  await packed(device);
  await ask(device, "/edge/check");
  await scan(device, CARTON);
  for (const code of ["CUP", "CUP", "CUP", "BOX", "BOX"]) await scan(device, code);
}

test("what should be in a carton is on no screen until somebody has said what is", async () => {
  const { device } = await shop();
  await packed(device);
  await ask(device, "/edge/check");

  const begun = await scan(device, CARTON);
  const first = await scan(device, "CUP");
  const differs = await ask(device, "/edge/check/done", {});

  assert.doesNotMatch(begun, /盒子|BOX/);
  assert.doesNotMatch(first, /盒子|应/);
  assert.match(differs, /应 3 实 1/);
  assert.match(differs, /应 2 实 0/);
  const checked = (await written(device)).at(-1);
  assert.deepEqual([checked.kind, checked.args.lines], ["stock.check@1", [{ item: "i-1", quantity: "1" }]]);
});

test("one pair of eyes is enough where one is asked for", async () => {
  const { device } = await shop();
  await seen(device);

  const screen = await ask(device, "/edge/check/done", {});

  assert.match(screen, /tone="good"/);
  const { args } = (await written(device)).at(-1);
  assert.deepEqual(args.lines, [{ item: "i-2", quantity: "2" }, { item: "i-1", quantity: "3" }]);
  assert.equal(args.proof, undefined);
});

test("who picked it does not check it", async () => {
  const { device } = await shop({ pickers: ["u-7"] });
  await packed(device);
  await ask(device, "/edge/check");

  assert.match(await scan(device, CARTON), /你拣的货/);
});

test("the second person seals with their PIN what both saw, without a network", async () => {
  const { device } = await shop({ checkers: 2 });
  await seen(device);
  assert.match(await ask(device, "/edge/check/done", {}), /第二复核人/);

  await ask(device, "/edge/check/second", { badge: "B-8" });
  const wrong = await ask(device, "/edge/check/pin", { pin: "1111" });
  assert.match(wrong, /tone="bad"/);
  const right = await ask(device, "/edge/check/pin", { pin: "4321" });

  assert.match(right, /tone="good"/);
  const operation = (await written(device)).at(-1);
  const { carton, document, lines, proof } = operation.args;
  const said = [carton, document, lines.map((/** @type {any} */ line) => [line.item, line.quantity, "", ""])];
  const { device: name } = await device.edge.identity();
  const text = canonical(["stockhand-proof/1", name, operation.id, "u-8", "pin", ...said]);
  assert.deepEqual(proof, { user: "u-8", by: "pin", seal: createHmac("sha256", Buffer.from(KEY, "hex")).update(text).digest("hex") });
});

test("a scanned badge says who the second person is", async () => {
  const { device } = await shop({ checkers: 2 });
  await seen(device);
  await ask(device, "/edge/check/done", {});

  const screen = await scan(device, "USR:B-8");

  assert.match(screen, /tone="good"/);
  const operation = (await written(device)).at(-1);
  const { carton, document, lines, proof } = operation.args;
  const said = [carton, document, lines.map((/** @type {any} */ line) => [line.item, line.quantity, "", ""])];
  const { device: name } = await device.edge.identity();
  const text = canonical(["stockhand-proof/1", name, operation.id, "u-8", "badge", ...said]);
  const key = createHash("sha256").update("B-8").digest();
  assert.deepEqual(proof, { user: "u-8", by: "badge", seal: createHmac("sha256", key).update(text).digest("hex") });
});

test("nobody is their own second person, and no picker is anybody's", async () => {
  const { device } = await shop({ checkers: 2, pickers: ["u-8"] });
  await seen(device);
  await ask(device, "/edge/check/done", {});

  assert.match(await scan(device, "USR:B-7"), /第二人不能是本人/);
  assert.match(await scan(device, "USR:B-8"), /拣货人不能/);
  assert.match(await ask(device, "/edge/check/alone", {}), /tone="good"/);
  assert.equal((await written(device)).at(-1).args.proof, undefined);
});

test("what the device keeps of a key is of no use without the PIN", async () => {
  const { device } = await shop();

  const kept = JSON.stringify(await device.edge.settings.get("people"));

  assert.ok(kept.includes("coveredKey"));
  assert.ok(!kept.includes(KEY));
});

// --- shipping ---

/** Packed, checked by u-7, and ready to leave. @param {Record<string, any>} [row] */
async function ready(row) {
  const { device, ...more } = await shop(row);
  await seen(device);
  await ask(device, "/edge/check/done", {});
  await ask(device, "/edge/ship");
  return { device, ...more };
}

test("a carton leaves with its carrier and number, and all that is in it", async () => {
  const { device } = await ready();

  await ask(device, "/edge/ship/carrier", { carrier: "顺丰" });
  await scan(device, CARTON);
  await scan(device, "SF1234567890");
  await ask(device, "/edge/ship/departure", {});

  const { kind, args } = (await written(device)).at(-1);
  assert.equal(kind, "stock.ship@1");
  assert.deepEqual(args, {
    carton: "l-5", document: "sn-1", carrier: "顺丰", tracking: "SF1234567890",
    lines: [{ item: "i-1", quantity: "3" }, { item: "i-2", quantity: "2" }],
  });
  assert.deepEqual((await device.edge.rows.balancesAt("l-5")).map((/** @type {any} */ one) => one.on_hand), ["0", "0"]);
  assert.match(await ask(device, "/edge/ship"), /顺丰/);
});

test("what nobody has checked does not leave, nor what has left", async () => {
  const { device } = await shop();
  await packed(device);
  await ask(device, "/edge/ship");

  assert.match(await scan(device, CARTON), /还没有复核/);
  assert.equal((await written(device)).length, 1);
});

test("a carton with the label of an older address stays until somebody has looked into it anew", async () => {
  const { device } = await shop({ checkers: 0, relabel: ["l-5"] });
  await packed(device);
  await ask(device, "/edge/ship");
  assert.match(await scan(device, CARTON), /换新箱签/);

  await ask(device, "/edge/check");
  await scan(device, CARTON);
  for (const code of ["CUP", "CUP", "CUP", "BOX", "BOX"]) await scan(device, code);
  await ask(device, "/edge/check/done", {});
  await ask(device, "/edge/ship");

  assert.match(await scan(device, CARTON), /待发/);
});

test("a check by one is not enough where two are asked for", async () => {
  const { device } = await shop({ checkers: 2 });
  await seen(device);
  await ask(device, "/edge/check/done", {});
  await ask(device, "/edge/check/alone", {});
  await ask(device, "/edge/ship");

  assert.match(await scan(device, CARTON), /还没有复核/);
});

test("a lot on hold stays, wherever the book says so", async () => {
  const { device, server } = await shop({ checkers: 0 });
  server.put("catalogue", "item", "i-3", { ...CUP, code: "MILK", name: "牛奶", lot: true });
  server.put("warehouse:w-1", "balance", "i-3/l-5/L1/", { on_hand: "1", held: "0" });
  server.put("warehouse:w-1", "balance", "i-3/l-4/L1/", { on_hand: "1", held: "1" });
  server.put("warehouse:w-1", "notice", "sn-2", {
    number: "SN-2", state: "packed", next: "ship", customer: "李", due: "", priority: 0, lines: [{ id: "9", item: "i-3", quantity: "1", picked: "1", packed: "1" }],
    totes: [], cartons: [{ location: "l-5", code: CARTON, state: "sealed" }], pickers: [], checkers: 0, checked: { "l-5": [] },
  });
  device.network = (/** @type {any} */ address, /** @type {any} */ init) => server.fetch(address, init);
  await device.edge.puller.pull();
  await ask(device, "/edge/ship");

  assert.match(await scan(device, CARTON), /冻结/);
});

test("where shipping is no step, the check that completes a notice sends it, in one group", async () => {
  const { device } = await shop({ steps: ["pick", "pack", "check"] });
  await seen(device);

  await ask(device, "/edge/check/done", {});

  const [check, sent] = (await written(device)).slice(-2);
  assert.deepEqual([check.kind, sent.kind, sent.args.carton], ["stock.check@1", "stock.ship@1", "l-5"]);
  assert.equal(check.group.id, sent.group.id);
});

test("and without a check, closing the last carton does", async () => {
  const { device } = await shop({ steps: ["pick", "pack"], checkers: 0 });
  await packed(device);

  await ask(device, "/edge/pack/seal", { weight: "2" });

  assert.deepEqual((await written(device)).map(({ kind }) => kind), ["stock.pack@1", "stock.pack@1", "stock.ship@1"]);
});

const INK = Buffer.from("ink of a signature");

test("a signature is on disk before the screen answers, and goes up once when the network is back", async () => {
  const { device, server } = await ready();
  await scan(device, CARTON);
  await ask(device, "/edge/ship/departure", {});
  await ask(device, "/edge/door");
  await scan(device, CARTON);

  await ask(device, "/edge/door/picture", { kind: "signature", picture: INK.toString("base64"), signer: "陈" });
  const again = createDevice({ server, disk: device.disk });
  assert.equal(await again.edge.pictures.waiting(), 1);
  await ask(device, "/edge/door/delivered", { signer: "陈" });

  const { kind, args } = (await written(device)).at(-1);
  assert.deepEqual([kind, args], ["delivery.confirm@1", { document: "sn-1", outcome: "delivered", signer: "陈", signature: createHash("sha256").update(INK).digest("hex") }]);
  await device.edge.pictures.send();
  assert.equal(await device.edge.pictures.waiting(), 1);
  device.network = (/** @type {any} */ address, /** @type {any} */ init) => server.fetch(address, init);
  await device.edge.pictures.send();
  await device.edge.pictures.send();
  assert.equal(await device.edge.pictures.waiting(), 0);
  assert.deepEqual(server.files.get(args.signature), INK);
  assert.deepEqual(server.pictures, [args.signature]);
});

test("what was drawn is the signature, though nobody said that it was finished", async () => {
  const { device } = await ready();
  await scan(device, CARTON);
  await ask(device, "/edge/ship/departure", {});
  await ask(device, "/edge/door");
  await scan(device, CARTON);

  await ask(device, "/edge/door/delivered", { signer: "", picture: INK.toString("base64") });

  assert.equal((await written(device)).at(-1).args.signature, createHash("sha256").update(INK).digest("hex"));
  assert.equal(await device.edge.pictures.waiting(), 1);
});

test("a refusal says why, and what does not travel is not delivered", async () => {
  const { device } = await ready();
  await ask(device, "/edge/door");
  assert.match(await scan(device, CARTON), /不在送货途中/);
  await ask(device, "/edge/ship");
  await scan(device, CARTON);
  await ask(device, "/edge/ship/departure", {});
  await ask(device, "/edge/door/notice", { notice: "sn-1" });

  assert.match(await ask(device, "/edge/door/refusal", { reason: " " }), /tone="bad"/);
  await ask(device, "/edge/door/refusal", { reason: "破损" });

  assert.deepEqual((await written(device)).at(-1).args, { document: "sn-1", outcome: "refused", reason: "破损" });
});
