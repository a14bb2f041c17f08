/** Signing in and out on a shared device. The queue belongs to the device and stays; the work in progress goes. */

import { screen } from "../views/screen.js";
import * as signinView from "../views/signin.js";
import * as activity from "./activity.js";
import { text } from "./form.js";
import * as guiding from "./guiding.js";
import * as home from "./home.js";
import { LANGUAGES, t as words } from "../words.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 * @typedef {{badge: string, name: string}} Person
 */

/** As most PINs are; longer ones are allowed. */
const USUAL_FIGURES = 4;

/** Why it did not work → what to say. */
const REFUSALS = /** @type {Record<string, string>} */ ({
  wrong: "signin.wrong", locked: "signin.locked", offline: "signin.offline", too_old: "signin.too_old", no_device: "waiting.needs.enrolment",
});

/** @param {Context} ctx */
export async function unenrolled(ctx) {
  const view = activity.viewOf(ctx);
  return screen(view, { name: "unenrolled", title: view.t("product.name"), back: null, body: signinView.unenrolledBody(view) });
}

/** Who is it? @param {Context} ctx @param {Feedback|null} [feedback] */
export async function who(ctx, feedback = null) {
  const view = activity.viewOf(ctx);
  const [people, summary] = await Promise.all([known(ctx), ctx.outbox.summary()]);
  const body = signinView.whoBody(view, { people, waiting: summary.waiting });
  return screen(view, { name: "signin", title: view.t("signin.title"), back: null, body, feedback, camera: true, badge: await activity.badge(ctx, view) });
}

/** People who signed in here before, for a tap instead of a badge. @param {Context} ctx @returns {Promise<Person[]>} */
async function known(ctx) {
  const people = await ctx.stores.people.known();
  return people.filter((/** @type {{badge?: string}} */ { badge }) => badge).slice(0, 6);
}

/** A badge was scanned while nobody is signed in. @param {Context} ctx @param {import('../session/goods.js').Scan} scan */
export async function enterBadge(ctx, scan) {
  if (!ctx.device) return unenrolled(ctx);
  if (scan.type !== "user") return who(ctx, { tone: "bad", key: "signin.not_a_badge" });
  return askPin(ctx, scan.text);
}

/** A name was tapped. @param {Context} ctx */
export function choose(ctx) {
  return askPin(ctx, text(ctx, "badge"));
}

/** @param {Context} ctx @param {string} badge @param {Feedback|null} [feedback] */
async function askPin(ctx, badge, feedback = null) {
  await ctx.stores.settings.put("signing-in", badge);
  const person = (await known(ctx)).find((one) => one.badge === badge);
  const view = activity.viewOf(ctx);
  const body = signinView.pinBody(view, person?.name ?? view.t("signin.somebody"), await lengthOf(ctx, badge, feedback));
  return screen(view, { name: "pin", title: view.t("signin.title"), back: "/edge/signin", body, feedback, badge: await activity.badge(ctx, view) });
}

/**
 * After how many figures the PIN is whole, so that the last one signs in. Of somebody new it is only likely, and
 * after a refusal their PIN may be a longer one: then they say themselves when it is whole.
 * @param {Context} ctx @param {string} badge @param {Feedback|null} refusal
 */
async function lengthOf(ctx, badge, refusal) {
  const figures = (await ctx.stores.settings.get("pin-lengths"))?.[badge];
  if (figures) return { figures, unsure: false };
  return refusal ? null : { figures: USUAL_FIGURES, unsure: true };
}

/** @param {Context} ctx */
export async function pin(ctx) {
  const badge = await ctx.stores.settings.get("signing-in");
  if (!badge) return ctx.user ? home.home(ctx) : who(ctx);
  const answer = await ctx.stores.people.signIn(badge, text(ctx, "pin"));
  if (!answer.ok) return askPin(ctx, badge, { tone: "bad", key: REFUSALS[answer.reason] ?? "signin.wrong" });
  await ctx.stores.settings.put("signing-in", undefined);
  await ctx.stores.settings.put("pin-lengths", { ...(await ctx.stores.settings.get("pin-lengths")), [badge]: text(ctx, "pin").length });
  await work.clear(ctx);
  const lang = await languageOf(ctx, answer.user.id, answer.user.language);
  const t = (/** @type {string} */ key, /** @type {Record<string, unknown>|undefined} */ args) => words(lang, key, args);
  return home.home({ ...ctx, user: answer.user.id, lang, t }, { tone: "good", key: "signin.welcome", args: { name: answer.user.name } });
}

/** What this person chose on this device, else what the server knows of them. @param {Context} ctx @param {string} user @param {string|undefined} usual */
async function languageOf(ctx, user, usual) {
  const chosen = (await ctx.stores.settings.get("languages"))?.[user] ?? usual;
  const lang = chosen && LANGUAGES.includes(chosen) ? chosen : ctx.lang;
  await ctx.stores.settings.put("language", lang);
  return lang;
}

/** The device was just enrolled for somebody: they begin, as the invitation is their proof. @param {Context} ctx */
export async function first(ctx) {
  const { settings, people } = ctx.stores;
  if (!ctx.device) return new Response(null, { status: 409 });
  if (ctx.user) return new Response(null, { status: 204 }); // enrolled anew in the middle of a shift
  const user = JSON.parse(text(ctx, "user"));
  const others = (await people.known()).filter((/** @type {{id: string}} */ { id }) => id !== user.id);
  await settings.put("people", [user, ...others]);
  await settings.put("user", user.id);
  return new Response(null, { status: 204 });
}

/** The shift is over; a task that is not picked to its end is open to others. @param {Context} ctx */
export async function leave(ctx) {
  await guiding.giveBack(ctx);
  await ctx.stores.people.signOut();
  await work.clear(ctx);
  return who({ ...ctx, user: null });
}
