/** What still waits to be sent, and what somebody has to look at. */

import * as historyView from "../views/history.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import { entryOf } from "./told.js";

/** @typedef {import('./facts.js').Context} Context */

const SHOWN = 60;
const SETTLED_SHOWN = 10;

/** @param {Context} ctx */
export async function show(ctx) {
  const [recent, summary] = await Promise.all([ctx.outbox.recent(SHOWN), ctx.outbox.summary()]);
  const entries = await Promise.all(recent.map((/** @type {any} */ one) => entryOf(ctx, one)));
  const lists = {
    attention: entries.filter((entry) => entry.attention),
    waiting: entries.filter((entry) => !entry.attention && entry.state === "queued"),
    settled: entries.filter((entry) => !entry.attention && entry.state !== "queued").slice(0, SETTLED_SHOWN),
    summary,
  };
  const view = activity.viewOf(ctx);
  return screen(view, { name: "waiting", title: view.t("waiting.title"), body: historyView.waitingBody(view, lists), actions: historyView.waitingActions(view, summary), badge: await activity.badge(ctx, view) });
}

/** Somebody has seen it. @param {Context} ctx */
export async function dismiss(ctx) {
  await ctx.outbox.dismiss(ctx.params.id);
  return show(ctx);
}

/** Everything the server does not have yet, as a file that another device takes in. @param {Context} ctx */
export async function unsent(ctx) {
  const lines = await ctx.outbox.unsentLines();
  return new Response(lines, { headers: { "Content-Type": "application/x-ndjson", "Content-Disposition": 'attachment; filename="unsent.jsonl"' } });
}
