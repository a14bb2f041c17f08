/** A label, asked for from the card of an item or of a place; the server's print station does the rest. */

import * as printView from "../views/print.js";
import { screen } from "../views/screen.js";
import * as activity from "./activity.js";
import { present } from "../session/outcome.js";
import { text } from "./form.js";
import * as lookup from "./lookup.js";
import * as work from "./work.js";

/** @typedef {import('./facts.js').Context} Context */

const MOST = 50;

/** @param {Context} ctx */
export async function ask(ctx) {
  const { subject, id } = ctx.params;
  const { rows } = ctx.stores;
  const found = subject === "location" ? await rows.location(id) : await rows.item(id);
  if (!found) return activity.show(ctx, "lookup", { feedback: { tone: "bad", key: "reason.not_found" } });
  const balances = subject === "item" && found.lot ? await rows.balancesOfItem(id) : [];
  const lots = [...new Set(balances.map((/** @type {{lot?: string}} */ balance) => balance.lot).filter(Boolean))].slice(0, 6);
  const printers = await printersOf(ctx);
  const request = {
    printers, printer: await chosenOf(ctx, printers),
    subject: /** @type {'item'|'location'} */ (subject), id, lots: /** @type {string[]} */ (lots), lot: ctx.query.get("lot") ?? "", copies: copiesOf(ctx.query.get("copies")),
    title: found.name ?? found.code, code: subject === "location" ? ctx.t(`place.kind.${found.kind}`) : found.code,
  };
  const view = activity.viewOf(ctx);
  return screen(view, {
    name: "print", title: view.t("print.title"), back: `/edge/${subject === "location" ? "locations" : "items"}/${id}`,
    body: printView.body(view, request), actions: printView.actions(view, request), badge: await activity.badge(ctx, view),
  });
}

/** @param {Context} ctx */
export async function request(ctx) {
  const subject = text(ctx, "subject");
  const id = text(ctx, "id");
  const copies = copiesOf(text(ctx, "copies"));
  const printer = text(ctx, "printer");
  const goods = subject === "location" ? { location: id } : { item: id, lot: text(ctx, "lot") };
  const args = present({ subject, ...goods, copies, printer });
  if (printer) await ctx.stores.settings.put("printer", printer);
  await ctx.outbox.add([{ kind: "print.request@1", args }], { user: ctx.user });
  const { sessions } = await work.enter(ctx, "lookup");
  return lookup.show(ctx, sessions.lookup, { tone: "good", key: "print.asked", args: { n: copies } });
}

/** Where a label may come out, when there is a choice at all. @param {Context} ctx @returns {Promise<import('../views/print.js').Printer[]>} */
async function printersOf(ctx) {
  const ready = [...(await ctx.stores.rows.every("printer"))].filter(([, body]) => body.ready);
  if (ready.length < 2) return [];
  return ready.map(([id, { name, station, default: usual }]) => ({ id, name, station, usual })).sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** What was tapped here, else what was tapped last on this device; nothing: the house takes its usual one. @param {Context} ctx @param {import('../views/print.js').Printer[]} printers */
async function chosenOf(ctx, printers) {
  const wanted = ctx.query.get("printer") ?? (await ctx.stores.settings.get("printer"));
  return printers.some(({ id }) => id === wanted) ? wanted : "";
}

/** @param {string|null} given */
function copiesOf(given) {
  const copies = Number.parseInt(given ?? "1", 10);
  return Number.isInteger(copies) ? Math.min(Math.max(copies, 1), MOST) : 1;
}
