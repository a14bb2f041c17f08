/** Operations told for people: what was done, with which goods, where. */

import { kindWords } from "../words.js";

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {import('../views/history.js').Entry} Entry
 */

/** @param {Context} ctx @param {any} recent one of outbox.recent() @returns {Promise<Entry>} */
export async function entryOf(ctx, { operation, state, reason, undone, attention }) {
  const { args, kind } = operation;
  const { rows } = ctx.stores;
  const carton = args.carton ? await rows.location(args.carton) : null;
  const [item, from, to] = await Promise.all([
    args.item ? rows.item(args.item) : null,
    args.source ? rows.location(args.source) : null,
    args.target || args.location ? rows.location(args.target || args.location) : null,
  ]);
  return {
    id: operation.id, kind, state, reason, undone, attention,
    at: operation.captured.wall,
    user: operation.user,
    words: item ? item.name : kindWords(ctx.t, kind),
    detail: [item && kindWords(ctx.t, kind), wayOf(from, to), carton?.code, args.tracking, args.lot, kind.startsWith("barcode.") && args.code].filter(Boolean).join(" · "),
    quantity: args.quantity ?? null,
    unit: item ? item.unit : "",
  };
}

/** @param {{code: string}|null} from @param {{code: string}|null} to */
function wayOf(from, to) {
  return from && to ? `${from.code} → ${to.code}` : (to ?? from)?.code;
}
