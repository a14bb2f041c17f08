/** Device check: what the worker knows; what only the page can know is filled in there. */

import * as deviceView from "../views/device.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";

/** @typedef {import('./facts.js').Context} Context */

const TRIALS = 5;

/** @param {Context} ctx */
export async function show(ctx) {
  const [summary, clock, strictMs] = await Promise.all([ctx.outbox.summary(), ctx.stores.operations.clock(), strictWrite(ctx)]);
  const view = activity.viewOf(ctx);
  const body = deviceView.body(view, {
    strictMs, online: summary.online, lastContact: summary.lastContact, offset: clock?.offset ?? null, error: clock?.error ?? null,
    device: ctx.device ? (ctx.device.name ?? ctx.device.device) : "", app: ctx.stores.app ?? "",
  });
  return screen(view, { name: "device", title: view.t("device.title"), body, camera: true, badge: await activity.badge(ctx, view) });
}

/** How long a flushed write takes here: the median of a few, or null when the disk refuses. @param {Context} ctx @returns {Promise<number|null>} */
async function strictWrite(ctx) {
  const times = [];
  try {
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const began = performance.now();
      await ctx.stores.settings.put("device-check", trial);
      times.push(performance.now() - began);
    }
  } catch {
    return null; // the disk is full: the screen says so
  }
  return times.sort((one, other) => one - other)[Math.floor(TRIALS / 2)];
}
