import assert from "node:assert/strict";
import { test } from "node:test";
import { createLive } from "../../pwa/static/edge/sync/live.js";
import { createTime, settle } from "./support/device.js";

async function setUp({ hello = async () => ({ generation: 1, cursor: 7, token: "d-1.s" }), online = () => true } = {}) {
  const time = createTime();
  const world = { time, sockets: [], frames: [], connected: [] };
  const live = createLive({
    hello, frame: (frame) => world.frames.push(frame), connected: (state) => world.connected.push(state),
    open: () => fakeSocket(world.sockets), online,
    time: { ...time, random: () => 0.5 },
  });
  live.start();
  await settle();
  return { ...world, live };
}

function fakeSocket(sockets) {
  const socket = { readyState: 1, sent: [], closed: false, send: (text) => socket.sent.push(JSON.parse(text)), close: () => (socket.closed = true) };
  sockets.push(socket);
  return socket;
}

const says = (socket, message) => socket.onmessage({ data: JSON.stringify(message) });

test("the device says who it is and where it stands", async () => {
  const { sockets } = await setUp();

  sockets[0].onopen();

  assert.deepEqual(sockets[0].sent, [{ generation: 1, cursor: 7, token: "d-1.s" }]);
});

test("rows and pokes are handed on, pings are not", async () => {
  const { sockets, frames, connected } = await setUp();
  sockets[0].onopen();

  says(sockets[0], { ping: 1 });
  says(sockets[0], { from: 7, to: 8, rows: [] });
  says(sockets[0], { poke: 9 });
  sockets[0].onmessage({ data: '{"from": 8, "to"' });

  assert.deepEqual(frames, [{ from: 7, to: 8, rows: [] }, { poke: 9 }]);
  assert.deepEqual(connected, [true]);
});

test("a line that went silent is closed after 35 seconds and opened again", async () => {
  const { sockets, time, connected } = await setUp();
  sockets[0].onopen();
  says(sockets[0], { ping: 1 });

  await time.advance(34_000);
  assert.equal(sockets[0].closed, false);
  await time.advance(1_200);
  assert.equal(sockets[0].closed, true);
  await time.advance(2_000);

  assert.equal(sockets.length, 2);
  assert.deepEqual(connected, [true, false]);
});

test("we speak every 15 seconds too", async () => {
  const { sockets, time } = await setUp();
  sockets[0].onopen();
  for (let i = 0; i < 6; i += 1) {
    says(sockets[0], { ping: i });
    await time.advance(10_000);
  }

  assert.ok(sockets[0].sent.filter(({ ping }) => ping).length >= 3);
  assert.equal(sockets.length, 1);
});

test("a server that is away is tried again, more and more rarely, and at once when the network is back", async () => {
  const { sockets, time, live } = await setUp();
  for (let i = 0; i < 12; i += 1) {
    sockets.at(-1).onclose();
    await time.advance(31_000);
  }
  const count = sockets.length;
  assert.ok(count >= 12, `${count} sockets`);
  sockets.at(-1).onclose();

  live.nudge();
  await settle();

  assert.equal(sockets.length, count + 1);
});

test("before enrolment no socket is opened", async () => {
  const { sockets, time } = await setUp({ hello: async () => null });

  await time.advance(60_000);

  assert.equal(sockets.length, 0);
});

test("without a network no socket is tried", async () => {
  const { sockets, time } = await setUp({ online: () => false });

  await time.advance(60_000);

  assert.equal(sockets.length, 0);
});

test("after stop the line stays down", async () => {
  const { sockets, time, live } = await setUp();
  sockets[0].onopen();

  live.stop();
  await time.advance(120_000);

  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].closed, true);
});
