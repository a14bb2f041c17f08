import assert from "node:assert/strict";
import { test } from "node:test";
import { BY, createDevice, createDisk, enrolled, offline, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

const itemBody = (i) => ({ code: `CUP-${i}`, name: `陶瓷杯 ${i}`, unit: "pcs", scale: 0, lot: false, expiry: false, serial: false, active: true, units: [], initials: `tcb${i}` });

/** A server with much to tell: items with barcodes, bins, and something in each of them. */
function stocked(count = 3000) {
  const server = createServer();
  server.snapshots = true;
  for (let i = 1; i <= count; i += 1) {
    server.put("catalogue", "item", `i-${i}`, itemBody(i));
    if (i % 5 === 0) server.put("catalogue", "barcode", `0690000${String(i).padStart(7, "0")}`, { item: `i-${i}`, unit: "pcs", factor: "1" });
  }
  for (let i = 1; i <= 40; i += 1) {
    server.put("warehouse:w-1", "location", `l-${i}`, { code: `A-${i}`, warehouse: "w-1", kind: "bin" });
    server.put("warehouse:w-1", "balance", `i-${i}/l-${i}//`, { on_hand: String(i), held: "0", expiry: null });
    server.put("warehouse:w-1", "balance", `i-${i}/l-1/L9/`, { on_hand: "2", held: "0", expiry: "2027-01-01" });
  }
  return server;
}

const FILES = 10;

async function begun(server = stocked()) {
  const device = await enrolled(createDevice({ server }));
  assert.equal((await device.edge.puller.pull()).state, "done");
  return { server, device, edge: device.edge };
}

const asked = (server, path) => server.requests.filter((request) => request.path.startsWith(path)).length;
const files = (server) => server.requests.filter(({ path }) => path.startsWith("/sync/snapshot/")).length;

/** The base is the server's: every row, count and sum. */
async function assertSame(edge, server) {
  await edge.rows.settle();
  const { scopes } = await edge.rows.base();
  const theirs = server.digests();
  for (const scope of Object.keys(theirs)) {
    const { rows = 0, sum = "0".repeat(16) } = scopes[scope] ?? {};
    assert.deepEqual({ rows, sum }, theirs[scope], scope);
  }
  for (const kind of ["item", "barcode", "location", "balance"]) {
    const live = [...server.state.rows.values()].filter((row) => row.kind === kind && !row.deleted && server.scopes.includes(row.scope));
    const standing = [...(await edge.rows.every(kind))].sort();
    assert.deepEqual(standing, live.map(({ key, body }) => [key, body]).sort(), kind);
  }
}

test("a device with much to know begins with the snapshot and goes on with the feed", async () => {
  const { server, edge } = await begun();

  assert.equal(asked(server, "/sync/pull"), 1);
  assert.equal((await edge.rows.base()).cursor, server.state.seq);
  await assertSame(edge, server);
});

test("a device with little to know begins with pages", async () => {
  const { server } = await begun(stocked(300));

  assert.equal(files(server), 0);
});

test("everything is found on the ground as it is found in pages", async () => {
  const { server, edge } = await begun();
  const found = async (text) => (await edge.rows.findItems(text, 3)).map(({ id }) => id);

  assert.equal((await edge.rows.item("i-2999")).code, "CUP-2999");
  assert.equal(await edge.rows.item("i-3001"), null);
  assert.equal((await edge.rows.itemByCode("cup-77")).id, "i-77");
  assert.equal((await edge.rows.barcode("06900000000025")).item, "i-25");
  assert.deepEqual((await edge.rows.barcodesOfItem("i-25")).map(({ code }) => code), ["06900000000025"]);
  assert.equal((await edge.rows.locationByCode("a-7")).id, "l-7");
  assert.equal((await edge.rows.locations({ kind: "bin" })).length, 40);
  assert.deepEqual((await edge.rows.balancesOfItem("i-3")).map(({ location, on_hand }) => [location, on_hand]).sort(), [["l-1", "2"], ["l-3", "3"]]);
  assert.equal((await edge.rows.balancesAt("l-1")).length, 41);
  assert.deepEqual(await found("cup-2999"), ["i-2999"]);
  assert.deepEqual(await found("tcb299"), ["i-299", "i-2990", "i-2991"]);
  assert.deepEqual(await found("杯 1234"), ["i-1234"]);
  assert.deepEqual(await found("2995"), ["i-2995"]);
  assert.equal(asked(server, "/sync/pull"), 1);
});

test("what changes lies over the ground: new, changed and gone rows, by every way of looking", async () => {
  const { server, edge } = await begun();
  server.put("catalogue", "item", "i-7", { ...itemBody(7), code: "MUG-7", name: "马克杯" });
  server.put("catalogue", "item", "i-9001", itemBody(9001));
  server.drop("catalogue", "item", "i-8");
  server.put("catalogue", "barcode", "06900000000025", { item: "i-7", unit: "pcs", factor: "1" });
  server.put("warehouse:w-1", "balance", "i-3/l-3//", { on_hand: "30", held: "0", expiry: null });
  server.drop("warehouse:w-1", "balance", "i-3/l-1/L9/");

  await edge.puller.pull();

  assert.equal((await edge.rows.itemByCode("mug-7")).id, "i-7");
  assert.equal(await edge.rows.itemByCode("CUP-7"), null);
  assert.equal(await edge.rows.item("i-8"), null);
  assert.deepEqual(await edge.rows.barcodesOfItem("i-25"), []);
  assert.deepEqual((await edge.rows.barcodesOfItem("i-7")).map(({ code }) => code), ["06900000000025"]);
  assert.deepEqual((await edge.rows.balancesOfItem("i-3")).map(({ on_hand }) => on_hand), ["30"]);
  assert.deepEqual((await edge.rows.findItems("马克", 5)).map(({ id }) => id), ["i-7"]);
  assert.deepEqual((await edge.rows.findItems("cup-8", 50)).filter(({ id }) => id === "i-8"), []);
  assert.deepEqual((await edge.rows.findItems("cup-9001", 5)).map(({ id }) => id), ["i-9001"]);
  assert.equal(server.repairs.length, 0);
  await assertSame(edge, server);
});

test("a row that goes, comes back and changes again is counted once", async () => {
  const { server, edge } = await begun();
  for (let round = 0; round < 3; round += 1) {
    server.drop("catalogue", "item", "i-5");
    await edge.puller.pull();
    server.put("catalogue", "item", "i-5", { ...itemBody(5), name: `again ${round}` });
    if (round !== 1) await edge.puller.pull();
  }

  await edge.puller.pull();

  assert.equal(asked(server, "/sync/digest"), 0);
  await assertSame(edge, server);
});

test("a line that breaks costs only the files that were on their way, also in another life", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  let count = 0;
  device.network = (address, init) => (address.startsWith("/sync/snapshot/") && (count += 1) > 4 ? offline() : server.fetch(address, init));
  assert.equal((await device.edge.puller.pull()).state, "later");
  assert.equal((await device.edge.rows.base()).cursor, 0);
  assert.equal(await device.edge.rows.item("i-1"), null);
  device.die();

  const again = nextLife(device, server);
  await again.edge.puller.pull();

  assert.equal(files(server), FILES, "each was fetched once");
  await assertSame(again.edge, server);
});

function nextLife({ disk, time }, server) {
  return createDevice({ server, disk, time });
}

test("killed at any step of the first sync, the device has nothing or everything, and then everything", async () => {
  const server = stocked(2100);
  const whole = await enrolled(createDevice({ server }));
  const from = whole.life.steps;
  await whole.edge.puller.pull();
  const steps = whole.life.steps;
  assert.ok(steps - from > 30, `${steps - from} steps`);

  for (let dieAt = from + 1; dieAt <= steps; dieAt += 3) {
    server.tokens.add("token-1");
    const device = await enrolled(createDevice({ server }));
    device.life.dieAt = dieAt;
    await device.edge.puller.pull().catch(() => undefined);
    device.die();

    const again = nextLife(device, server);
    const { cursor } = await again.edge.rows.base();
    const seen = (await again.edge.rows.every("item")).size;
    assert.equal(seen, cursor > 0 ? 2100 : 0, `killed at ${dieAt}`);
    assert.equal((await again.edge.puller.pull()).state, "done");
    await assertSame(again.edge, server);
  }
});

test("a file that is not what its name says is not believed; a true one is asked for again", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  let spoilt = 0;
  device.network = async (address, init) => {
    const response = await server.fetch(address, init);
    if (!address.startsWith("/sync/snapshot/") || (spoilt += 1) !== 2) return response;
    return new Response((await response.text()).replace('"columns"', '"colours"'));
  };

  assert.equal((await device.edge.puller.pull()).state, "done");

  await assertSame(device.edge, server);
  assert.equal(files(server), FILES + 1, "one of them twice");
});

test("a proxy that spoils every file does not keep the device out: pages bring everything", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  device.network = async (address, init) => {
    const response = await server.fetch(address, init);
    return address.startsWith("/sync/snapshot/") ? new Response(`${await response.text()} `) : response;
  };

  assert.equal((await device.edge.puller.pull()).state, "done");

  await assertSame(device.edge, server);
});

test("a file that was replaced meanwhile makes the device ask for the manifest again", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  let manifests = 0;
  device.network = async (address, init) => {
    const response = await server.fetch(address, init);
    if (address === "/sync/snapshot" && (manifests += 1) === 1) {
      server.files.clear();
      server.put("catalogue", "item", "i-1", { ...itemBody(1), name: "新" });
    }
    return response;
  };

  await device.edge.puller.pull();

  assert.equal(manifests, 2);
  assert.equal((await device.edge.rows.item("i-1")).name, "新");
  await assertSame(device.edge, server);
});

test("a server restored in the middle of the first sync is noticed, and its new generation is begun", async () => {
  const server = stocked();
  const copy = server.backup();
  server.put("catalogue", "item", "i-9999", itemBody(9999));
  const device = await enrolled(createDevice({ server }));
  let count = 0;
  device.network = async (address, init) => {
    if (address.startsWith("/sync/snapshot/") && (count += 1) === 3) server.restore(copy);
    return server.fetch(address, init);
  };

  for (let i = 0; i < 3; i += 1) await device.edge.puller.pull();

  assert.equal((await device.edge.rows.base()).generation, server.state.generation);
  assert.equal(await device.edge.rows.item("i-9999"), null);
  await assertSame(device.edge, server);
});

test("after a restore the snapshot is taken again, but only the files that differ", async () => {
  const { server, edge } = await begun();
  const copy = server.backup();
  server.put("catalogue", "item", "i-9999", itemBody(9999));
  await edge.puller.pull();
  server.restore(copy);
  const before = files(server);

  await edge.puller.pull();

  assert.equal(files(server), before);
  assert.equal(await edge.rows.item("i-9999"), null);
  await assertSame(edge, server);
});

test("a scope that is no longer for this device leaves nothing behind", async () => {
  const { server, device, edge } = await begun();
  server.scopes = ["catalogue"];
  device.network = withReset(server);

  await edge.puller.pull();

  assert.deepEqual(Object.keys((await edge.rows.base()).scopes), ["catalogue"]);
  assert.equal(await edge.rows.location("l-1"), null);
  assert.deepEqual(await edge.rows.balancesOfItem("i-3"), []);
  await assertSame(edge, server);
});

/** The server tells the device once to start again. */
function withReset(server) {
  let told = false;
  return async (address, init) => {
    if (told || !address.startsWith("/sync/pull")) return server.fetch(address, init);
    told = true;
    return new Response(JSON.stringify({ protocol: "stockhand-sync/1", generation: server.state.generation, subscription: 2, reset: true }), { headers: { "Content-Type": "application/json" } });
  };
}

test("a scan during the first sync is pushed in between and shown once", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  let count = 0;
  device.network = async (address, init) => {
    if (address.startsWith("/sync/snapshot/") && (count += 1) === 2) await device.edge.outbox.add([receive("i-3", 5, "l-9")], BY);
    return server.fetch(address, init);
  };

  await device.edge.puller.pull();

  const cells = await device.edge.rows.balancesOfItem("i-3");
  assert.deepEqual(cells.map(({ location, on_hand }) => `${location} ${on_hand}`).sort(), ["l-1 2", "l-3 3", "l-9 5"]);
});

test("while an operation is in doubt no snapshot becomes the base", async () => {
  const server = stocked();
  const device = await enrolled(createDevice({ server }));
  await device.edge.outbox.add([receive("i-1", 5)], BY);
  device.network = async (address, init) => {
    const response = await server.fetch(address, init);
    return address === "/sync/push" ? offline() : response;
  };

  assert.equal((await device.edge.puller.pull()).state, "later");

  assert.equal((await device.edge.rows.base()).cursor, 0);
});

test("a part of the ground that went wrong is repaired by rows that lie over it", async () => {
  const { server, edge } = await begun();
  await spoil(edge);
  server.put("catalogue", "item", "i-3001", itemBody(3001));

  await edge.puller.pull();
  await edge.sender.push({ handshake: true });

  assert.equal((await edge.rows.item("i-7")).name, "陶瓷杯 7");
  assert.deepEqual(server.repairs.map(({ scope, parts }) => [scope, parts.length]), [["catalogue", 1]]);
  await assertSame(edge, server);
});

/** A row changed behind our back, with the sum that goes with it. */
async function spoil(edge) {
  const { cursor } = await edge.rows.base();
  await edge.rows.applyRows([{ scope: "catalogue", kind: "item", key: "i-7", seq: cursor, deleted: false, body: { ...itemBody(7), name: "spoilt" } }], { from: cursor, to: cursor });
}

test("when much has changed it is folded into the ground; nothing looks different", async () => {
  const { server, edge } = await begun();
  for (let i = 1; i <= 2100; i += 1) server.put("catalogue", "item", `i-${i + 500}`, { ...itemBody(i + 500), name: `玻璃杯 ${i}` });
  server.drop("catalogue", "item", "i-3");
  const fresh = (await edge.rows.base()).ground;

  await edge.puller.pull();

  const { ground, scopes } = await edge.rows.base();
  assert.ok(ground > fresh);
  assert.equal(scopes.catalogue.changed.item, 0);
  assert.equal((await edge.rows.item("i-2000")).name, "玻璃杯 1500");
  assert.deepEqual((await edge.rows.findItems("玻璃杯 1500", 3)).map(({ id }) => id), ["i-2000"]);
  assert.equal((await edge.rows.itemByCode("cup-2600")).id, "i-2600");
  assert.equal(await edge.rows.item("i-3"), null);
  await assertSame(edge, server);
  server.put("catalogue", "item", "i-2000", itemBody(2000));
  await edge.puller.pull();
  await assertSame(edge, server);
  assert.equal(asked(server, "/sync/digest"), 0);
});

test("a base that grew from pages is folded into a ground as well", async () => {
  const server = stocked(3000);
  server.snapshots = false;
  const { edge } = await begun(server);

  assert.ok((await edge.rows.base()).ground > 0);
  await assertSame(edge, server);
});

test("killed while folding, the device has the old ground or the new one", async () => {
  const server = stocked(2100);
  const { device } = await begun(server);
  for (let i = 1; i <= 2100; i += 1) server.put("catalogue", "item", `i-${i}`, { ...itemBody(i), name: `玻璃杯 ${i}` });
  const { disk, time } = device;
  for (let life = 0; life < 25; life += 1) {
    const current = createDevice({ server, disk, time });
    current.life.dieAt = 12 + 5 * life;
    await current.edge.puller.pull().catch(() => undefined);
    current.die();

    const again = createDevice({ server, disk, time });
    const names = new Set([...(await again.edge.rows.every("item")).values()].map(({ name }) => name.slice(0, 3)));
    assert.equal(names.size, 1, `all old or all new, not ${[...names]}`);
    again.die();
  }

  const last = createDevice({ server, disk, time });
  await last.edge.puller.pull();
  assert.equal((await last.edge.rows.item("i-9")).name, "玻璃杯 9");
  await assertSame(last.edge, server);
});

test("on a full disk the first sync fails without harm", async () => {
  const server = stocked();
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  disk.full = true;
  await assert.rejects(device.edge.puller.pull());
  disk.full = false;

  await device.edge.puller.pull();

  await assertSame(device.edge, server);
});

test("a name that is written over several lines is found all the same, and ids are never searched", async () => {
  const server = stocked();
  server.put("catalogue", "item", "i-77", { ...itemBody(77), name: "竹筷\n礼盒\u0003装" });
  const { edge } = await begun(server);

  assert.deepEqual((await edge.rows.findItems("竹筷 礼盒", 3)).map(({ id }) => id), ["i-77"]);
  assert.deepEqual((await edge.rows.findItems("ｃｕｐ-2976", 3)).map(({ id }) => id), ["i-2976"]);
  assert.deepEqual(await edge.rows.findItems("i-77", 3), []);
});
