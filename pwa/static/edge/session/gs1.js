/**
 * What GS1 writes into a code: element strings, the bracketed print below them, and Digital Links.
 * The twin of server/catalog/gs1.py; tests/vectors/barcodes.json holds both to one answer.
 */

import { TABLE } from "./gs1_table.js";

/** What FNC1 between two fields becomes in a text (group separator). */
export const SEPARATOR = "\x1d";

/** Scanners are often set to send these instead; none of them can occur inside GS1 data. */
const LOOKS_LIKE_SEPARATOR = /[␝|~^]/g;

const DATE_AIS = new Set(["11", "12", "13", "15", "16", "17"]);
const LAST_YEAR_OF_THE_WINDOW = 76;

/**
 * @typedef {{ai: string, value: string, ends: 'separator'|'end'|'length'}} Element
 * @typedef {{gtin: string|null, sscc: string|null, place: string|null, lot: string|null, expiry: string|null,
 *   made_on: string|null, serial: string|null, count: number|null, net_weight: string|null,
 *   attributes: Record<string, string>, suspect: string[], warnings: string[]}} Label
 */

/** @type {Label} */
const EMPTY = {
  gtin: null,
  sscc: null,
  place: null,
  lot: null,
  expiry: null,
  made_on: null,
  serial: null,
  count: null,
  net_weight: null,
  attributes: {},
  suspect: [],
  warnings: [],
};

/** Dates are only counted here, not judged: an impossible one must not hide the lot beside it. */
const IDENTIFIERS = new Map(
  TABLE.flatMap(([ais, needsSeparator, pattern]) =>
    ais.split(" ").map((ai) => {
      const source = DATE_AIS.has(ai) ? "[0-9]{6}" : pattern;
      return /** @type {const} */ ([
        ai,
        { needsSeparator, start: new RegExp(`^(?:${source})`), whole: new RegExp(`^(?:${source})$`) },
      ]);
    }),
  ),
);

/** @type {Record<string, string>} */
const FIELD_NAMES = {
  "00": "sscc",
  "01": "gtin",
  "02": "gtin",
  10: "lot",
  11: "made_on",
  13: "made_on",
  8008: "made_on",
  15: "expiry",
  16: "expiry",
  17: "expiry",
  7003: "expiry",
  21: "serial",
  30: "count",
  37: "count",
  254: "place",
};

/** @param {Partial<Label>} fields @returns {Label} */
export function label(fields) {
  return { ...EMPTY, ...fields };
}

/** Whether the last digit is the one GS1 computes from the others. @param {string} digits */
export function checkDigitFits(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    sum += Number(digits[digits.length - 1 - place]) * (place % 2 ? 3 : 1);
  }
  return sum % 10 === 0;
}

/** Zeros alone have a fitting check digit too, but nobody owns that number. @param {string} text */
export function isGtin(text) {
  return [8, 12, 13, 14].includes(text.length) && isDigits(text) && checkDigitFits(text) && /[^0]/.test(text);
}

/** @param {string} text */
export function isSscc(text) {
  return text.length === 18 && isDigits(text) && checkDigitFits(text);
}

/** @param {string} text */
export function isDigits(text) {
  return /^[0-9]+$/.test(text);
}

/** The code of the single piece that a carton code (indicator 1 to 8) was made from. @param {string} gtin */
export function containedGtin(gtin) {
  if (gtin[0] === "0" || gtin[0] === "9") return null;
  const body = `0${gtin.slice(1, 13)}`;
  return [..."0123456789"].map((digit) => body + digit).find(checkDigitFits) ?? null;
}

/** A GS1 date as ISO day; day 00 means the end of the month; null when there is no such day. @param {string} yymmdd */
export function isoDay(yymmdd) {
  const short = Number(yymmdd.slice(0, 2));
  const year = short + (short <= LAST_YEAR_OF_THE_WINDOW ? 2000 : 1900);
  const month = Number(yymmdd.slice(2, 4));
  return isoDate(year, month, Number(yymmdd.slice(4, 6)) || lastDay(year, month));
}

/** @param {number} year @param {number} month @param {number} day @returns {string|null} */
export function isoDate(year, month, day) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lastDay(year, month)) return null;
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/**
 * Read a code that consists of element strings from beginning to end, or null when it does not.
 * @param {string} text @param {boolean} [mayHaveLostSeparators] @returns {Label|null}
 */
export function read(text, mayHaveLostSeparators = false) {
  const elements = elementsOf(text);
  if (!elements) return null;
  const found = labelOf(elements);
  if (!mayHaveLostSeparators || withSeparators(text).includes(SEPARATOR)) return found;
  return { ...found, suspect: glued(elements) };
}

/** Read the print below a code, `(01)06901234567892(10)L1`, as people type it. @param {string} text */
export function readPrinted(text) {
  const starts = [...text.matchAll(/\(([0-9]{2,4})\)/g)].filter((match) => IDENTIFIERS.has(match[1]));
  if (starts.length === 0 || starts[0].index !== 0) return null;
  const ends = [...starts.slice(1).map((match) => match.index), text.length];
  const elements = starts.map((match, at) => {
    const value = text.slice(match.index + match[0].length, ends[at]).replace(/^[ \x1d]+|[ \x1d]+$/g, "");
    return /** @type {Element} */ ({ ai: match[1], value, ends: "separator" });
  });
  return elements.every(({ ai, value }) => canCarry(ai, value)) ? labelOf(elements) : null;
}

/** Read a GS1 Digital Link on any host. The address is never opened. @param {string} text @returns {Label|null} */
export function readLink(text) {
  const match = /^https?:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/i.exec(text);
  if (!match) return null;
  const path = match[1].split("/");
  const start = path.findIndex((part) => part === "00" || part === "01" || part === "414");
  if (start < 0) return null;
  return labelOfLink([...inPairs(path.slice(start)), ...queryPairs(match[2] ?? "")]);
}

/**
 * Write element strings in the given order, with a separator only where a field needs one.
 * @param {[string, string][]} elements
 */
export function written(elements) {
  let text = "";
  let pending = "";
  for (const [ai, value] of elements) {
    const identifier = IDENTIFIERS.get(ai);
    if (!identifier || !canCarry(ai, value)) throw new RangeError(`GS1 cannot write ${ai} ${value}`);
    text += pending + ai + value;
    pending = identifier.needsSeparator ? SEPARATOR : "";
  }
  return text;
}

/** Whether GS1 allows this value in this field. @param {string} ai @param {string} value */
export function canCarry(ai, value) {
  return IDENTIFIERS.get(ai)?.whole.test(value) ?? false;
}

/** @param {string} text @returns {Element[]|null} */
function elementsOf(text) {
  let rest = stripped(withSeparators(text));
  /** @type {Element[]} */
  const elements = [];
  while (rest) {
    const ai = leadingIdentifier(rest);
    const identifier = ai === null ? undefined : IDENTIFIERS.get(ai);
    const match = identifier?.start.exec(rest.slice(ai?.length));
    if (ai === null || !identifier || !match) return null;
    rest = rest.slice(ai.length + match[0].length);
    elements.push({ ai, value: match[0], ends: whyItEnds(rest, identifier.needsSeparator) });
    rest = rest.replace(/^\x1d+/, "");
  }
  return elements.length > 0 ? elements : null;
}

/** Sort the fields into what they mean. What cannot be true becomes a warning; the rest stays.
 * @param {Element[]} elements @returns {Label} */
function labelOf(elements) {
  /** @type {Map<string, string>} */
  const values = new Map();
  const warnings = [];
  const suspect = [];
  for (const { ai, value, ends } of elements) {
    if (ends === "length") suspect.push(FIELD_NAMES[ai] ?? ai);
    if (!values.has(ai)) values.set(ai, value);
    else if (values.get(ai) !== value) warnings.push(`repeated:${ai}`);
  }
  return sortedOut(values, warnings, suspect);
}

/** @param {Map<string, string>} values @param {string[]} warnings @param {string[]} suspect @returns {Label} */
function sortedOut(values, warnings, suspect) {
  const gtin = checked(values, ["01", "02"], warnings);
  const sscc = checked(values, ["00"], warnings);
  const expiry = day(values, ["17", "15", "16", "7003"], warnings);
  const madeOn = day(values, ["11", "13", "8008"], warnings);
  const weight = [...values.keys()].find((ai) => ai.startsWith("310"));
  const counted = values.get("37") || values.get("30");
  const attributes = [...values].filter(([ai]) => !(ai in FIELD_NAMES) && ai !== weight);
  return {
    gtin,
    sscc,
    place: values.get("254") ?? null,
    lot: values.get("10") ?? null,
    expiry,
    made_on: madeOn,
    serial: values.get("21") ?? null,
    count: counted ? Number(counted) : null,
    net_weight: weight ? decimal(values.get(weight) ?? "", Number(weight[3])) : null,
    attributes: Object.fromEntries(attributes),
    suspect: [...new Set(suspect)],
    warnings,
  };
}

/** @param {Map<string, string>} values @param {string[]} ais @param {string[]} warnings */
function checked(values, ais, warnings) {
  for (const ai of ais) {
    const value = values.get(ai);
    if (value !== undefined) {
      if (checkDigitFits(value)) return value;
      warnings.push(`check_digit:${ai}`);
    }
  }
  return null;
}

/** The first of these fields that is a real day; an impossible one is named, not believed.
 * @param {Map<string, string>} values @param {string[]} ais @param {string[]} warnings */
function day(values, ais, warnings) {
  /** @type {string|null} */
  let first = null;
  for (const ai of ais) {
    const value = values.get(ai);
    if (value !== undefined) {
      const found = isoDay(value);
      if (found === null) warnings.push(`no_such_day:${ai}`);
      first ??= found;
    }
  }
  return first;
}

/** @param {string} digits @param {number} places */
function decimal(digits, places) {
  const whole = digits.slice(0, digits.length - places).replace(/^0+/, "") || "0";
  const part = digits.slice(digits.length - places).replace(/0+$/, "");
  return places && part ? `${whole}.${part}` : whole;
}

/** Fields that may have swallowed their neighbours because the scanner dropped the separators.
 * @param {Element[]} elements */
function glued(elements) {
  const doubtful = elements.filter(
    ({ ai, value, ends }) => ends === "length" || (IDENTIFIERS.get(ai)?.needsSeparator && hidesAField(value)),
  );
  return [...new Set(doubtful.map(({ ai }) => FIELD_NAMES[ai] ?? ai))];
}

/** @param {string} value */
function hidesAField(value) {
  return [...value.matchAll(/(?=10|11|13|15|17|21|30|37)/g)].some(
    (match) => match.index > 0 && isPlausible(value.slice(match.index)),
  );
}

/** @param {string} tail */
function isPlausible(tail) {
  return elementsOf(tail)?.every(({ ai, value }) => !DATE_AIS.has(ai) || isoDay(value) !== null) ?? false;
}

/** The first pair is the key and must be right; of the others, unknown ones are not ours to judge.
 * @param {[string, string|null][]} pairs @returns {Label|null} */
function labelOfLink([[key, value], ...others]) {
  const padded = value && key === "01" && isGtin(value) ? value.padStart(14, "0") : value;
  if (!padded || !canCarry(key, padded) || !checkDigitFits(padded)) return null;
  const known = others.filter(([ai]) => IDENTIFIERS.has(ai));
  /** @type {Element[]} */
  const elements = [{ ai: key, value: padded, ends: "separator" }];
  const unreadable = [];
  for (const [ai, text] of known) {
    if (text !== null && canCarry(ai, text)) elements.push({ ai, value: text, ends: "separator" });
    else unreadable.push(`unreadable:${ai}`);
  }
  const found = labelOf(elements);
  return { ...found, warnings: [...found.warnings, ...unreadable] };
}

/** @param {string[]} parts @returns {[string, string|null][]} */
function inPairs(parts) {
  /** @type {[string, string|null][]} */
  const pairs = [];
  for (let at = 0; at + 1 < parts.length; at += 2) pairs.push([parts[at], unescaped(parts[at + 1])]);
  return pairs.length > 0 ? pairs : [["", null]];
}

/** Only the last value of a repeated parameter counts, in the place of the first. @param {string} query */
function queryPairs(query) {
  /** @type {Map<string, string|null>} */
  const pairs = new Map();
  for (const part of query.split("&")) {
    const at = part.indexOf("=");
    if (at >= 0) pairs.set(part.slice(0, at), unescaped(part.slice(at + 1)));
  }
  return [...pairs];
}

/** Percent escapes decoded as UTF-8; null when they are broken. @param {string} text @returns {string|null} */
export function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** @param {string} text */
function withSeparators(text) {
  return text.replace(LOOKS_LIKE_SEPARATOR, SEPARATOR);
}

/** @param {string} text */
function stripped(text) {
  return text.replace(/^\x1d+|\x1d+$/g, "");
}

/** @param {string} text */
function leadingIdentifier(text) {
  return [2, 3, 4].map((size) => text.slice(0, size)).find((start) => IDENTIFIERS.has(start)) ?? null;
}

/** @param {string} rest @param {boolean} needsSeparator @returns {'separator'|'end'|'length'} */
function whyItEnds(rest, needsSeparator) {
  if (!rest) return "end";
  return needsSeparator && rest[0] !== SEPARATOR ? "length" : "separator";
}

/** @param {number} year @param {number} month */
function lastDay(year, month) {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
