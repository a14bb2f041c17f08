/** Answers /edge/… from the device's own data: the same function in the worker, in a page and in a test. */

import { edge as ownEdge } from "./edge.js";
import { viewOf } from "./handlers/activity.js";
import { routes } from "./handlers/index.js";
import * as waiting from "./handlers/waiting.js";
import { html } from "./html.js";
import { StorageFull } from "./outbox/outbox.js";
import { createTable } from "./routing.js";
import { told } from "./views/screen.js";
import { LANGUAGES, t as words } from "./words.js";

const table = createTable(routes);

/**
 * @typedef {object} Context
 * @property {Request} request
 * @property {URL} url
 * @property {Record<string, string>} params
 * @property {URLSearchParams} query
 * @property {FormData|null} form
 * @property {string} lang
 * @property {(key: string, args?: Record<string, unknown>) => string} t
 * @property {string|null} user   id of who is signed in
 * @property {import('./sync/wire.js').Identity|null} device
 * @property {ReturnType<typeof storesOf>} stores
 * @property {import('./edge.js').Edge["outbox"]} outbox
 * @property {() => number} now   milliseconds
 */

/**
 * Never from the network, and never rejected: a fault becomes an answer that can be shown.
 * @param {Request} request @param {import('./edge.js').Edge} [edge] @returns {Promise<Response>}
 */
export async function handle(request, edge = ownEdge()) {
  const url = new URL(request.url);
  const found = table.find(request.method === "HEAD" ? "GET" : request.method, url.pathname);
  const looked = look(edge);
  const lang = await language(looked);
  /** @type {Context["t"]} */
  const say = (key, args) => words(lang, key, args);
  if (!found.route) return missing(found.allowed, say);
  try {
    const context = await contextOf(request, url, found.params, edge, await looked, lang, say);
    return await answered(found.route, context);
  } catch (error) {
    console.error("a screen failed", error);
    return shown(fault(say("page.failed")), 500);
  }
}

/** @param {import('./routing.js').Route} route @param {Context} context */
async function answered(route, context) {
  try {
    return shown(await route.handler(context));
  } catch (error) {
    if (error instanceof StorageFull) return storageFull(context);
    throw error;
  }
}

/**
 * What another page may have changed is read once, at the beginning and all at the same time; what follows finds
 * it in memory, because transactions one after the other are most of what a scan would wait for.
 * @param {import('./edge.js').Edge} edge @returns {Promise<import('./store/settings.js').Settings>}
 */
async function look({ settings, operations, rows }) {
  const [view] = await Promise.all([settings.view(), operations.look(), rows.base()]);
  return view;
}

/** @param {Promise<import('./store/settings.js').Settings>} looked */
async function language(looked) {
  const chosen = await looked.then((settings) => settings.get("language")).catch(() => undefined); // a broken disk still gets words
  return LANGUAGES.includes(chosen) ? chosen : LANGUAGES[0];
}

/** @param {Request} request @param {URL} url @param {Record<string, string>} params @param {import('./edge.js').Edge} edge @param {import('./store/settings.js').Settings} settings @param {string} lang @param {Context["t"]} t @returns {Promise<Context>} */
async function contextOf(request, url, params, edge, settings, lang, t) {
  const [form, user, device] = await Promise.all([formOf(request), settings.get("user"), settings.get("device")]);
  return {
    request, url, params, query: url.searchParams, form, lang, t,
    user: user ?? null, device: device ?? null, stores: storesOf(edge, settings), outbox: edge.outbox, now: () => Math.round(edge.environment.wall()),
  };
}

/** @param {import('./edge.js').Edge} edge @param {import('./store/settings.js').Settings} settings as read for this request */
function storesOf({ rows, operations, people, pictures, environment, cycle, enrol }, settings) {
  return { rows, settings, operations, people, pictures, enrol, app: environment.app, contact: cycle.contact };
}

/** @param {Request} request @returns {Promise<FormData|null>} */
async function formOf(request) {
  const type = request.headers.get("Content-Type") ?? "";
  return /^(multipart\/form-data|application\/x-www-form-urlencoded)/.test(type) ? request.formData() : null;
}

/** @param {unknown} answer @param {number} [status] @returns {Response} */
function shown(answer, status = 200) {
  if (answer instanceof Response) return answer;
  const text = answer === undefined || answer === null ? "" : String(answer);
  return new Response(text, { status, headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" } });
}

/** @param {string[]} allowed @param {Context["t"]} t */
function missing(allowed, t) {
  const answer = shown(fault(t("page.failed")), allowed.length ? 405 : 404);
  if (allowed.length) answer.headers.set("Allow", allowed.join(", "));
  return answer;
}

/** @param {string} text @returns {import('./html.js').Html} */
function fault(text) {
  return html`<section class="screen"><div class="work"><p class="notice bad" role="alert">${text}</p></div></section>`;
}

/** Capture has stopped: the screen says so, aloud, and shows how what waits can be sent or carried away. @param {Context} context */
async function storageFull(context) {
  const alarm = told(viewOf(context), { tone: "bad", key: "waiting.storage_full" });
  return shown(html`${alarm}${await waiting.show(context)}`, 507);
}
