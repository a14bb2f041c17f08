/**
 * What people see: the base at its cursor, and on top of it what this device did that the base does not
 * show yet. Pure: the same base and the same operations give the same picture.
 */

import { format, isQuantity, parse } from "../session/quantity.js";

/** Places that stand for the outside world; nobody can look into them. */
const VIRTUAL = new Set(["supplier", "customer", "production", "scrap", "adjustment", "suspense"]);
const NO_EFFECT = new Set(["held", "rejected", "superseded", "duplicate"]);

/**
 * @typedef {import('../outbox/operation.js').Operation} Operation
 * @typedef {import('../store/operations.js').Record} Record
 * @typedef {{item: string, location: string, lot: string, serial: string, on_hand: string, held: string, expiry: string|null, pending: boolean, veiled?: boolean}} Balance  veiled: it lies there, and somebody is to count it without knowing how much
 * @typedef {{item: string, location: string, lot: string, serial: string}} Cell
 * @typedef {(Cell & {type: 'add', size: bigint, expiry?: string|null}) | (Cell & {type: 'set', size: bigint}) | {type: 'clear', location: string}} Effect
 */

/**
 * Whether the base already shows what this operation did. After the server was restored, what it still
 * acknowledges is in the new feed, and what it lost waits again.
 * @param {Pick<Record, 'landed'|'waiting'>} record @param {{generation: number, cursor: number}} base
 */
export function isInBase({ landed, waiting }, base) {
  if (!landed) return false;
  if (landed.generation === base.generation) return landed.seq <= base.cursor;
  return landed.generation < base.generation && !waiting;
}

/**
 * The operations to fold, from what is still open.
 * @param {Record[]} records @param {{generation: number, cursor: number}} base
 */
export function unsettled(records, base) {
  return records.filter((record) => !isInBase(record, base));
}

/**
 * What the operations do to cells, in the order in which they were done here.
 * @param {Operation[]} operations  not yet in the base
 * @param {Map<string, {operation: Operation, outcome?: string}>} earlier  what an undo may refer to, settled or not
 * @param {(location: string) => string|undefined} kindOf
 * @returns {Effect[]}
 */
export function effectsOf(operations, earlier, kindOf) {
  const isReal = (/** @type {string} */ location) => Boolean(location) && !VIRTUAL.has(kindOf(location) ?? "bin");
  const here = new Set(operations.map(({ id }) => id));
  const undone = new Set(operations.filter(isUndo).map(({ args }) => args.operation));
  return operations.flatMap((operation) => {
    if (isUndo(operation)) return here.has(operation.args.operation) ? [] : reversed(earlier.get(operation.args.operation), isReal);
    return undone.has(operation.id) ? [] : directEffects(operation, isReal);
  });
}

/** Ids of the earlier operations that these refer to. @param {Operation[]} operations */
export function undoneIds(operations) {
  return operations.filter(isUndo).map(({ args }) => String(args.operation));
}

/** @param {Operation} operation */
function isUndo({ kind }) {
  return kind.startsWith("op.undo@");
}

/** Taking back what the base shows. A count cannot be taken back here: nobody remembers what stood before. @param {{operation: Operation, outcome?: string}|undefined} known @param {(location: string) => boolean} isReal @returns {Effect[]} */
function reversed(known, isReal) {
  if (!known || NO_EFFECT.has(known.outcome ?? "")) return [];
  return directEffects(known.operation, isReal).flatMap((effect) => (effect.type === "add" ? [{ ...effect, size: -effect.size }] : []));
}

/** @param {Operation} operation @param {(location: string) => boolean} isReal @returns {Effect[]} */
function directEffects({ kind, args }, isReal) {
  const [name] = kind.split("@");
  if (name === "stock.count") return counted(args, isReal);
  const size = isQuantity(args.quantity) ? parse(args.quantity) : 0n;
  const add = (/** @type {string} */ location, /** @type {bigint} */ change) =>
    isReal(location) ? [/** @type {Effect} */ ({ type: "add", ...cellOf(args, location), size: change, expiry: args.expiry ?? null })] : [];
  switch (name) {
    case "stock.receive":
      return add(args.target, size);
    case "stock.move":
    case "stock.pick":
      return [...add(args.source, -size), ...add(args.target, size)];
    case "stock.adjust":
      return add(args.location, size);
    case "stock.pack":
      return (args.lines ?? []).flatMap((/** @type {any} */ line) => [...carried(line, line.source, -1n, isReal), ...carried(line, args.carton, 1n, isReal)]);
    case "stock.ship":
      return (args.lines ?? []).flatMap((/** @type {any} */ line) => carried(line, args.carton, -1n, isReal));
    default:
      return [];
  }
}

/** A line of a carton, into or out of one place. @param {any} line @param {string} location @param {bigint} sign @param {(location: string) => boolean} isReal @returns {Effect[]} */
function carried(line, location, sign, isReal) {
  return isQuantity(line.quantity) && isReal(location) ? [{ type: "add", ...cellOf(line, location), size: sign * parse(line.quantity), expiry: null }] : [];
}

/** What was seen lies there; when the count was complete, nothing else does. @param {any} args @param {(location: string) => boolean} isReal @returns {Effect[]} */
function counted(args, isReal) {
  if (!isReal(args.location)) return [];
  const lines = (args.lines ?? []).filter((/** @type {any} */ line) => isQuantity(line.quantity));
  /** @type {Effect[]} */
  const effects = args.complete ? [{ type: "clear", location: args.location }] : [];
  for (const line of lines) effects.push({ type: "set", ...cellOf(line, args.location), size: parse(line.quantity) });
  return effects;
}

/** @param {any} args @param {string} location @returns {Cell} */
function cellOf(args, location) {
  return { item: args.item, location, lot: args.lot ?? "", serial: args.serial ?? "" };
}

/** @param {Cell} cell */
function nameOf({ item, location, lot, serial }) {
  return `${item}/${location}/${lot}/${serial}`;
}

/**
 * Fold the effects over some cells of the base: all of an item, or all at a location. The sum may pass
 * through less than nothing (the book lags behind the hand); what is shown never does.
 * @param {Balance[]} base @param {Effect[]} effects @param {(cell: Cell) => boolean} concerns
 * @returns {Balance[]}
 */
export function fold(base, effects, concerns) {
  /** @type {Map<string, Balance & {size: bigint}>} */
  const cells = new Map(base.map((balance) => [nameOf(balance), { ...balance, size: parse(balance.on_hand) }]));
  for (const effect of effects) {
    if (effect.type === "clear") clear(cells, effect.location);
    else if (concerns(effect)) apply(cells, effect);
  }
  return [...cells.values()].map(({ size, ...balance }) => ({ ...balance, on_hand: format(size > 0n ? size : 0n) }));
}

/**
 * Balances of places that are being counted blind have no figure, whatever this device did there; of goods that
 * the base does not know there, it is known that they lie there. A device that is told the figures has them.
 * @param {Balance[]} balances @param {Balance[]} lying @param {(cell: Cell) => boolean} concerns @returns {Balance[]}
 */
export function veiled(balances, lying, concerns) {
  if (!lying.length) return balances;
  const places = new Set(lying.map(({ location }) => location));
  for (const { location, pending } of balances) if (!pending) places.delete(location);
  const known = balances.map((balance) => (places.has(balance.location) ? { ...balance, on_hand: "0", veiled: true } : balance));
  const named = new Set(known.map(goodsAt));
  return [...known, ...lying.filter((cell) => places.has(cell.location) && concerns(cell) && !named.has(goodsAt(cell)))];
}

/** @param {Cell} cell */
function goodsAt({ item, location, lot }) {
  return `${item}/${location}/${lot}`;
}

/** @param {Map<string, Balance & {size: bigint}>} cells @param {string} location */
function clear(cells, location) {
  for (const cell of cells.values()) if (cell.location === location) Object.assign(cell, { size: 0n, pending: true });
}

/** @param {Map<string, Balance & {size: bigint}>} cells @param {Exclude<Effect, {type: 'clear'}>} effect */
function apply(cells, effect) {
  const name = nameOf(effect);
  let cell = cells.get(name);
  if (!cell) {
    const { item, location, lot, serial } = effect;
    const expiry = effect.type === "add" ? effect.expiry ?? null : null;
    cells.set(name, (cell = { item, location, lot, serial, on_hand: "0", held: "0", expiry, pending: true, size: 0n }));
  }
  cell.size = effect.type === "set" ? effect.size : cell.size + effect.size;
  cell.pending = true;
}
