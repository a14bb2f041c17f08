import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "../../pwa/static/edge/router.js";
import { createDevice, enrolled, offline } from "./support/device.js";
import { createServer } from "./support/server.js";

/** A device on a counter, with nobody signed in; one of the two has a PIN of six figures. */
async function counter() {
  const server = createServer();
  server.users.set("B-9", { pin: "480213", user: { id: "u-9", name: "王芳", role: "storekeeper", language: "zh" } });
  return enrolled(createDevice({ server }));
}

/** @param {any} device @param {string} path @param {Record<string, string>} values @returns {Promise<string>} */
async function ask(device, path, values) {
  const response = await handle(new Request(`http://device${path}`, { method: "POST", body: new URLSearchParams(values) }), device.edge);
  return response.text();
}

/** @param {any} device @param {string} badge */
function scanBadge(device, badge) {
  return ask(device, "/edge/scan", { text: `USR:${badge}`, source: "wedge" });
}

test("of somebody new, four figures are only likely to be the whole PIN", async () => {
  const device = await counter();

  const screen = await scanBadge(device, "B-7");

  assert.match(screen, /<number-pad[^>]* length="4" unsure/);
});

test("somebody who signed in here needs no tap after the last figure, with or without a network", async () => {
  const device = await counter();
  for (const [badge, pin] of [["B-7", "1234"], ["B-9", "480213"]]) {
    await scanBadge(device, badge);
    assert.match(await ask(device, "/edge/signin/pin", { pin }), /data-screen="home"/);
    await ask(device, "/edge/signout", {});
  }
  device.network = offline;

  const [usual, long] = [await scanBadge(device, "B-7"), await scanBadge(device, "B-9")];

  assert.match(usual, /<number-pad[^>]* length="4"(?! unsure)/);
  assert.match(long, /<number-pad[^>]* length="6"(?! unsure)/);
});

test("after a refusal the PIN of somebody new may be a longer one, and the person says when it is whole", async () => {
  const device = await counter();
  await scanBadge(device, "B-9");

  const refused = await ask(device, "/edge/signin/pin", { pin: "4802" });

  assert.match(refused, /tone="bad"/);
  assert.doesNotMatch(refused, /<number-pad[^>]* length=/);
});

test("a figure pad that says yes twice does not sign anybody out", async () => {
  const device = await counter();
  await scanBadge(device, "B-7");
  await ask(device, "/edge/signin/pin", { pin: "1234" });

  const second = await ask(device, "/edge/signin/pin", { pin: "1234" });

  assert.match(second, /data-screen="home"/);
});
