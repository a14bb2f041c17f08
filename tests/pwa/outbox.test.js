import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { StorageFull } from "../../pwa/static/edge/outbox/outbox.js";
import { BY, createDevice, createDisk, enrolled, move, offline, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp() {
  const server = createServer();
  const device = await enrolled(createDevice({ server }));
  return { server, device, edge: device.edge };
}

const states = async (edge) => (await edge.outbox.recent(50)).map(({ state }) => state);

test("operations are numbered without a gap and chained to the one before", async () => {
  const { edge } = await setUp();

  const added = [...(await edge.outbox.add([receive("i-1", 5), receive("i-2", 1)], BY)), ...(await edge.outbox.add([receive("i-3", 2)], BY))];

  assert.deepEqual(added.map(({ n }) => n), [1, 2, 3]);
  assert.equal(added[0].previous, "");
  const records = (await edge.operations.recent(3)).reverse();
  const hash = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  assert.equal(added[1].previous, hash(records[0].text));
  assert.equal(added[2].previous, hash(records[1].text));
  assert.match(added[0].id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(added[0].id < added[1].id && added[1].id < added[2].id);
});

test("two tabs that add at once still make one chain", async () => {
  const server = createServer();
  const disk = createDisk();
  const one = await enrolled(createDevice({ server, disk }));
  const other = createDevice({ server, disk, seed: 2 });

  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : other).edge.outbox.add([receive("i-1", 1)], BY)));
  const pushed = await one.edge.sender.push();

  assert.equal(pushed.state, "done");
  assert.equal(server.balance("i-1", "l-1"), 20);
});

test("a group travels whole and says its size", async () => {
  const { edge } = await setUp();

  const [undo, anew] = await edge.outbox.add([{ ...receive("i-1", 5), group: true }, { ...receive("i-1", 6), group: true }], BY);

  assert.deepEqual({ ...undo.group, id: 0 }, { id: 0, index: 0, size: 2 });
  assert.equal(undo.group.id, anew.group.id);
});

test("a fraction that is not a text is refused before it is stored", async () => {
  const { edge } = await setUp();

  await assert.rejects(edge.outbox.add([{ kind: "stock.receive@1", args: { item: "i-1", quantity: 0.5 } }], BY), /quantities are texts/);
  await assert.rejects(edge.outbox.add([{ kind: "note.add@1", args: { text: "x".repeat(9000) } }], BY), /at most 8192/);

  assert.equal((await edge.outbox.summary()).waiting, 0);
});

test("a pushed operation shows its verdict and stops waiting", async () => {
  const { server, edge } = await setUp();
  server.decide = ({ args }) => (args.item === "i-2" ? { outcome: "held", reason: "quantity" } : { outcome: "applied" });
  await edge.outbox.add([receive("i-1", 5), receive("i-2", 1)], BY);

  await edge.sender.push();

  assert.deepEqual(await states(edge), ["held", "applied"]);
  const summary = await edge.outbox.summary();
  assert.equal(summary.waiting, 0);
  assert.equal(summary.attention, 1);
});

test("what the feed decides later replaces the verdict that was held", async () => {
  const { server, edge } = await setUp();
  server.decide = () => ({ outcome: "held", reason: "quantity" });
  const [held] = await edge.outbox.add([receive("i-1", 5)], BY);
  await edge.sender.push();
  server.put("catalogue", "outcome", held.id, { outcome: "rejected", reason: "not-ours", task: null });

  await edge.puller.pull();

  const [recent] = await edge.outbox.recent(1);
  assert.equal(recent.state, "rejected");
  assert.equal(recent.reason, "not-ours");
});

test("undone operations are marked in the list of what was done", async () => {
  const { edge } = await setUp();
  const [first] = await edge.outbox.add([receive("i-1", 5)], BY);

  await edge.outbox.add([{ kind: "op.undo@1", args: { operation: first.id } }], BY);

  const [undo, undone] = await edge.outbox.recent(2);
  assert.equal(undo.undone, false);
  assert.equal(undone.undone, true);
});

test("a full disk stops capturing, keeps the operation and sends it from memory", async () => {
  const { server, device, edge } = await setUp();
  await edge.outbox.add([receive("i-1", 1)], BY);
  device.disk.full = true;

  await assert.rejects(edge.outbox.add([receive("i-1", 2)], BY), (error) => error instanceof StorageFull && error.operations.length === 1);
  await assert.rejects(edge.outbox.add([receive("i-1", 4)], BY), StorageFull);

  assert.equal((await edge.outbox.summary()).storage, "full");
  assert.equal((await edge.outbox.unsentLines()).split("\n").length, 2);
  await edge.sender.push();
  assert.equal(server.balance("i-1", "l-1"), 3);
});

test("when there is space again what was kept is stored, and nothing is done twice", async () => {
  const { server, device, edge } = await setUp();
  device.disk.full = true;
  await assert.rejects(edge.outbox.add([receive("i-1", 2)], BY), StorageFull);
  await edge.sender.push();
  device.disk.full = false;

  await edge.sender.push();
  await edge.outbox.add([receive("i-1", 4)], BY);
  await edge.sender.push();

  assert.equal(server.balance("i-1", "l-1"), 6);
  assert.equal((await edge.outbox.summary()).storage, "ok");
  assert.deepEqual(await states(edge), ["applied", "applied"]);
});

test("a lost operation store is noticed and its unsent operations are sent under their old ids", async () => {
  const { server, device, edge } = await setUp();
  device.network = offline;
  const added = await edge.outbox.add([receive("i-1", 2), receive("i-2", 3)], BY);
  await edge.outbox.settled();
  device.die();
  device.disk.lose("stockhand-operations");

  const again = createDevice({ server, disk: device.disk, time: device.time });
  const { rescued } = await again.edge.outbox.recover();
  await again.edge.sender.push();

  assert.equal(rescued, 2);
  assert.deepEqual([...server.state.operations.keys()].sort(), added.map(({ id }) => id).sort());
  assert.deepEqual(server.lost.map(({ n, held }) => [n, held]), [[2, [1, 2]]]);
});

test("what one device could not send another takes in, and nothing is done twice", async () => {
  const { server, device, edge } = await setUp();
  device.network = offline;
  await edge.outbox.add([receive("i-1", 1)], BY);
  device.disk.full = true;
  await assert.rejects(edge.outbox.add([receive("i-1", 2)], BY), StorageFull);
  const rescued = await edge.outbox.unsentLines();
  device.die();
  device.disk.full = false;

  const other = await enrolled(createDevice({ server: Object.assign(server, { tokens: new Set(["token-2"]) }) }), "token-2");
  assert.equal(await other.edge.outbox.takeIn(rescued), 2);
  await other.edge.sender.push();
  const again = createDevice({ server, disk: device.disk, time: device.time });
  await again.edge.outbox.recover();
  await again.edge.sender.push();

  assert.equal(server.balance("i-1", "l-1"), 3);
  assert.ok([...server.state.operations.values()].every(({ effects }) => effects === 1));
});

test("copies are forgotten once the server has a verdict", async () => {
  const { edge } = await setUp();
  await edge.outbox.add([receive("i-1", 2)], BY);

  await edge.sender.push();
  await edge.outbox.settled();

  assert.equal((await edge.journal.read()).copies.length, 0);
});

test("operations are forgotten when safe, a week old and shown by the base, not before", async () => {
  const { server, device, edge } = await setUp();
  await edge.outbox.add([receive("i-1", 2)], BY);
  await edge.outbox.add([move("i-1", 1, "l-1", "l-2")], BY);
  server.safeLag = 1;
  await edge.sender.push();
  await edge.puller.pull();

  assert.equal((await edge.operations.prune(device.time.wall() + 6 * 86_400_000)).length, 0);
  assert.equal((await edge.operations.prune(device.time.wall() + 8 * 86_400_000)).length, 1);

  assert.equal((await edge.outbox.recent(5)).length, 1);
});
