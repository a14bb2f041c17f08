/** Home, the start after opening the app, the badge, the language. */

import * as homeView from "../views/home.js";
import { queueBadge, screen } from "../views/screen.js";
import * as activity from "./activity.js";
import * as guiding from "./guiding.js";
import * as signin from "./signin.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

/** The app was opened: the same screen and the same line as before, without a tap. @param {Context} ctx */
export async function start(ctx) {
  if (!ctx.device) return signin.unenrolled(ctx);
  if (!ctx.user) return signin.who(ctx);
  await activity.catchUp(ctx);
  const { screen: standing } = await work.load(ctx);
  return activity.SCREENS.includes(standing) ? activity.show(ctx, standing) : home(ctx);
}

/** @param {Context} ctx @param {import('../session/outcome.js').Feedback|null} [feedback] */
export async function home(ctx, feedback = null) {
  if (!ctx.device) return signin.unenrolled(ctx);
  if (!ctx.user) return signin.who(ctx);
  const standing = await work.load(ctx);
  const { sessions } = standing;
  await work.save(ctx, { ...standing, screen: "home" });
  const [summary, warehouse, person, picking] = await Promise.all([ctx.outbox.summary(), work.warehouseOf(ctx), ctx.stores.people.current(), guiding.atHome(ctx, sessions.guide)]);
  const busy = Object.fromEntries(activity.SCREENS.map((name) => [name, work.isUnfinished(name, sessions[name])]));
  const view = activity.viewOf(ctx);
  return screen(view, {
    name: "home", title: view.t("product.name"), back: null, feedback,
    body: homeView.body(view, { user: person?.name ?? ctx.user, warehouse: warehouse?.name ?? "", summary, busy, picking }),
    actions: homeView.actions(view), badge: queueBadge(view, summary),
  });
}

/** @param {Context} ctx */
export function badge(ctx) {
  return activity.badge(ctx, activity.viewOf(ctx));
}

/** @param {Context} ctx */
export async function contact(ctx) {
  return homeView.contact(activity.viewOf(ctx), await ctx.outbox.summary());
}

/** The page says its language anew when it is loaded again. @param {Context} ctx */
export async function language(ctx) {
  const { settings } = ctx.stores;
  const next = ctx.lang === "zh" ? "en" : "zh";
  await settings.put("language", next);
  await settings.put("languages", { ...(await settings.get("languages")), [ctx.user]: next });
  return new Response(null, { status: 200, headers: { "HX-Refresh": "true" } });
}
