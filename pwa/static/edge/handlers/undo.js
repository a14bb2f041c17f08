/** Undoing: one tap for each of the last twenty things this person did here, with or without a network. */

import * as historyView from "../views/history.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import { forgotten as forgottenBooking } from "../session/correction.js";
import * as check from "../session/check.js";
import * as count from "../session/count.js";
import * as door from "../session/door.js";
import * as guide from "../session/guide.js";
import * as move from "../session/move.js";
import * as pack from "../session/pack.js";
import { entryOf } from "./told.js";
import { text } from "./form.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

const LAST = 20;
const LOOKED_AT = 80;
const UNDOABLE = new Set(["stock.receive", "stock.move", "stock.pick", "stock.count", "stock.adjust", "stock.pack", "stock.check", "stock.ship", "delivery.confirm"]);
const FAILED = new Set(["rejected", "superseded", "duplicate"]);

/** @param {Context} ctx @param {import('../session/outcome.js').Feedback|null} [feedback] */
export async function show(ctx, feedback = null) {
  const entries = await Promise.all((await own(ctx)).map((recent) => entryOf(ctx, recent)));
  const view = activity.viewOf(ctx);
  return screen(view, { name: "undo", title: view.t("undo.title"), body: historyView.undoBody(view, entries), feedback, badge: await activity.badge(ctx, view) });
}

/** The last scans of this person that can be taken back. @param {Context} ctx @returns {Promise<any[]>} */
async function own(ctx) {
  const recent = await ctx.outbox.recent(LOOKED_AT);
  return recent
    .filter((/** @type {any} */ { operation, state }) => operation.user === ctx.user && UNDOABLE.has(operation.kind.split("@")[0]) && !FAILED.has(state))
    .slice(0, LAST);
}

/** @param {Context} ctx */
export async function undo(ctx) {
  const feedback = await takeBack(ctx, ctx.params.id);
  if (text(ctx, "from") === "undo") return show(ctx, feedback);
  const { screen: standing } = await work.load(ctx);
  return activity.SCREENS.includes(standing) ? activity.show(ctx, standing, { feedback }) : show(ctx, feedback);
}

/** By the scanned command, hands free. @param {Context} ctx */
export async function undoLast(ctx) {
  const last = (await own(ctx)).find(({ undone }) => !undone);
  const feedback = last ? await takeBack(ctx, last.operation.id) : { tone: /** @type {const} */ ("bad"), key: "reason.nothing_to_undo" };
  const { screen: standing } = await work.load(ctx);
  return activity.SCREENS.includes(standing) ? activity.show(ctx, standing, { feedback }) : show(ctx, feedback);
}

/** @param {Context} ctx @param {string} id @returns {Promise<import('../session/outcome.js').Feedback>} */
async function takeBack(ctx, id) {
  const found = (await own(ctx)).find(({ operation }) => operation.id === id);
  if (!found) return { tone: "bad", key: "reason.not_found" };
  if (found.undone) return { tone: "bad", key: "reason.already_undone" };
  await ctx.outbox.add([{ kind: "op.undo@1", args: { operation: id } }], { user: ctx.user });
  await forget(ctx, id);
  const { words } = await entryOf(ctx, found);
  return { tone: "caution", key: "undo.done", args: { what: words } };
}

/** What was taken back can no longer be corrected on its screen. @param {Context} ctx @param {string} id */
async function forget(ctx, id) {
  const standing = await work.load(ctx);
  const { receive, move: moving, pick, guide: guided, count: counting } = standing.sessions;
  const sessions = {
    ...standing.sessions,
    ...(receive && { receive: forgottenBooking(receive, id) }),
    ...(pick && { pick: forgottenBooking(pick, id) }),
    ...(guided && { guide: guide.forgotten(guided, id) }),
    ...(standing.sessions.pack && { pack: pack.forgotten(standing.sessions.pack, id) }),
    ...(standing.sessions.check && { check: check.forgotten(standing.sessions.check, id) }),
    ...(standing.sessions.door && { door: door.forgotten(standing.sessions.door, id) }),
    ...(standing.sessions.carry && { carry: forgottenBooking(standing.sessions.carry, id) }),
    ...(moving && { move: move.forgotten(moving, id) }),
    ...(counting && { count: count.forgotten(counting, id) }),
  };
  await work.save(ctx, { ...standing, sessions });
}
