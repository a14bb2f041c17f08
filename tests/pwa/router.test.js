import assert from "node:assert/strict";
import { test } from "node:test";
import { handle } from "../../pwa/static/edge/router.js";
import { BY, createDevice, createDisk, enrolled, offline, receive } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp() {
  const server = createServer();
  const device = await enrolled(createDevice({ server, disk: createDisk() }));
  await device.edge.people.signIn("B-7", "1234");
  const ask = async (path, init) => {
    const response = await handle(new Request(`http://device${path}`, init), device.edge);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { server, device, edge: device.edge, ask };
}

test("the home screen comes from the device itself, in the person's language, with the network off", async () => {
  const { device, ask } = await setUp();
  device.network = offline;

  const { status, text, headers } = await ask("/edge/home");

  assert.equal(status, 200);
  assert.match(text, /李伟/);
  assert.equal(headers.get("Content-Type"), "text/html; charset=utf-8");
  assert.equal(headers.get("Cache-Control"), "no-store");
});

test("an unknown address and a wrong method are said plainly", async () => {
  const { ask } = await setUp();

  assert.equal((await ask("/edge/nowhere")).status, 404);
  const wrong = await ask("/edge/scan");
  assert.deepEqual([wrong.status, wrong.headers.get("Allow")], [405, "POST"]);
});

test("a fault in a screen becomes an answer with words", async (context) => {
  const { edge, ask } = await setUp();
  context.mock.method(console, "error", () => undefined);
  edge.rows.item = () => Promise.reject(new Error("broken"));

  const { status, text } = await ask("/edge/items/i-1");

  assert.equal(status, 500);
  assert.match(text, /role="alert"/);
  assert.doesNotMatch(text, /broken/);
});

test("on a full disk every screen that writes says so and shows how to rescue what waits", async () => {
  const { device, edge, ask } = await setUp();
  device.network = offline;
  const [first] = await edge.outbox.add([receive("i-1", 1)], BY);
  device.disk.full = true;

  const { status, text } = await ask(`/edge/undo/${first.id}`, { method: "POST" });

  assert.equal(status, 507);
  assert.match(text, /存储已满/);
});
