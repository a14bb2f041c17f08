/**
 * Carrying away what cannot be sent: shown as a series of codes or saved as a file here, taken in by another
 * device under the same ids, so that nothing is done twice when both reach the server after all.
 */

import * as rescueView from "../views/rescue.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import { BadDraft } from "../outbox/operation.js";
import { text } from "./form.js";
import * as signin from "./signin.js";
import { sha256Hex } from "../sha256.js";
import * as rescue from "../session/rescue.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 * @typedef {{series: string, fresh: number, known: number}} Done  what came of the series taken in last
 */

/** More text than this is nobody's queue; a small code may unpack to any size. */
const MOST_BYTES = 32_000_000;

/** Read only: it has to work when the disk takes nothing any more. @param {Context} ctx */
export async function give(ctx) {
  if (!ctx.user) return signin.who(ctx);
  const lines = await ctx.outbox.unsentLines();
  const frames = lines ? rescue.framesOf(await packed(lines), sha256Hex) : [];
  const view = activity.viewOf(ctx);
  const body = rescueView.giveBody(view, { frames, waiting: linesIn(lines) });
  return screen(view, { name: "rescue", title: view.t("rescue.title"), back: "/edge/waiting", body, badge: await activity.badge(ctx, view) });
}

/** @param {Context} ctx @param {Feedback|null} [feedback] @returns {Promise<unknown>} */
export async function taking(ctx, feedback = null) {
  const [collected, done] = await Promise.all([ctx.stores.settings.get("rescue-frames"), ctx.stores.settings.get("rescue-done")]);
  const view = activity.viewOf(ctx);
  const body = rescueView.takeBody(view, { collected: collected ?? null, missing: collected ? rescue.missingOf(collected) : [], done: done ?? null });
  return screen(view, { name: "take-in", title: view.t("rescue.take_title"), back: "/edge/waiting", body, feedback, camera: true, badge: await activity.badge(ctx, view) });
}

/** Asked for by a tap: what came of the last time is put away, what is half collected stays. @param {Context} ctx */
export async function begin(ctx) {
  if (!ctx.user) return signin.who(ctx);
  await ctx.stores.settings.put("rescue-done", undefined);
  return taking(ctx);
}

/** A code of a series was scanned, on whatever screen: it says itself what it is for. @param {Context} ctx @param {import('../session/rescue.js').Frame} frame */
export async function frame(ctx, frame) {
  const { settings } = ctx.stores;
  const [collected, done] = await Promise.all([settings.get("rescue-frames"), settings.get("rescue-done")]);
  if (done?.series === frame.series || rescue.isKnown(collected, frame)) return taking(ctx, { tone: "quiet", key: "rescue.known_frame" });
  const now = rescue.collect(collected ?? null, frame);
  const left = rescue.missingOf(now).length;
  await settings.put("rescue-frames", left ? now : undefined);
  if (left) return taking(ctx, { tone: "quiet", key: "rescue.frame_taken", args: { n: now.total - left, total: now.total } });
  const bytes = rescue.joined(now, sha256Hex);
  return takeIn(ctx, bytes && (await unpacked(bytes)), now.series);
}

/** @param {Context} ctx */
export async function file(ctx) {
  if (!ctx.user) return signin.who(ctx);
  return takeIn(ctx, text(ctx, "lines"), "");
}

/** @param {Context} ctx @param {string|null} lines @param {string} series */
async function takeIn(ctx, lines, series) {
  const done = lines ? await taken(ctx, lines, series) : null;
  await ctx.stores.settings.put("rescue-done", done ?? undefined);
  if (!done) return taking(ctx, { tone: "bad", key: "rescue.unreadable" });
  return taking(ctx, { tone: "good", key: "rescue.taken", args: { n: done.fresh }, numeral: `+${done.fresh}` });
}

/** What cannot be read is taken in by nobody: all of it or nothing. @param {Context} ctx @param {string} lines @param {string} series @returns {Promise<Done|null>} */
async function taken(ctx, lines, series) {
  try {
    const fresh = await ctx.outbox.takeIn(lines);
    return { series, fresh, known: linesIn(lines) - fresh };
  } catch (error) {
    if (error instanceof BadDraft || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** @param {string} lines */
function linesIn(lines) {
  return lines.split("\n").filter((line) => line.trim()).length;
}

/** @param {string} text @returns {Promise<Uint8Array>} */
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string|null>} null: damaged, or far too much */
async function unpacked(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts = [];
  let size = 0;
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (value));
      size += /** @type {Uint8Array} */ (value).length;
      if (size > MOST_BYTES) return null;
    }
  } catch (error) {
    if (error instanceof TypeError) return null; // that is how a damaged stream is told
    throw error;
  }
  return new Blob(parts).text();
}
