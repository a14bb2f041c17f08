import assert from "node:assert/strict";
import { test } from "node:test";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

async function setUp() {
  const server = createServer();
  const device = await enrolled(createDevice({ server }));
  return { server, device, people: device.edge.people, settings: device.edge.settings };
}

test("with a network the server says who it is", async () => {
  const { people } = await setUp();

  const answer = await people.signIn("B-7", "1234");

  assert.deepEqual([answer.ok, answer.offline, answer.user.name], [true, false, "李伟"]);
  assert.equal((await people.current()).id, "u-7");
  assert.deepEqual(await people.signIn("B-7", "9999").then(({ ok, reason }) => [ok, reason]), [false, "wrong"]);
});

test("without a network somebody seen within 72 hours signs in with the PIN", async () => {
  const { device, people } = await setUp();
  await people.signIn("B-7", "1234");
  await people.signOut();
  assert.equal(await people.current(), null);
  device.network = offline;
  device.time.pass(71 * 3_600_000);

  const answer = await people.signIn("B-7", "1234");

  assert.deepEqual([answer.ok, answer.offline], [true, true]);
  assert.equal((await people.current()).name, "李伟");
});

test("after 72 hours only the server can say so, even when the clock is set back", async () => {
  const { device, people } = await setUp();
  await people.signIn("B-7", "1234");
  device.network = offline;
  device.time.pass(73 * 3_600_000);
  assert.equal((await people.signIn("B-7", "1234")).reason, "too_old");

  device.time.setWall(-60 * 3_600_000);

  assert.equal((await people.signIn("B-7", "1234")).reason, "too_old");
});

test("five wrong tries lock offline sign-in until the server was asked", async () => {
  const { server, device, people } = await setUp();
  await people.signIn("B-7", "1234");
  device.network = offline;
  const reasons = [];
  for (let i = 0; i < 5; i += 1) reasons.push((await people.signIn("B-7", `000${i}`)).reason);
  assert.deepEqual(reasons, ["wrong", "wrong", "wrong", "wrong", "locked"]);
  assert.equal((await people.signIn("B-7", "1234")).reason, "locked");

  device.network = server.fetch;

  assert.equal((await people.signIn("B-7", "1234")).ok, true);
});

test("somebody this device never saw cannot sign in offline", async () => {
  const { device, people } = await setUp();
  device.network = offline;

  assert.equal((await people.signIn("B-7", "1234")).reason, "offline");
});

test("a PIN that the server no longer accepts does not open the device offline", async () => {
  const { server, device, people } = await setUp();
  await people.signIn("B-7", "1234");
  server.users.get("B-7").pin = "5678";
  assert.equal((await people.signIn("B-7", "1234")).reason, "wrong");

  device.network = offline;

  assert.equal((await people.signIn("B-7", "1234")).reason, "offline");
});

test("the PIN itself is stored nowhere", async () => {
  const { people, settings } = await setUp();
  await people.signIn("B-7", "1234");

  const [person] = await settings.get("people");
  assert.ok(!JSON.stringify(person).includes("1234"));
  assert.equal(person.rounds, 10);
});

test("a portal's answer is no sign-in", async () => {
  const { device, people } = await setUp();
  device.network = async () => new Response("{}", { headers: { "Content-Type": "application/json" } });

  assert.equal((await people.signIn("B-7", "1234")).reason, "offline");
});
