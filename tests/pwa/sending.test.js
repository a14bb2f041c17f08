import assert from "node:assert/strict";
import { test } from "node:test";
import { BY, createDevice, createDisk, enrolled, offline, randomFrom, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp() {
  const server = createServer();
  const device = await enrolled(createDevice({ server }));
  return { server, device, edge: device.edge };
}

async function captured(edge, count) {
  const added = [];
  for (let i = 0; i < count; i += 1) added.push(...(await edge.outbox.add([receive("i-1", 1)], BY)));
  return added;
}

/** What I1 and I2 ask: all that was confirmed is there, each with one effect, and nothing waits. */
async function assertExactlyOnce(server, edge, confirmed) {
  for (const { id } of confirmed) assert.ok(server.state.operations.has(id), `lost: ${id}`);
  assert.equal(server.balance("i-1", "l-1"), server.state.operations.size);
  assert.equal((await edge.outbox.summary()).waiting, 0);
}

test("an answer lost after the commit: the operations are sent again and counted once", async () => {
  const { server, device, edge } = await setUp();
  const added = await captured(edge, 3);
  device.network = async (address, init) => {
    await server.fetch(address, init);
    throw new TypeError("connection reset");
  };
  assert.equal((await edge.sender.push()).state, "later");
  device.network = server.fetch;

  await edge.sender.push();

  await assertExactlyOnce(server, edge, added);
});

test("a captive portal that answers everything with 200 delivers nothing", async () => {
  const { server, device, edge } = await setUp();
  const added = await captured(edge, 2);
  for (const portal of [
    () => new Response("<html>Welcome to the hotel</html>", { status: 200, headers: { "Content-Type": "text/html" } }),
    () => new Response('{"ok": true}', { status: 200, headers: { "Content-Type": "application/json" } }),
    () => new Response("<html>", { status: 403, headers: { "Content-Type": "text/html" } }),
    () => new Response('{"protocol":"stockhand-sync/1","batch":"00","ack":99,"safe":99,"generation":1,"verdicts":[],"now":1}', { status: 200, headers: { "Content-Type": "application/json" } }),
  ]) {
    device.network = async () => portal();
    assert.equal((await edge.sender.push()).state, "later");
    assert.equal((await edge.outbox.summary()).waiting, 2);
  }
  device.network = server.fetch;

  await edge.sender.push();

  await assertExactlyOnce(server, edge, added);
});

test("a genuine answer to another batch is no answer to this one", async () => {
  const { server, device, edge } = await setUp();
  await captured(edge, 1);
  let kept = "";
  device.network = async (address, init) => {
    kept = await (await server.fetch(address, init)).text();
    return new Response(kept, { headers: { "Content-Type": "application/json" } });
  };
  await edge.sender.push();
  await captured(edge, 1);
  const before = await edge.operations.replica();
  for (const answer of [kept, "another protocol"]) {
    device.network = async (address, init) => {
      const fresh = answer === kept ? kept : (await (await server.fetch(address, init)).text()).replace("stockhand-sync/1", "stockhand-sync/9");
      return new Response(fresh, { headers: { "Content-Type": "application/json" } });
    };

    assert.deepEqual(await edge.sender.push(), { state: "later", after: null, reached: false, head: undefined, sent: 0 });
    assert.deepEqual(await edge.operations.replica(), before);
  }
});

test("a body that ends early is no answer", async () => {
  const { server, device, edge } = await setUp();
  const added = await captured(edge, 2);
  device.network = async (address, init) => {
    const whole = await (await server.fetch(address, init)).text();
    return new Response(whole.slice(0, whole.length >> 1), { headers: { "Content-Type": "application/json" } });
  };
  assert.equal((await edge.sender.push()).state, "later");
  device.network = server.fetch;

  await edge.sender.push();

  await assertExactlyOnce(server, edge, added);
});

test("an expired sign-in keeps the queue", async () => {
  const { server, edge } = await setUp();
  const added = await captured(edge, 2);
  server.devices.get("d-2").secret = "changed";

  assert.equal((await edge.sender.push()).state, "sign-in");
  assert.equal((await edge.outbox.summary()).waiting, 2);

  server.devices.get("d-2").secret = "s-d-2";
  await edge.sender.push();
  await assertExactlyOnce(server, edge, added);
});

test("a revoked device hands over its operations to quarantine", async () => {
  const { server, edge } = await setUp();
  const [operation] = await captured(edge, 1);
  server.devices.get("d-2").revoked = true;

  assert.equal((await edge.sender.push()).state, "revoked");

  assert.ok(server.quarantined.has(operation.id));
  assert.equal((await edge.outbox.recent(1))[0].state, "held");
});

test("a body that is too large is halved until it passes", async () => {
  const { server, device, edge } = await setUp();
  const added = await captured(edge, 9);
  const sizes = [];
  device.network = (address, init) => {
    if (address === "/sync/push") {
      const count = server.requests.length;
      const { operations } = JSON.parse(Buffer.from(init.body));
      sizes.push(operations.length);
      if (operations.length > 2) return Promise.resolve(new Response("", { status: 413 }));
      assert.ok(count >= 0);
    }
    return server.fetch(address, init);
  };

  await edge.sender.push();

  assert.deepEqual(sizes.slice(0, 3), [9, 4, 2]);
  await assertExactlyOnce(server, edge, added);
});

test("a thousand operations travel in batches of at most 200 operations and 256 KiB, compressed", async () => {
  const { server, edge } = await setUp();
  const drafts = Array.from({ length: 1000 }, (_, i) => ({ kind: "stock.receive@1", args: { item: "i-1", quantity: "1", target: "l-1", code: "x".repeat(i < 100 ? 7000 : 10) } }));
  const added = [];
  for (let at = 0; at < 1000; at += 20) added.push(...(await edge.outbox.add(drafts.slice(at, at + 20), BY)));

  await edge.sender.push();

  await assertExactlyOnce(server, edge, added);
  assert.ok(server.received.every(({ count, bytes }) => count <= 200 && bytes <= 256 * 1024));
  assert.ok(server.requests.some(({ headers }) => headers.get("Content-Encoding") === "gzip"));
});

test("a group is never cut at the end of a batch", async () => {
  const { server, edge } = await setUp();
  for (let i = 0; i < 199; i += 1) await edge.outbox.add([receive("i-1", 1)], BY);
  await edge.outbox.add([{ ...receive("i-1", 1), group: true }, { ...receive("i-1", 1), group: true }], BY);

  await edge.sender.push();

  assert.deepEqual(server.received.map(({ count }) => count), [199, 2]);
});

test("a server restored from an older backup is healed by its device", async () => {
  const { server, edge } = await setUp();
  const first = await captured(edge, 3);
  await edge.sender.push();
  const copy = server.backup();
  const lost = await captured(edge, 4);
  await edge.sender.push();
  await edge.puller.pull();
  server.restore(copy);

  const more = await captured(edge, 1);
  await edge.sender.push();

  await assertExactlyOnce(server, edge, [...first, ...lost, ...more]);
});

test("a server restored from before the device was known takes everything again", async () => {
  const server = createServer();
  const device = createDevice({ server });
  const before = server.backup();
  await enrolled(device);
  const added = await captured(device.edge, 3);
  await device.edge.sender.push();
  server.restore(before);

  await captured(device.edge, 1);
  await device.edge.sender.push();

  await assertExactlyOnce(server, device.edge, added);
});

test("a cloned profile becomes another incarnation and sends what is its own under the old ids", async () => {
  const server = createServer();
  const disk = createDisk();
  const original = await enrolled(createDevice({ server, disk }));
  const shared = await captured(original.edge, 2);
  const clone = createDevice({ server, disk: await copied(disk), seed: 9 });
  const here = await captured(original.edge, 1);
  const there = await captured(clone.edge, 2);

  await original.edge.sender.push();
  await clone.edge.sender.push();
  await original.edge.sender.push();

  await assertExactlyOnce(server, clone.edge, [...shared, ...here, ...there]);
  const [one, two] = await Promise.all([original.edge.operations.replica(), clone.edge.operations.replica()]);
  assert.notEqual(one.incarnation, two.incarnation);
});

test("a profile rolled back to an older copy does not reuse its numbers", async () => {
  const server = createServer();
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  const old = await captured(device.edge, 1);
  const copy = await copied(disk);
  const later = await captured(device.edge, 3);
  await device.edge.sender.push();

  const back = createDevice({ server, disk: copy, seed: 4 });
  const anew = await captured(back.edge, 1);
  await back.edge.sender.push();

  await assertExactlyOnce(server, back.edge, [...old, ...later, ...anew]);
});

test("a profile rolled back is noticed before it captures anything new", async () => {
  const server = createServer();
  const disk = createDisk();
  const device = await enrolled(createDevice({ server, disk }));
  const copy = await copied(disk);
  await captured(device.edge, 3);
  await device.edge.sender.push();

  const back = createDevice({ server, disk: copy, seed: 4 });
  const before = await back.edge.operations.replica();
  await back.edge.sender.push({ handshake: true });

  const after = await back.edge.operations.replica();
  assert.notEqual(after.incarnation, before.incarnation);
  assert.deepEqual(after.former, [before.incarnation]);
});

test("a verdict once given never changes", async () => {
  const { server, edge } = await setUp();
  const [operation] = await captured(edge, 1);
  await edge.sender.push();
  const { incarnation, generation } = await edge.operations.replica();

  await edge.operations.settle({
    verdicts: [{ n: 1, id: operation.id, outcome: "rejected", seq: null }], ack: 1, safe: 1, generation, incarnation,
    exchange: { sent: 0, received: 1, now: 1 },
  });

  assert.equal((await edge.outbox.recent(1))[0].state, "applied");
  assert.equal(server.balance("i-1", "l-1"), 1);
});

test("two senders at once do no harm", async () => {
  const server = createServer();
  const disk = createDisk();
  const one = await enrolled(createDevice({ server, disk }));
  const other = createDevice({ server, disk, seed: 2 });
  const added = await captured(one.edge, 30);

  await Promise.all([one.edge.sender.push(), other.edge.sender.push(), one.edge.sender.push()]);
  await one.edge.sender.push();

  await assertExactlyOnce(server, one.edge, added);
});

test("the push says what the device's clocks read and how much waits", async () => {
  const { server, edge } = await setUp();
  const [first] = await captured(edge, 2);

  await edge.sender.push();

  const { clock, queue } = server.received[0];
  assert.equal(clock.boot, first.captured.boot);
  assert.deepEqual(queue, { depth: 2, oldest: first.captured.wall });
});

test("a jump of the wall clock changes the offset, so the corrected time does not jump", async () => {
  const { device, edge } = await setUp();
  const [unknown] = await captured(edge, 1);
  await edge.sender.push();
  const [before] = await captured(edge, 1);
  device.time.setWall(-86_400_000);
  const [after] = await captured(edge, 1);

  assert.equal(unknown.captured.offset, null);
  const corrected = ({ captured: { wall, offset } }) => wall + offset;
  assert.equal(corrected(after), corrected(before));
  assert.equal(after.captured.boot, before.captured.boot);
});

/** A small storm: any request or answer may be lost, doubled or cut; in the end nothing is lost or doubled. */
for (let seed = 1; seed <= 40; seed += 1) {
  test(`faults of all kinds, seed ${seed}: every confirmed operation arrives once`, async () => {
    const random = randomFrom(seed);
    const server = createServer();
    const device = await enrolled(createDevice({ server, seed }));
    device.network = badNetwork(server, random);
    const confirmed = [];
    let copy = server.backup();

    for (let round = 0; round < 25; round += 1) {
      const dice = random();
      if (dice < 0.5) confirmed.push(...(await captured(device.edge, 1 + Math.floor(random() * 3))));
      else if (dice < 0.85) await device.edge.sender.push();
      else if (dice < 0.92) await device.edge.puller.pull();
      else if (dice < 0.96) copy = server.backup();
      else server.restore(copy);
    }
    device.network = server.fetch;
    await drained(device.edge);

    await assertExactlyOnce(server, device.edge, confirmed);
    await device.edge.puller.pull();
    const [cell] = await device.edge.rows.balancesAt("l-1");
    assert.equal(cell?.on_hand ?? "0", String(server.balance("i-1", "l-1")));
  });
}

/** The browser dies before or after every single step of capturing, sending and pulling. */
test("killed between any two steps: nothing that was confirmed is lost, nothing is done twice", async () => {
  let dieAt = 1;
  for (; ; dieAt += 1) {
    const server = createServer();
    const disk = createDisk();
    const first = createDevice({ server, disk });
    await enrolled(first);
    first.life.steps = 0;
    first.life.dieAt = dieAt;
    const confirmed = [];
    const survived = await work(first.edge, confirmed).then(() => true, () => false);

    const again = createDevice({ server, disk, time: first.time, seed: 7 });
    await again.edge.outbox.recover();
    confirmed.push(...(await captured(again.edge, 1)));
    await drained(again.edge);
    await again.edge.puller.pull();

    await assertExactlyOnce(server, again.edge, confirmed);
    const [cell] = await again.edge.rows.balancesAt("l-1");
    assert.equal(cell.on_hand, String(server.balance("i-1", "l-1")), `died at step ${dieAt}`);
    if (survived) break;
  }
  assert.ok(dieAt > 30, `only ${dieAt} steps were tried`);
});

async function work(edge, confirmed) {
  for (let i = 0; i < 2; i += 1) confirmed.push(...(await edge.outbox.add([receive("i-1", 1)], BY)));
  await edge.outbox.settled();
  await edge.sender.push();
  confirmed.push(...(await edge.outbox.add([receive("i-1", 1)], BY)));
  await edge.puller.pull();
  await edge.sender.push();
  await edge.puller.pull();
  await edge.outbox.settled();
}

async function drained(edge) {
  for (let i = 0; i < 10 && (await edge.sender.push({ handshake: true })).state !== "done"; i += 1);
}

function badNetwork(server, random) {
  return async (address, init) => {
    const dice = random();
    if (dice < 0.15) return offline();
    if (dice < 0.3) {
      await server.fetch(address, init);
      return offline();
    }
    if (dice < 0.4) await server.fetch(address, init);
    const response = await server.fetch(address, init);
    if (dice > 0.92) return new Response((await response.text()).slice(0, -9), { headers: response.headers });
    if (dice > 0.86) return new Response("<html>", { headers: { "Content-Type": "text/html" } });
    if (dice > 0.83) return new Response("", { status: 503, headers: { "Retry-After": "3" } });
    return response;
  };
}

/** The same bytes on another disk, as a cloned profile has them. */
async function copied(disk) {
  const copy = createDisk();
  for (const { name, version } of await disk.indexedDB.databases()) {
    const [from, to] = [await opened(disk.indexedDB, name, version), await opened(copy.indexedDB, name, version, disk)];
    for (const store of from.objectStoreNames) {
      const source = from.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([asked(source.getAllKeys()), asked(source.getAll())]);
      const target = to.transaction(store, "readwrite").objectStore(store);
      await Promise.all(values.map((value, i) => asked(target.keyPath ? target.put(value) : target.put(value, keys[i]))));
    }
    from.close();
    to.close();
  }
  return copy;
}

async function opened(factory, name, version, like) {
  const shapes = like ? await shapesOf(like.indexedDB, name) : [];
  const request = factory.open(name, version);
  request.onupgradeneeded = () => {
    for (const { store, options, indexes } of shapes) {
      const made = request.result.createObjectStore(store, options);
      for (const index of indexes) made.createIndex(index.name, index.keyPath, { unique: index.unique });
    }
  };
  return asked(request);
}

async function shapesOf(factory, name) {
  const db = await asked(factory.open(name));
  const shapes = [...db.objectStoreNames].map((store) => {
    const made = db.transaction(store).objectStore(store);
    const indexes = [...made.indexNames].map((index) => made.index(index)).map(({ name, keyPath, unique }) => ({ name, keyPath, unique }));
    return { store, options: { keyPath: made.keyPath ?? undefined, autoIncrement: made.autoIncrement }, indexes };
  });
  db.close();
  return shapes;
}

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
