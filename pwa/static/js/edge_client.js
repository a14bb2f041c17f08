/**
 * The page's side of the edge: registers the worker and asks it, speaks for the device to the outside (the
 * live socket, the timer, the network coming back), and answers /edge/… itself where no worker does.
 */

import { createLive } from "../edge/sync/live.js";

const TIMER_MS = 15_000;
const PATIENCE_MS = 60_000;
/** So long the very first start waits for its worker; half of what a screen waits for its answer. */
const FIRST_WORKER_MS = 10_000;
const LEADER = "stockhand-leader";
/** What the screens listen to, said by the worker or by another page. */
const EVENTS = /** @type {Record<string, string>} */ ({ queue: "queue:changed", rows: "rows:changed", contact: "queue:changed", user: "user:changed" });

/** @type {Promise<[import('../edge/edge.js').Edge, typeof import('../edge/router.js')]>|null} */
let inPage = null;
/** @type {Promise<ServiceWorker|null>|null} */
let firstWorker = null;
let isReloading = false;

/** Begin: once per page. */
export function startEdge() {
  document.addEventListener("htmx:config:request", answerInPage);
  registered();
  listen();
  lead();
}

/** Whether the page has work that a reload would disturb: a half-typed form, an open line, a camera that looks. */
export function isUnfinished() {
  return document.querySelector("[data-unfinished], camera-view[open]") !== null;
}

// --- the worker ---

/** Registers the worker, once per page; what is awaited is the very first one. */
function registered() {
  firstWorker ??= awaited(register());
  return firstWorker;
}

/** @returns {Promise<ServiceWorkerRegistration|null>} null where the page can have no worker, for want of a certificate */
async function register() {
  if (!("serviceWorker" in navigator)) return null;
  navigator.serviceWorker.addEventListener("controllerchange", onNewController);
  const registration = await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/", updateViaCache: "none" });
  offerTakeOver(registration);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => offerTakeOver(registration));
  });
  document.addEventListener("htmx:after:swap", () => offerTakeOver(registration));
  return registration;
}

/**
 * A new release waits for a moment without unfinished work. The very first worker has nobody to take over
 * from: it begins by itself, and the page it finds need not be loaded again.
 * @param {ServiceWorkerRegistration} registration
 */
function offerTakeOver({ waiting, active }) {
  if (!waiting || !active || isUnfinished()) return;
  isReloading = true;
  waiting.postMessage({ type: "take-over" });
}

/** The page belongs to the former release, so it is loaded again; the first worker of all changes nothing. */
function onNewController() {
  if (isReloading) location.reload();
}

/**
 * Whoever answers this page. The first worker of all comes while the page waits, and claims it when the shell is kept:
 * that saves the page a hundred modules of its own. Null where there is none.
 * @returns {Promise<ServiceWorker|null>}
 */
async function worker() {
  return controller() ?? (await registered()) ?? controller();
}

function controller() {
  return navigator.serviceWorker?.controller ?? null;
}

/** The worker that comes, or null when none will: it failed, or the page was loaded past it, or it takes too long. @param {Promise<ServiceWorkerRegistration|null>} registering @returns {Promise<ServiceWorker|null>} */
function awaited(registering) {
  return new Promise((resolve) => {
    const end = () => resolve(controller());
    setTimeout(end, FIRST_WORKER_MS);
    navigator.serviceWorker?.addEventListener("controllerchange", end, { once: true });
    registering.then((registration) => {
      const coming = registration?.installing;
      if (!registration || registration.active?.state === "activated") return end();
      coming?.addEventListener("statechange", () => coming.state === "redundant" && end());
    }, (error) => {
      console.error("no worker for this page", error);
      end();
    });
  });
}

// --- asking the edge ---

/** HTMX asks the edge through us. @param {Event} event */
function answerInPage(event) {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const url = new URL(ctx.request.action, location.href);
  if (url.origin === location.origin && url.pathname.startsWith("/edge/")) ctx.fetch = fetchFromEdge;
}

/**
 * Like fetch, for /edge/ only. The worker is asked by a message: on a slow device a caught fetch, whose answer is
 * read from a stream, takes as long as all the rest of a scan. It is asked once: what is answered late, or never
 * because the worker died, may have been done, so only a person may ask again.
 * @typedef {{method?: string, headers?: Record<string, string>, body?: URLSearchParams|null, signal?: AbortSignal}} Asked
 * @typedef {{status: number, headers: Headers, text: () => Promise<string>}} Answer  the part of a Response that HTMX uses
 * @param {string} address @param {Asked} [asked] @returns {Promise<Answer>}
 */
export async function fetchFromEdge(address, { method = "GET", headers, body = null, signal } = {}) {
  const url = new URL(address, location.href);
  const target = await worker();
  if (target) return told(await answerOf(target, { type: "request", url: url.href, method, headers, body: body && String(body) }, signal));
  const [, router] = await loadEdge();
  return router.handle(new Request(url, { method, headers, body }));
}

/** Plain, because even a Response made here gives its text out as a stream. @param {{status: number, headers: [string, string][], text: string}} answer @returns {Answer} */
function told({ status, headers, text }) {
  return { status, headers: new Headers(headers), text: async () => text };
}

/** The edge in this page, loaded only where no worker has it. */
function loadEdge() {
  inPage ??= Promise.all([import("../edge/edge.js").then(({ edge }) => edge()), import("../edge/router.js")]);
  return inPage;
}

/** Say something to whoever is the edge. @param {{type: string, [more: string]: any}} message */
async function tell(message) {
  const target = await worker();
  if (target) return target.postMessage(message);
  const { cycle } = (await loadEdge())[0];
  if (message.type === "wake") cycle.wake(message.reason);
  else if (message.type === "live") cycle.live(message.connected);
  else if (message.type === "frame") await cycle.frame(message.frame);
}

/** Ask and wait for the answer. @param {{type: 'hello'} | {type: 'enrol', token: string, name: string}} message @returns {Promise<any>} */
async function ask(message) {
  const target = await worker();
  if (target) return answerOf(target, message);
  const [edge] = await loadEdge();
  return message.type === "hello" ? edge.live() : edge.enrol(message.token, message.name);
}

/** The message wakes the worker; its answer is waited for until somebody gives up, or the worker is gone. @param {ServiceWorker} target @param {unknown} message @param {AbortSignal} [signal] @returns {Promise<any>} */
function answerOf(target, message, signal = AbortSignal.timeout(PATIENCE_MS)) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const end = (/** @type {(value: any) => void} */ settle, /** @type {unknown} */ value) => {
      port1.close();
      settle(value);
    };
    port1.onmessage = ({ data }) => end(resolve, data);
    port1.addEventListener("close", () => end(reject, new Error("the worker is gone")));
    signal.addEventListener("abort", () => end(reject, signal.reason), { once: true });
    target.postMessage(message, [port2]);
  });
}

/** Make this device known, with the token of an invitation. @param {string} token @param {string} name */
export async function enrol(token, name) {
  // Asked at the one moment when a person expects to be asked: the browser may not clear our stores.
  await navigator.storage?.persist?.();
  return ask({ type: "enrol", token, name });
}

// --- what wakes synchronising ---

function listen() {
  window.addEventListener("online", () => tell({ type: "wake", reason: "online" }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") tell({ type: "wake", reason: "visible" });
  });
  if (typeof BroadcastChannel === "undefined") return;
  new BroadcastChannel("stockhand").addEventListener("message", ({ data }) => {
    const name = EVENTS[data?.type];
    if (name) document.body.dispatchEvent(new CustomEvent(name, { detail: data }));
  });
}

/** One page of all leads: it holds the socket and the timer, until it is closed. */
async function lead() {
  await navigator.serviceWorker?.getRegistration?.();
  tell({ type: "wake", reason: "start" });
  if (!navigator.locks) return leadNow();
  return navigator.locks.request(LEADER, () => new Promise(() => leadNow()));
}

function leadNow() {
  let isLive = false;
  const live = createLive({
    hello: () => ask({ type: "hello" }),
    frame: (frame) => tell({ type: "frame", frame }),
    connected: (connected) => {
      isLive = connected;
      tell({ type: "live", connected });
    },
    open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/sync/live`),
    online: () => navigator.onLine,
    time: {
      wall: () => Date.now(), monotonic: () => performance.now(), random: () => Math.random(),
      later: (action, delay) => setTimeout(action, delay), never: (timer) => clearTimeout(timer),
    },
  });
  setInterval(() => tell({ type: "wake", reason: "timer", live: isLive }), TIMER_MS);
  window.addEventListener("online", live.nudge);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.nudge();
  });
  live.start();
}
