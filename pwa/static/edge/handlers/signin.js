/** Signing in and out on a shared device. The queue belongs to the device and stays; the work in progress goes. */

import { screen } from "../views/screen.js";
import * as signinView from "../views/signin.js";
import * as activity from "./activity.js";
import { text } from "./form.js";
import * as home from "./home.js";
import * as people from "./people.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 */

/** @param {Context} ctx */
export async function unenrolled(ctx) {
  const view = activity.viewOf(ctx);
  return screen(view, { name: "unenrolled", title: view.t("product.name"), back: null, body: signinView.unenrolledBody(view) });
}

/** Who is it? @param {Context} ctx @param {Feedback|null} [feedback] */
export async function who(ctx, feedback = null) {
  const view = activity.viewOf(ctx);
  const [known, summary] = await Promise.all([people.known(ctx), ctx.outbox.summary()]);
  const body = signinView.whoBody(view, { people: known, waiting: summary.waiting });
  return screen(view, { name: "signin", title: view.t("signin.title"), back: null, body, feedback, camera: true, badge: await activity.badge(ctx, view) });
}

/** A badge was scanned while nobody is signed in. @param {Context} ctx @param {import('../session/goods.js').Scan} scan */
export async function enterBadge(ctx, scan) {
  if (!ctx.device) return unenrolled(ctx);
  if (scan.type !== "user") return who(ctx, { tone: "bad", key: "signin.not_a_badge" });
  return askPin(ctx, await people.byBadge(ctx, scan.text));
}

/** A name was tapped. @param {Context} ctx */
export async function choose(ctx) {
  const person = (await people.known(ctx)).find(({ id }) => id === text(ctx, "user"));
  return person ? askPin(ctx, person) : who(ctx);
}

/** @param {Context} ctx @param {people.Person} person @param {Feedback|null} [feedback] */
async function askPin(ctx, person, feedback = null) {
  await ctx.stores.settings.put("signing-in", person);
  const view = activity.viewOf(ctx);
  const shown = { ...person, name: person.name || view.t("signin.somebody") };
  return screen(view, { name: "pin", title: view.t("signin.title"), back: "/edge/signin", body: signinView.pinBody(view, shown), feedback, badge: await activity.badge(ctx, view) });
}

/** @param {Context} ctx */
export async function pin(ctx) {
  const person = await ctx.stores.settings.get("signing-in");
  if (!person) return who(ctx);
  const answer = await people.prove(ctx, person, text(ctx, "pin"));
  if (answer.kind === "refused") return askPin(ctx, person, { tone: "bad", key: `signin.${answer.reason}` });
  await ctx.stores.settings.put("signing-in", null);
  await ctx.stores.settings.put("user", answer.person.id);
  if (answer.person.language) await ctx.stores.settings.put("language", answer.person.language);
  await work.clear(ctx);
  return home.home({ ...ctx, user: answer.person.id }, { tone: "good", key: "signin.welcome", args: { name: answer.person.name } });
}

/** The shift is over. @param {Context} ctx */
export async function leave(ctx) {
  await ctx.stores.settings.put("user", null);
  await work.clear(ctx);
  return who({ ...ctx, user: null });
}

/** @param {Context} ctx @returns {Promise<people.Person>} */
export async function person(ctx) {
  const found = (await people.known(ctx)).find(({ id }) => id === ctx.user);
  return found ?? { id: ctx.user, name: ctx.user };
}

/** @param {Context} ctx @returns {Promise<string>} */
export async function warehouseName(ctx) {
  return (await ctx.stores.settings.get("warehouse_name")) ?? (await ctx.stores.settings.get("warehouse")) ?? "";
}
