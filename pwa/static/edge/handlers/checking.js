/** The taps of the checking screen, and the second person who shows on the spot that it is them. */

import { fullOf, inside, noticeById, noticeIn, notices, placesOf } from "./boxes.js";
import * as activity from "./activity.js";
import { noticeAfter, othersNeeded, toCheck, whyNot } from "../session/box.js";
import * as check from "../session/check.js";
import * as checkView from "../views/check.js";
import { screen } from "../views/screen.js";
import { withDeparture } from "./shipping.js";
import { text } from "./form.js";
import * as work from "./work.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../session/check.js').Session} Session
 * @typedef {import('../session/outcome.js').Feedback} Feedback
 */

/** Why a second person was not recognised → what to say. */
const REFUSALS = /** @type {Record<string, string>} */ ({
  wrong: "signin.wrong", locked: "signin.locked", offline: "check.second_unknown", too_old: "signin.too_old", no_device: "waiting.needs.enrolment",
});

/** @param {Context} ctx @param {Session} session @param {import('../session/goods.js').Scan} scan */
export async function decide(ctx, session, scan) {
  if (scan.type === "user" && session.asks) return byBadge(ctx, session, scan.text);
  if (scan.type !== "location") return check.scan(session, scan, {});
  const found = await noticeIn(ctx, scan);
  const place = scan.location.id;
  return check.scan(session, scan, { found, why: found && whyNot(found, place, ctx.user), isFull: (await inside(ctx, place, found)).length > 0 });
}

/** @param {Context} ctx @param {Session} session @param {string} badge */
async function byBadge(ctx, session, badge) {
  const outcome = await vouched(ctx, session, await ctx.stores.people.proveByBadge(badge, saidBy(session)));
  const [draft] = outcome.operations;
  const notice = draft ? await noticeById(ctx, session.notice?.id) : null;
  return notice ? withDeparture(ctx, noticeAfter(notice, [{ ...draft, user: ctx.user }]), outcome) : outcome;
}

/** What a second person vouches for, as the server reads it (verdict.py: said). @param {Session} session @returns {unknown[]} */
function saidBy(session) {
  const { carton, document, lines } = check.draftOf(session).args;
  return [carton, document, lines.map(({ item, quantity, lot = "", serial = "" }) => [item, quantity, lot, serial])];
}

/** @param {Context} ctx @param {Session} session @param {import('../store/people.js').Proven} answer @returns {Promise<import('../session/outcome.js').Outcome<Session>>} */
async function vouched(ctx, session, answer) {
  const refuse = (/** @type {string} */ key) => ({ session, operations: [], feedback: { tone: /** @type {const} */ ("bad"), key } });
  if (!answer.ok) return refuse(REFUSALS[answer.reason] ?? "signin.wrong");
  if (answer.user.id === ctx.user) return refuse("reason.proof_same_person");
  const notice = await noticeById(ctx, session.notice?.id);
  const why = notice && session.place ? whyNot(notice, session.place.id, answer.user.id) : null;
  return why ? refuse(why === "check.picker" ? "check.second_picker" : why) : check.proven(session, answer, answer.user.name);
}

/** @param {Context} ctx @param {import('../views/parts.js').View} view @param {Session} session @param {boolean} pad */
export async function contents(ctx, view, session, pad) {
  const differences = await Promise.all(session.differences.map(async (one) => ({ ...one, item: await ctx.stores.rows.item(one.item) })));
  const people = session.asks ? (await others(ctx)) : [];
  const waiting = session.place || session.differences.length ? [] : await placesToCheck(ctx);
  const asks = pad && !session.asks;
  return { body: checkView.body(view, session, { pad: asks, differences, people, waiting }), actions: asks ? null : checkView.actions(view, session) };
}

/** Whom this device knows, apart from who uses it. @param {Context} ctx @returns {Promise<{id: string, badge: string, name: string}[]>} */
async function others(ctx) {
  const people = await ctx.stores.people.known();
  return people.filter((/** @type {{id: string, badge?: string}} */ { id, badge }) => badge && id !== ctx.user).slice(0, 6);
}

/** What there is to look into, and whose look would count. @param {Context} ctx @returns {Promise<{number: string, customer: string, code: string}[]>} */
async function placesToCheck(ctx) {
  const asked = (await notices(ctx)).filter(({ next, pickers }) => next === "check" && !pickers.includes(ctx.user)).slice(0, 20);
  const found = await Promise.all(asked.map(async (notice) => {
    const places = await placesOf(ctx, toCheck(notice, await fullOf(ctx, notice), ctx.user));
    return places.map(({ code }) => ({ number: notice.number, customer: notice.customer, code }));
  }));
  return found.flat();
}

/** @param {Context} ctx */
export function show(ctx) {
  return activity.show(ctx, "check", { pad: ctx.query.has("pad") });
}

/** @param {Context} ctx */
export function quantity(ctx) {
  return activity.act(ctx, "check", (session) => check.setQuantity(session, text(ctx, "quantity")));
}

/** @param {Context} ctx */
export function marks(ctx) {
  return activity.act(ctx, "check", (session) => check.setMarks(session, { lot: text(ctx, "lot"), serial: text(ctx, "serial") }));
}

/** @param {Context} ctx */
export async function done(ctx) {
  const { sessions } = await work.enter(ctx, "check");
  const { place, notice: named } = sessions.check;
  const notice = await noticeById(ctx, named?.id);
  const lying = place ? await inside(ctx, place.id, notice) : [];
  const should = lying.map(({ item, lot, serial, quantity: much }) => ({ item: item.id, lot, serial, quantity: much }));
  const needed = notice && place ? othersNeeded(notice, place.id, ctx.user) : 0;
  return looked(ctx, notice, check.done(sessions.check, should, { others: needed }));
}

/** Written down; where this was the last thing to do with the notice, it leaves. @param {Context} ctx @param {import('../session/box.js').Notice|null} notice @param {import('../session/outcome.js').Outcome<Session>} outcome */
async function looked(ctx, notice, outcome) {
  const [draft] = outcome.operations;
  const isRight = outcome.feedback.tone === "good" && draft;
  const after = isRight && notice ? noticeAfter(notice, [{ ...draft, user: ctx.user }]) : null;
  const whole = await withDeparture(ctx, after, outcome);
  return activity.act(ctx, "check", () => whole);
}

/** @param {Context} ctx */
export async function alone(ctx) {
  const { sessions } = await work.enter(ctx, "check");
  return looked(ctx, await noticeById(ctx, sessions.check.notice?.id), check.alone(sessions.check));
}

/** @param {Context} ctx */
export function cancel(ctx) {
  return activity.act(ctx, "check", check.cancel);
}

/** The second person's name was tapped: now their PIN. @param {Context} ctx */
export async function who(ctx) {
  await ctx.stores.settings.put("proving", text(ctx, "badge"));
  return askPin(ctx, text(ctx, "badge"));
}

/** @param {Context} ctx @param {string} badge @param {Feedback|null} [feedback] */
async function askPin(ctx, badge, feedback = null) {
  const person = (await others(ctx)).find((one) => one.badge === badge);
  const figures = (await ctx.stores.settings.get("pin-lengths"))?.[badge];
  const view = activity.viewOf(ctx);
  const body = checkView.pinBody(view, person?.name ?? view.t("signin.somebody"), figures ? { figures, unsure: false } : null);
  return screen(view, { name: "check-pin", title: view.t("check.second"), back: "/edge/check", body, feedback, badge: await activity.badge(ctx, view), unfinished: true });
}

/** @param {Context} ctx */
export async function pin(ctx) {
  const badge = await ctx.stores.settings.get("proving");
  const { sessions } = await work.enter(ctx, "check");
  if (!badge || !sessions.check.asks) return activity.show(ctx, "check");
  const answer = await ctx.stores.people.prove(badge, text(ctx, "pin"), saidBy(sessions.check));
  const outcome = await vouched(ctx, sessions.check, answer);
  if (!answer.ok) return askPin(ctx, badge, outcome.feedback);
  await ctx.stores.settings.put("proving", undefined);
  return looked(ctx, await noticeById(ctx, sessions.check.notice?.id), outcome);
}
