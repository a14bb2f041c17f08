/** A line of goods in somebody's hands: which item, how many, and what else the item's law asks for. */

import { cmp, isQuantity } from "./quantity.js";
import { present } from "./outcome.js";

/**
 * @typedef {{id: string, code: string, name: string, unit: string, scale?: number, lot?: boolean, expiry?: boolean,
 *   serial?: boolean, each?: boolean, active?: boolean, units?: {name: string, factor: string}[]}} Item
 * @typedef {{id: string, code: string, kind: string, warehouse?: string, zone?: string, active?: boolean}} Place
 * @typedef {{item: string, location: string, lot?: string|null, serial?: string|null, on_hand: string, held?: string,
 *   expiry?: string|null, pending?: boolean, veiled?: boolean}} Balance  veiled: being counted blind, nobody knows how much
 * @typedef {{item: Item, quantity: string, unit: string, factor: string, lot?: string|null, expiry?: string|null,
 *   made_on?: string|null, serial?: string|null, code?: string|null}} Line
 * @typedef {{type: 'item', item: Item, quantity: string, unit: string, factor: string, lot?: string|null,
 *   expiry?: string|null, made_on?: string|null, serial?: string|null, code: string, suspect: string[],
 *   balances: Balance[]}} ItemScan
 * @typedef {{type: 'location', location: Place, code: string, balances: Balance[]}} PlaceScan
 * @typedef {{type: 'command', command: string, value?: string|null, code: string}} CommandScan
 * @typedef {{type: 'unknown'|'ambiguous'|'document'|'user'|'printer', code: string, text: string,
 *   bindable?: string|null, like?: string[]}} OtherScan  bindable: what of an unknown code an item may be bound to
 * @typedef {ItemScan|PlaceScan|CommandScan|OtherScan} Scan
 */

/** Kinds of places where goods can lie and hands can reach; the others exist only in the book. */
const REACHABLE = new Set(["bin", "dock", "tote", "carton"]);

/** Places that goods are picked into. */
const CARRIERS = new Set(["tote", "carton", "dock"]);

/** @param {Place} place */
export function isReachable(place) {
  return REACHABLE.has(place.kind);
}

/** @param {Place} place */
export function isCarrier(place) {
  return CARRIERS.has(place.kind);
}

/**
 * What a scan says about goods. A lot that may have swallowed its neighbour (a scanner that drops the
 * separator) is not believed: better to ask once than to book a lot that does not exist.
 * @param {ItemScan} scan @returns {Line}
 */
export function lineOf(scan) {
  const doubtful = scan.suspect.length > 0;
  return {
    item: scan.item,
    quantity: scan.item.serial ? "1" : scan.quantity,
    unit: scan.item.serial ? scan.item.unit : scan.unit,
    factor: scan.item.serial ? "1" : scan.factor,
    lot: doubtful ? null : scan.lot,
    expiry: scan.expiry,
    made_on: scan.made_on,
    serial: doubtful ? null : scan.serial,
    code: scan.code,
  };
}

/**
 * The first thing the item's law asks for and the line does not say yet.
 * @param {Line} line @returns {'serial'|'lot'|'expiry'|null}
 */
export function missing(line) {
  if (line.item.serial && !line.serial) return "serial";
  if (line.item.lot && !line.lot) return "lot";
  if (line.item.expiry && !line.expiry) return "expiry";
  return null;
}

/**
 * A lot that this device has seen already brings its expiry along, so nobody types it twice.
 * @param {Line} line @param {Balance[]} balances @returns {Line}
 */
export function withKnownExpiry(line, balances) {
  if (line.expiry || !line.lot) return line;
  const known = balances.find((balance) => balance.lot === line.lot && balance.expiry);
  return known ? { ...line, expiry: known.expiry } : line;
}

/**
 * The lots (or pieces) of an item that lie in one place, first to expire first.
 * @param {Balance[]} balances @param {string} location
 */
export function lyingAt(balances, location) {
  return balances
    .filter((balance) => balance.location === location && (balance.veiled || cmp(balance.on_hand, "0") > 0))
    .sort((one, other) => (one.expiry || "9999").localeCompare(other.expiry || "9999"));
}

/** Two lines that one hand would put together. @param {Line} one @param {Line} other */
export function sameGoods(one, other) {
  return (
    one.item.id === other.item.id &&
    (one.lot || "") === (other.lot || "") &&
    (one.serial || "") === (other.serial || "")
  );
}

/**
 * The goods part of an operation, as the wire wants it.
 * @param {Line} line
 */
export function goodsOf(line) {
  return present({
    item: line.item.id,
    quantity: line.quantity,
    lot: line.lot,
    serial: line.serial,
    code: line.code,
  });
}

/** Can a lot or serial be written like this? Printable, without spaces at the ends, of a sane length. @param {string} text */
export function isMark(text) {
  return /^\S(?:.{0,38}\S)?$/u.test(text);
}

/** A quantity a person may enter for this item: exact, above zero, not finer than the item is counted. @param {string} text @param {Item} item */
export function isCountable(text, item) {
  if (!isQuantity(text) || cmp(text, "0") <= 0) return false;
  return (text.split(".")[1] || "").length <= (item.scale ?? 0);
}
