/**
 * What a scanned text means: an item, a place, a box, a paper, a command, a person, a printer, or a question.
 * The twin of server/catalog/barcode.py, which describes our own codes and the order of the matchers;
 * tests/vectors/barcodes.json holds both to one answer.
 */

import * as gs1 from "./gs1.js";
import * as quantity from "./quantity.js";

/** Longer texts are no scans of ours: the largest GS1 code holds a tenth of this. */
const MAX_LENGTH = 1000;

const BLANK = " \\t\\n\\v\\f\\r\\x00\\x02\\x03\\x04\\x85\\xa0\\u2028\\u2029\\u200b\\ufeff";
const OUTER_BLANK = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "g");
const OUTER_BLANK_OR_SEPARATOR = new RegExp(`^[${BLANK}\\x1d]+|[${BLANK}\\x1d]+$`, "g");
const GS1_AIMS = new Set(["]C1", "]d2", "]Q3", "]e0", "]J1"]);

/** Sources that hand over the bytes of the code; a wedge or a person may drop the separators. */
const EXACT_SOURCES = new Set(["camera", "photo"]);

/**
 * @typedef {{text: string, aim?: string, source?: string}} Scan
 * @typedef {{item: string, unit: string, factor: string}} Known  factor: base units as a decimal string
 * @typedef {{
 *   barcode: (code: string) => Known[] | Promise<Known[]>,
 *   item_by_code: (code: string) => Known[] | Promise<Known[]>,
 *   location_by_code: (code: string) => string[] | Promise<string[]>,
 * }} Lookup  by normalised code; by code key; by code key. Empty: not known, several: ambiguous.
 * @typedef {{prefix: string, item_digits: number}} ScalePattern
 * @typedef {import('./gs1.js').Label} Label
 * @typedef {{type: 'item', item: string, quantity: string, unit: string, factor: string, gtin: string|null,
 *   lot: string|null, expiry: string|null, made_on: string|null, serial: string|null, count: number|null,
 *   net_weight: string|null, attributes: Record<string, string>, suspect: string[], warnings: string[]}} Item
 * @typedef {{type: 'location', location: string, code: string}} Location
 * @typedef {{type: 'container', code: string, kind: 'lpn'|'sscc', location: string|null, content: Item|null}} Container
 * @typedef {{type: 'document', number: string}} Document
 * @typedef {{type: 'command', name: string, quantity: string|null}} Command
 * @typedef {{type: 'user', badge: string}} User
 * @typedef {{type: 'printer', code: string, kind: 'printer'|'station'}} Printer
 * @typedef {{type: 'ambiguous', text: string, candidates: (Item|Location|Container)[]}} Ambiguous
 * @typedef {{type: 'unknown', text: string, reason: string, expected: string|null, gtin: string|null,
 *   lot: string|null, expiry: string|null, made_on: string|null, serial: string|null, count: number|null,
 *   net_weight: string|null, warnings: string[], like: string[]}} Unknown
 * @typedef {Item|Location|Container|Document|Command|User|Printer|Ambiguous|Unknown} Result
 * @typedef {{text: string, key: string, certified: Label|null, link: Label|null, loose: Label|null}} Sight
 */

/** @type {ScalePattern[]} */
export const SCALES = [..."0123456789"].map((digit) => ({ prefix: `2${digit}`, item_digits: 5 }));

/**
 * Say what a scan means. Never throws, whatever the text; the same scan always means the same.
 * @param {Scan} scan @param {Lookup} lookup @param {ScalePattern[]} [scales] @returns {Promise<Result>}
 */
export async function resolve(scan, lookup, scales = SCALES) {
  const { text, aim } = withoutAim(scan);
  if (!text.replace(/^\x1d+/, "")) return unknownOf("", "empty");
  const characters = [...text];
  if (characters.length > MAX_LENGTH) return unknownOf(characters.slice(0, MAX_LENGTH).join(""), "too_long");
  const sight = look(text, aim, scan.source ?? "wedge");
  return (
    (await prefixed(sight, lookup)) ??
    (await ofLabel(sight.certified, sight, lookup)) ??
    (await inTable(sight, lookup)) ??
    (await ofLabel(sight.link, sight, lookup)) ??
    (await container(sight, lookup)) ??
    (await ofLabel(sight.loose, sight, lookup)) ??
    (await weighed(sight, lookup, scales)) ??
    (await unknown(sight, lookup))
  );
}

/** The key of a barcode in tables, feed rows and look-ups: GTINs padded to 14 digits, others upper case.
 * @param {string} code */
export function normalise(code) {
  const outer = folded(code).replace(OUTER_BLANK_OR_SEPARATOR, "");
  const digits = outer.replaceAll(" ", "");
  return gs1.isGtin(digits) ? digits.padStart(14, "0") : upper(outer);
}

/** The form in which codes of items and locations are compared: width and case do not matter. @param {string} code */
export function codeKey(code) {
  return upper(folded(code).replace(OUTER_BLANK_OR_SEPARATOR, ""));
}

/** The text of the code on a location's label. @param {string} code */
export function locationLabel(code) {
  return `LOC-${escaped(code)}`;
}

/**
 * The text of the code on a piece of stock: GS1 where GS1 can say it, our own grammar otherwise.
 * @param {string} code
 * @param {{gtin?: string|null, lot?: string|null, expiry?: string|null, serial?: string|null}} [about]
 */
export function itemLabel(code, { gtin = null, lot = null, expiry = null, serial = null } = {}) {
  const fields = [
    ["01", gtin && gtin.padStart(14, "0")],
    ["17", expiry && yymmdd(expiry)],
    ["10", lot],
    ["21", serial],
  ];
  const present = /** @type {[string, string][]} */ (fields.filter(([, value]) => value));
  const fits = gtin && gs1.isGtin(gtin) && present.every(([ai, value]) => gs1.canCarry(ai, value));
  if (fits && keepsDay(expiry)) return gs1.written(present);
  const parts = [
    ["L", lot],
    ["E", expiry && expiry.replaceAll("-", "")],
    ["S", serial],
  ];
  return [`ITM-${escaped(code)}`, ...parts.flatMap(([letter, value]) => (value ? [`${letter}-${escaped(value)}`] : []))].join(
    "/",
  );
}

/** @param {Scan} scan */
function withoutAim(scan) {
  const text = folded(scan.text);
  let aim = folded(scan.aim ?? "");
  if (aim && !aim.startsWith("]")) aim = `]${aim}`;
  if (aim && text.startsWith(aim)) return { text: folded(text.slice(aim.length)), aim };
  const match = aim ? null : /^\][A-Za-z][0-9A-Za-z]/.exec(text);
  return match ? { text: folded(text.slice(3)), aim: match[0] } : { text, aim };
}

/** @param {string} text @param {string} aim @param {string} source @returns {Sight} */
function look(text, aim, source) {
  const isCertified = GS1_AIMS.has(aim) || text.startsWith(gs1.SEPARATOR);
  const certified = isCertified ? gs1.read(text) : null;
  const maybeGs1 = !certified && ["00", "01", "02", "("].some((start) => text.startsWith(start));
  const loose = maybeGs1 ? (gs1.readPrinted(text) ?? gs1.read(text, !EXACT_SOURCES.has(source))) : null;
  return { text, key: normalise(text), certified, link: gs1.readLink(text), loose };
}

/** @param {Sight} sight @param {Lookup} lookup @returns {Promise<Result|null>} */
async function prefixed(sight, lookup) {
  const prefix = upper(sight.text).slice(0, 4);
  const rest = sight.text.slice(4).replace(OUTER_BLANK, "");
  switch (prefix) {
    case "CMD:":
      return command(upper(sight.text).slice(4), sight.text);
    case "USR:":
      return rest ? { type: "user", badge: rest } : null;
    case "DOC:":
      return rest ? { type: "document", number: upper(rest) } : null;
    case "PRN:":
      return rest ? { type: "printer", code: rest, kind: "printer" } : null;
    case "STN:":
      return rest ? { type: "printer", code: rest, kind: "station" } : null;
    case "LPN-":
      return carton(sight.key, "lpn", lookup, null);
    case "LOC-":
      return locationOfLabel(sight.text.slice(4), lookup);
    case "ITM-":
      return itemOfLabel(sight.text.slice(4), lookup);
  }
  return null;
}

/** @param {string} name @param {string} text @returns {Result} */
function command(name, text) {
  if (name === "OK" || name === "UNDO") return { type: "command", name, quantity: null };
  const size = name.startsWith("QTY=") ? name.slice(4) : "";
  if (!quantity.isQuantity(size) || quantity.parse(size) <= 0n) {
    return { ...unknownOf(text, "bad_command"), expected: "command" };
  }
  return { type: "command", name: "QTY", quantity: quantity.format(quantity.parse(size)) };
}

/** @param {string} rest @param {Lookup} lookup */
async function locationOfLabel(rest, lookup) {
  return oneOf(rest, await places(codeKey(unescaped(rest)), lookup));
}

/** @param {string} rest @param {Lookup} lookup */
async function itemOfLabel(rest, lookup) {
  const [code, ...fields] = rest.split("/");
  const about = labelOfFields(fields);
  const known = await lookup.item_by_code(codeKey(unescaped(code)));
  return oneOf(
    rest,
    known.map((one) => itemOf(one, about)),
  );
}

/** @param {string[]} fields @returns {Label} */
function labelOfFields(fields) {
  /** @type {Record<string, string>} */
  const values = {};
  const warnings = [];
  for (const field of fields) {
    const letter = field.slice(0, 2).toUpperCase();
    if (letter === "L-" || letter === "S-" || letter === "E-") values[letter[0]] = unescaped(field.slice(2));
    else warnings.push("unknown_field");
  }
  const expiry = "E" in values ? isoDayOf(values.E) : null;
  if ("E" in values && expiry === null) warnings.push("no_such_day:E");
  return gs1.label({ lot: values.L ?? null, serial: values.S ?? null, expiry, warnings });
}

/** @param {Label|null} label @param {Sight} sight @param {Lookup} lookup @returns {Promise<Result|null>} */
async function ofLabel(label, sight, lookup) {
  if (!label) return null;
  const known = label.gtin ? await lookup.barcode(label.gtin) : [];
  const items = known.map((one) => itemOf(one, label));
  if (label.sscc) return carton(label.sscc, "sscc", lookup, items.length === 1 ? items[0] : null);
  if (!label.gtin && label.place) return oneOf(sight.text, await places(codeKey(label.place), lookup));
  return oneOf(sight.text, items);
}

/** One code may be a barcode, an item code and a location at once; saying so beats choosing.
 * @param {Sight} sight @param {Lookup} lookup */
async function inTable(sight, lookup) {
  const code = codeKey(sight.text);
  const gtin = gs1.isGtin(sight.key) ? sight.key : null;
  const byBarcode = (await lookup.barcode(sight.key)).map((one) => itemOf(one, gs1.label({ gtin })));
  const seen = new Set(byBarcode.map((found) => found.item));
  const byCode = (await lookup.item_by_code(code))
    .filter((one) => !seen.has(one.item))
    .map((one) => itemOf(one, gs1.label({})));
  const found = gs1.isSscc(code) ? [] : await places(code, lookup);
  return oneOf(sight.text, [...byBarcode, ...byCode, ...found]);
}

/** @param {Sight} sight @param {Lookup} lookup */
async function container(sight, lookup) {
  let digits = sight.text.replaceAll(" ", "");
  if (digits.length === 20 && digits.startsWith("00")) digits = digits.slice(2);
  return gs1.isSscc(digits) ? carton(digits, "sscc", lookup, null) : null;
}

/** @param {string} code @param {'lpn'|'sscc'} kind @param {Lookup} lookup @param {Item|null} content
 * @returns {Promise<Container>} */
async function carton(code, kind, lookup, content) {
  const ids = await lookup.location_by_code(code);
  return { type: "container", code, kind, location: ids.length === 1 ? ids[0] : null, content };
}

/** @param {Sight} sight @param {Lookup} lookup @param {ScalePattern[]} scales @returns {Promise<Result|null>} */
async function weighed(sight, lookup, scales) {
  const digits = sight.text.replaceAll(" ", "");
  const pattern = scales.find(({ prefix }) => digits.startsWith(prefix));
  if (!pattern || digits.length !== 13 || !gs1.isGtin(digits)) return null;
  const end = pattern.prefix.length + pattern.item_digits;
  const about = gs1.label({ net_weight: quantity.format(BigInt(digits.slice(end, 12))) });
  const known = await lookup.barcode(digits.slice(0, end));
  return oneOf(
    sight.text,
    known.map((one) => itemOf(one, about)),
  );
}

/** @param {Sight} sight @param {Lookup} lookup @returns {Promise<Unknown>} */
async function unknown(sight, lookup) {
  const label = sight.certified ?? sight.link ?? sight.loose ?? gs1.label({});
  const gtin = label.gtin ?? (gs1.isGtin(sight.key) ? sight.key : null);
  const piece = gtin && gs1.containedGtin(gtin);
  const prefix = upper(sight.text).slice(0, 4);
  return {
    type: "unknown",
    text: sight.text,
    reason: reasonOf(label, sight.text.replaceAll(" ", ""), gtin),
    expected: prefix === "LOC-" ? "location" : prefix === "ITM-" ? "item" : null,
    gtin,
    lot: label.lot,
    expiry: label.expiry,
    made_on: label.made_on,
    serial: label.serial,
    count: label.count,
    net_weight: label.net_weight,
    warnings: label.warnings,
    like: piece ? (await lookup.barcode(piece)).map((known) => known.item) : [],
  };
}

/** @param {Label} label @param {string} digits @param {string|null} gtin */
function reasonOf(label, digits, gtin) {
  if (gtin) return "not_known";
  if (label.warnings.some((warning) => warning.startsWith("check_digit"))) return "check_digit";
  if (label.lot || label.serial || label.expiry || label.made_on) return "no_item";
  return [8, 12, 13, 14].includes(digits.length) && gs1.isDigits(digits) ? "check_digit" : "not_known";
}

/** @param {Known} known @param {Label} label @returns {Item} */
function itemOf(known, label) {
  return {
    type: "item",
    item: known.item,
    quantity: weighedQuantity(known, label) ?? quantity.times(String(label.count || 1), known.factor),
    unit: known.unit,
    factor: known.factor,
    gtin: label.gtin,
    lot: label.lot,
    expiry: label.expiry,
    made_on: label.made_on,
    serial: label.serial,
    count: label.count,
    net_weight: label.net_weight,
    attributes: label.attributes,
    suspect: label.suspect,
    warnings: label.warnings,
  };
}

/** @type {Map<string, bigint>} */
const UNITS_IN_A_KILOGRAM = new Map([
  ["KG", 1n],
  ["千克", 1n],
  ["公斤", 1n],
  ["斤", 2n],
  ["G", 1000n],
  ["克", 1000n],
]);

/** Goods kept by weight count what the code says they weigh, if thousandths can say it.
 * @param {Known} known @param {Label} label @returns {string|null} */
function weighedQuantity(known, label) {
  const units = UNITS_IN_A_KILOGRAM.get(codeKey(known.unit));
  if (!units || !label.net_weight || !quantity.isQuantity(label.net_weight)) return null;
  const size = (quantity.parse(label.net_weight) * units * quantity.parse(known.factor)) / 1000n;
  return size > 0n ? quantity.format(size) : null;
}

/** @param {string} code @param {Lookup} lookup @returns {Promise<Location[]>} */
async function places(code, lookup) {
  return (await lookup.location_by_code(code)).map((location) => ({ type: "location", location, code }));
}

/** @param {string} text @param {(Item|Location|Container)[]} candidates @returns {Result|null} */
function oneOf(text, candidates) {
  if (candidates.length <= 1) return candidates[0] ?? null;
  return { type: "ambiguous", text, candidates };
}

/** @param {string} text @param {string} reason @returns {Unknown} */
function unknownOf(text, reason) {
  const { gtin, lot, expiry, made_on, serial, count, net_weight, warnings } = gs1.label({});
  return {
    type: "unknown",
    text,
    reason,
    expected: null,
    gtin,
    lot,
    expiry,
    made_on,
    serial,
    count,
    net_weight,
    warnings,
    like: [],
  };
}

/** @param {string} text */
function folded(text) {
  return text.normalize("NFKC").replace(OUTER_BLANK, "");
}

/** @param {string} text */
function upper(text) {
  return text.toUpperCase().normalize("NFKC");
}

/** @param {string} text */
function escaped(text) {
  const hex = (/** @type {number} */ byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return text.replace(/[^A-Za-z0-9\-._+]/gu, (sign) => [...new TextEncoder().encode(sign)].map(hex).join(""));
}

/** A hand-written `50%` is no escape: what cannot be decoded is taken as it stands. @param {string} text */
function unescaped(text) {
  return gs1.unescaped(text) ?? text;
}

/** @param {string} digits */
function isoDayOf(digits) {
  if (digits.length !== 8 || !gs1.isDigits(digits)) return null;
  return gs1.isoDate(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6)));
}

/** @param {string} day */
function yymmdd(day) {
  return day.slice(2, 4) + day.slice(5, 7) + day.slice(8, 10);
}

/** Whether the two-digit year of GS1 still says this day. @param {string|null} expiry */
function keepsDay(expiry) {
  return expiry === null || gs1.isoDay(yymmdd(expiry)) === expiry;
}
