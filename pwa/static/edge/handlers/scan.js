/** A scan from anywhere: the scanner, the camera, a photo or the keyboard. The screen one stands on decides. */

import * as activity from "./activity.js";
import { scanOf } from "./facts.js";
import * as receive from "../session/receive.js";
import * as move from "../session/move.js";
import { correct } from "../session/correction.js";
import * as carry from "../session/carry.js";
import * as check from "../session/check.js";
import * as count from "../session/count.js";
import * as guide from "../session/guide.js";
import * as pack from "../session/pack.js";
import { readFrame } from "../session/rescue.js";
import { frame } from "./rescue.js";
import { enterBadge } from "./signin.js";
import { undoLast } from "./undo.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

/** What a number still standing on the pad means when the next scan comes: it was meant. */
const QUANTITIES = /** @type {Record<string, (session: any, quantity: string) => import('../session/outcome.js').Outcome<any>>} */ ({
  receive: receive.setQuantity, move: move.setQuantity, pick: correct, guide: guide.setQuantity, count: count.setQuantity,
  pack: pack.setQuantity, carry: carry.setQuantity, check: check.setQuantity,
});

/** @param {Context} ctx */
export async function scanned(ctx) {
  const { screen } = await work.load(ctx);
  const name = activity.SCREENS.includes(screen) ? screen : "lookup";
  const carried = readFrame(rawOf(ctx).text);
  if (carried && ctx.user) return frame(ctx, carried);
  const scan = await scanOf(ctx, rawOf(ctx), name);
  if (!ctx.user) return enterBadge(ctx, scan);
  if (scan.type === "command" && scan.command === "UNDO") return undoLast(ctx);
  await settlePad(ctx, name);
  return activity.take(ctx, name, scan);
}

/** @param {Context} ctx */
function rawOf(ctx) {
  const field = (/** @type {string} */ name) => String(ctx.form?.get(name) ?? "");
  return { text: field("text"), aim: field("aim") || undefined, source: field("source") || "wedge" };
}

/** @param {Context} ctx @param {string} name */
async function settlePad(ctx, name) {
  const quantity = ctx.form?.get("pad");
  if (typeof quantity !== "string" || !quantity || !QUANTITIES[name]) return;
  const { sessions } = await work.enter(ctx, name);
  const outcome = QUANTITIES[name](sessions[name], quantity);
  if (outcome.feedback.tone !== "bad") await activity.carryOut(ctx, name, outcome);
}
