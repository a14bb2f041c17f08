import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { fetchFromEdge } from "../../../pwa/static/js/edge_client.js";

/** @type {{message: any, port: MessagePort}[]} */
let asked = [];

afterEach(() => asked.forEach(({ port }) => port.close()));

/** A page whose worker writes down what it is asked, and answers when the test says so. */
function page() {
  asked = [];
  const controller = { postMessage: (/** @type {any} */ message, /** @type {MessagePort[]} */ [port]) => asked.push({ message: structuredClone(message), port }) };
  const place = { href: "http://device/hand", origin: "http://device" };
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker: { controller } }, configurable: true });
  Object.defineProperty(globalThis, "location", { value: place, configurable: true });
}

/** A scan that has reached the worker. @param {AbortSignal} [signal] */
async function scanned(signal = AbortSignal.timeout(5000)) {
  const answer = fetchFromEdge("/edge/scan", { method: "POST", body: new URLSearchParams({ text: "LOC-A-01" }), signal });
  await new Promise((resolve) => setImmediate(resolve));
  return { answer, port: asked[0].port };
}

test("a scan is one message to the worker, and its answer comes back whole", async () => {
  page();

  const { answer, port } = await scanned();
  port.postMessage({ status: 507, headers: [["hx-refresh", "true"]], text: "<p>库位</p>" });
  const { status, headers, text } = await answer;

  assert.deepEqual(asked.map(({ message }) => message), [{ type: "request", url: "http://device/edge/scan", method: "POST", body: "text=LOC-A-01", headers: undefined }]);
  assert.deepEqual([status, headers.get("HX-Refresh"), await text()], [507, "true", "<p>库位</p>"]);
});

test("an answer that comes late is waited for, and the scan is not sent again", async () => {
  page();

  const { answer, port } = await scanned();
  await new Promise((resolve) => setTimeout(resolve, 200));
  port.postMessage({ status: 200, headers: [], text: "late" });

  assert.equal(await (await answer).text(), "late");
  assert.equal(asked.length, 1);
});

test("who gave up waiting is told so, and the scan is not sent again", async () => {
  page();
  const patience = new AbortController();

  const { answer } = await scanned(patience.signal);
  patience.abort("timeout");

  await assert.rejects(answer, (reason) => reason === "timeout");
  assert.equal(asked.length, 1);
});

test("a worker that dies while it is asked leaves nobody waiting", async () => {
  page();

  const { answer, port } = await scanned();
  port.close();

  await assert.rejects(answer, /the worker is gone/);
  assert.equal(asked.length, 1);
});
