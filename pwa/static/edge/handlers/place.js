/** Choosing a place by a tap: the same as scanning its label. */

import * as activity from "./activity.js";
import * as placeView from "../views/place.js";
import { screen } from "../views/screen.js";
import { text } from "./form.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

const KINDS = /** @type {Record<string, string[]>} */ ({ receive: ["dock"], move: ["dock", "tote"], pick: ["tote", "dock"] });

/** @param {string} name */
export function ask(name) {
  return async (/** @type {Context} */ ctx) => {
    const places = (await work.placesOf(ctx, KINDS[name])).slice(0, 12);
    const view = activity.viewOf(ctx);
    const body = placeView.body(view, { action: `/edge/${name}/place`, places });
    return screen(view, { name: `${name}-place`, title: view.t("place.choose"), back: `/edge/${name}`, body, camera: true, badge: await activity.badge(ctx, view) });
  };
}

/** @param {string} name */
export function choose(name) {
  return async (/** @type {Context} */ ctx) => {
    const location = await ctx.stores.rows.location(text(ctx, "location"));
    if (!location) return activity.show(ctx, name);
    return activity.take(ctx, name, { type: "location", location, balances: [], code: location.code });
  };
}
