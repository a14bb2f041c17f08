/** Goods, places and scans for the tests of the deciders. */

export const TODAY = "2026-11-22";

export const cup = { id: "i-1", code: "CUP", name: "杯子", unit: "个", scale: 0, active: true };
export const tea = { id: "i-2", code: "TEA", name: "龙井", unit: "罐", scale: 0, lot: true, expiry: true, active: true };
export const phone = { id: "i-3", code: "PDA", name: "终端", unit: "台", scale: 0, serial: true, active: true };
export const rice = { id: "i-4", code: "RICE", name: "大米", unit: "kg", scale: 2, active: true };

export const dock = { id: "l-1", code: "DOCK", kind: "dock", active: true };
export const bin = { id: "l-2", code: "A-01", kind: "bin", active: true };
export const other = { id: "l-3", code: "B-02", kind: "bin", active: true };
export const tote = { id: "l-4", code: "T-7", kind: "tote", active: true };
export const customer = { id: "l-9", code: "CUSTOMER", kind: "customer", active: true };

/** A scanned item; `balances` is what the book knows of it. @param {any} row @param {object} [given] @returns {any} */
export function item(row, given = {}) {
  return {
    type: "item", item: row, quantity: "1", unit: row.unit, factor: "1", lot: null, expiry: null, made_on: null, serial: null,
    code: row.code, suspect: [], balances: [], ...given,
  };
}

/** A carton code that counts twelve. @param {any} row @param {object} [given] */
export function carton(row, given = {}) {
  return item(row, { quantity: "12", unit: "箱", factor: "12", ...given });
}

/** @param {any} location @returns {any} */
export function place(location) {
  return { type: "location", location, code: location.code, balances: [] };
}

/** @param {string} text @returns {any} */
export function unknown(text) {
  return { type: "unknown", text, code: text };
}

/** @param {string} name @param {string|null} [value] @returns {any} */
export function command(name, value = null) {
  return { type: "command", command: name, value, code: `CMD:${name}` };
}

/** So much of an item lies there, by the book. @param {any} row @param {any} location @param {string} on_hand @param {object} [marks] @returns {any} */
export function lying(row, location, on_hand, marks = {}) {
  return { item: row.id, location: location.id, on_hand, held: "0", lot: null, serial: null, expiry: null, ...marks };
}

/**
 * Play scans one after the other; gives the last outcome and all operations written on the way.
 * @param {any} session @param {any[]} scans @param {(session: any, scan: any) => any} decide @returns {any}
 */
export function play(session, scans, decide) {
  /** @type {any[]} */
  const operations = [];
  /** @type {any} */
  let outcome = { session, operations: [], feedback: null };
  for (const one of scans) {
    outcome = decide(outcome.session, one);
    operations.push(...outcome.operations);
  }
  return { ...outcome, all: operations };
}
