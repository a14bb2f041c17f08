import assert from "node:assert/strict";
import { test } from "node:test";
import { BY, createDevice, enrolled, offline, receive, settle } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp() {
  const server = createServer();
  const device = await enrolled(createDevice({ server }));
  await device.time.advance(100);
  server.requests.length = 0;
  return { server, device, edge: device.edge, time: device.time };
}

const pushes = (server) => server.requests.filter(({ path }) => path === "/sync/push").length;

test("a new operation is sent 50 milliseconds later, together with those that followed", async () => {
  const { server, edge, time } = await setUp();
  await edge.outbox.add([receive("i-1", 1)], BY);
  await edge.outbox.add([receive("i-1", 1)], BY);

  await time.advance(40);
  assert.equal(pushes(server), 0);
  await time.advance(20);

  assert.equal(pushes(server), 1);
  assert.equal(server.balance("i-1", "l-1"), 2);
});

test("after a push whose effects are in the feed, the feed is pulled", async () => {
  const { edge, time } = await setUp();
  await edge.outbox.add([receive("i-1", 4)], BY);

  await time.advance(100);

  const [cell] = await edge.rows.balancesOfItem("i-1");
  assert.deepEqual([cell.on_hand, cell.pending], ["4", false]);
});

test("while a socket is alive the feed is not pulled after every scan", async () => {
  const { server, edge, time } = await setUp();
  edge.cycle.live(true);
  await edge.outbox.add([receive("i-1", 4)], BY);

  await time.advance(100);

  assert.equal(server.requests.filter(({ path }) => path === "/sync/pull").length, 0);
});

test("while the network is down attempts become rarer, but never rarer than every 30 seconds", async () => {
  const { device, edge, time } = await setUp();
  const at = [];
  device.network = () => {
    at.push(time.monotonic());
    return offline();
  };
  await edge.outbox.add([receive("i-1", 1)], BY);

  await time.advance(600_000);

  const gaps = at.slice(1).map((moment, i) => moment - at[i]);
  assert.ok(at.length > 20 && at.length < 200, `${at.length} attempts`);
  assert.ok(Math.max(...gaps) <= 30_000);
});

test("when the network is back what waits goes out at once", async () => {
  const { server, device, edge, time } = await setUp();
  device.network = offline;
  await edge.outbox.add([receive("i-1", 1)], BY);
  await time.advance(120_000);
  assert.equal((await edge.outbox.summary()).online, false);
  device.network = server.fetch;

  edge.cycle.wake("online");
  await time.advance(1);

  assert.equal(server.balance("i-1", "l-1"), 1);
  const { waiting, online, lastContact } = await edge.outbox.summary();
  assert.deepEqual([waiting, online, lastContact], [0, true, time.wall() - 1]);
});

test("a server that asks for a pause gets it, even from an impatient person", async () => {
  const { server, device, edge, time } = await setUp();
  device.network = async () => new Response("", { status: 503, headers: { "Retry-After": "20" } });
  await edge.outbox.add([receive("i-1", 1)], BY);
  await time.advance(100);
  device.network = server.fetch;

  edge.cycle.wake("online");
  await time.advance(19_000);
  assert.equal(pushes(server), 0);
  await time.advance(45_000);

  assert.equal(server.balance("i-1", "l-1"), 1);
});

test("an expired sign-in is said, tried again later, and loses nothing", async () => {
  const { server, edge, time } = await setUp();
  server.devices.get("d-2").secret = "changed";
  await edge.outbox.add([receive("i-1", 1)], BY);
  await time.advance(100);
  assert.equal((await edge.outbox.summary()).needs, "sign-in");
  server.devices.get("d-2").secret = "s-d-2";

  await time.advance(16_000);

  assert.equal((await edge.outbox.summary()).needs, null);
  assert.equal(server.balance("i-1", "l-1"), 1);
});

test("a poke brings what is new", async () => {
  const { server, edge, time } = await setUp();
  server.put("catalogue", "item", "i-1", { code: "A", name: "a" });

  await edge.cycle.frame({ poke: server.state.seq });
  await time.advance(1);

  assert.equal((await edge.rows.item("i-1")).code, "A");
});

test("a server restored from a backup, behind us or level with us, is noticed when the line opens again", async () => {
  for (const behind of [3, 0]) {
    const { server, edge, time } = await setUp();
    await edge.outbox.add([receive("i-1", 4)], BY);
    await time.advance(100);
    edge.cycle.live(true);
    const pulls = () => server.requests.filter(({ path }) => path === "/sync/pull").length;
    const before = pulls();

    await edge.cycle.frame({ poke: (await edge.rows.base()).cursor - behind });
    await time.advance(100);

    assert.ok(pulls() > before, `${behind} behind`);
  }
});

test("without a socket the timer pulls, with one it does not", async () => {
  const { server, edge, time } = await setUp();
  const pulls = () => server.requests.filter(({ path }) => path === "/sync/pull").length;
  await time.advance(15_000);
  edge.cycle.wake("timer");
  await time.advance(1);
  assert.equal(pulls(), 1);

  edge.cycle.live(true);
  await time.advance(15_000);
  edge.cycle.wake("timer");
  await time.advance(1);

  assert.equal(pulls(), 1);
});

test("before enrolment operations are captured and wait; afterwards they are sent from number 1", async () => {
  const server = createServer();
  const device = createDevice({ server });
  await device.edge.outbox.add([receive("i-1", 3)], BY);
  await device.time.advance(100);
  assert.equal((await device.edge.outbox.summary()).needs, "enrolment");

  await enrolled(device);
  await device.time.advance(100);

  assert.equal(server.balance("i-1", "l-1"), 3);
  assert.equal(await device.edge.settings.get("warehouse"), "w-1");
});

test("enrolled again as another device, what waits goes with it under its old id", async () => {
  const { server, device, edge, time } = await setUp();
  device.network = offline;
  const [operation] = await edge.outbox.add([receive("i-1", 3)], BY);
  device.network = server.fetch;
  server.tokens.add("token-2");

  await enrolled(device, "token-2");
  await time.advance(100);

  assert.ok(server.state.operations.has(operation.id));
  assert.equal((await edge.operations.replica()).device, "d-3");
});

test("a worker is idle only when what was captured is on its way", async () => {
  const { server, edge, time } = await setUp();
  await edge.outbox.add([receive("i-1", 3)], BY);
  let isIdle = false;
  const idle = edge.cycle.idle().then(() => (isIdle = true));
  await settle();
  assert.equal(isIdle, false);

  await time.advance(100);
  await idle;

  assert.equal(server.balance("i-1", "l-1"), 3);
});
