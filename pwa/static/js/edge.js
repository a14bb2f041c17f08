/**
 * The way from the page to the edge: through the service worker where it controls the page, else straight to
 * the same router. Work begins at once, and not after a second load.
 */

/** @typedef {{handle: (request: Request) => Promise<Response>}} Router */

/** @type {Promise<Router>|null} */
let ownRouter = null;

/** Register the worker, answer from the page until it controls it, open the screen one stood on. */
export function startEdge() {
  document.addEventListener("htmx:config:request", takeOver);
  document.addEventListener("htmx:error", () => import("./say.js").then(({ say }) => say("bad", "page.failed")));
  new BroadcastChannel("stockhand").addEventListener("message", announce);
  registerWorker();
  ask("GET", "/edge/start");
}

/** Ask the edge, and show its answer as the screen. @param {'GET'|'POST'} method @param {string} path @param {Record<string, string>} [values] @returns {Promise<void>} */
export async function ask(method, path, values = {}) {
  await window.htmx.ajax(method, path, { target: "#screen", swap: "innerHTML", source: "#scan-sink", values });
}

async function registerWorker() {
  if (!("serviceWorker" in navigator)) return; // no trusted certificate: the page itself is the edge
  await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/", updateViaCache: "none" });
}

/** @param {Event} event */
function takeOver(event) {
  const { ctx } = /** @type {CustomEvent<{ctx: {request: {action: string}, fetch?: typeof fetch}}>} */ (event).detail;
  if (!ctx.request.action.startsWith("/edge/") || navigator.serviceWorker?.controller) return;
  ctx.fetch = async (path, init) => {
    ownRouter ??= import("../edge/router.js");
    const { handle } = await ownRouter;
    return handle(new Request(new URL(String(path), location.origin), plain(init)));
  };
}

/** What htmx adds for its own use is nothing to a Request. @param {RequestInit & Record<string, unknown>} [init] @returns {RequestInit} */
function plain({ method = "GET", headers, body } = {}) {
  return { method, headers, body };
}

/** The queue changed, here or in another tab: the badge looks again. @param {MessageEvent} event */
function announce(event) {
  if (event.data?.type === "queue") document.body.dispatchEvent(new CustomEvent("queue:changed"));
}
