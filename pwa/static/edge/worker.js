/** The service worker: keeps the shell, and is the edge server of this device. */

import { edge } from "./edge.js";
import { release } from "./environment.js";
import { handle } from "./router.js";
import { createShell } from "./store/shell.js";

const scope = /** @type {any} */ (globalThis);
const shell = createShell({
  caches, fetch: globalThis.fetch.bind(globalThis),
  base: new URL("..", import.meta.url).pathname, release: release(import.meta.url),
});

scope.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(shell.install());
});

scope.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(shell.clean().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname.startsWith("/edge/")) {
    event.respondWith(answered(event));
  } else if (shell.owns(request, location.origin)) {
    event.respondWith(shell.answer(request));
  }
});

/** The answer goes out at once; the worker stays until what it caused is sent and witnessed. @param {any} event */
async function answered(event) {
  const response = handle(event.request);
  event.waitUntil(response.then(untilQuiet).then(askForLater));
  return response;
}

/** The same answer for a page that asked by a message, as plain values. @param {{url: string, method: string, headers?: Record<string, string>, body: string|null}} message */
async function replied({ url, method, headers, body }) {
  const response = await handle(new Request(url, { method, headers, body: body === null ? null : new URLSearchParams(body) }));
  return { status: response.status, headers: [...response.headers], text: await response.text() };
}

async function untilQuiet() {
  await Promise.all([edge().outbox.settled(), edge().cycle.idle()]);
}

scope.addEventListener("message", (/** @type {any} */ event) => {
  event.waitUntil(told(event.data, event.ports[0]));
});

/** Where the browser can wake us when the network is back, it is asked to; a gift, never counted on. */
async function askForLater() {
  const { sync } = scope.registration;
  const { waiting } = await edge().operations.counts();
  if (sync && waiting) await sync.register("push").catch(() => undefined); // not allowed here: the timer does it
}

scope.addEventListener("sync", (/** @type {any} */ event) => {
  edge().cycle.wake("online");
  event.waitUntil(untilQuiet());
});

/**
 * What pages say. `take-over`: nobody has unfinished work, the new release may begin.
 * @param {any} message @param {MessagePort|undefined} port
 */
async function told(message, port) {
  switch (message?.type) {
    case "take-over":
      return scope.skipWaiting();
    case "wake":
      if (message.live !== undefined) edge().cycle.live(message.live); // a worker that was stopped has forgotten
      edge().cycle.wake(message.reason);
      if (message.reason !== "start") break;
      await shell.mend().catch(() => undefined); // no network: the next start does it
      return untilQuiet().then(shell.complete).catch(() => undefined);
    case "live":
      edge().cycle.live(message.connected);
      break;
    case "frame":
      await edge().cycle.frame(message.frame);
      break;
    case "hello":
      port?.postMessage(await edge().live());
      break;
    case "request":
      port?.postMessage(await replied(message));
      return untilQuiet().then(askForLater);
    case "enrol":
      port?.postMessage(await edge().enrol(message.token, message.name));
      break;
    default:
      return undefined; // from a page of another release
  }
  return untilQuiet();
}
