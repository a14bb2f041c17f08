/** Exact quantities: decimal strings on the wire and in the stores, BigInt thousandths while counting. */

const SHAPE = /^(-?)(\d{1,15})(?:\.(\d{1,3}))?$/;

/**
 * Read a decimal string; anything that is not an exact quantity is refused, never rounded.
 * @param {string} text @returns {bigint} thousandths
 */
export function parse(text) {
  const match = SHAPE.exec(text);
  if (!match) throw new RangeError(`not a quantity: ${text}`);
  const [, sign, whole, part = ""] = match;
  const size = BigInt(whole) * 1000n + BigInt(part.padEnd(3, "0"));
  return sign ? -size : size;
}

/** The shortest decimal string, so that equal quantities are equal texts. @param {bigint} size @returns {string} */
export function format(size) {
  const sign = size < 0n ? "-" : "";
  const positive = size < 0n ? -size : size;
  const part = String(positive % 1000n).padStart(3, "0").replace(/0+$/, "");
  return `${sign}${positive / 1000n}${part && `.${part}`}`;
}

/** @param {string} text @returns {boolean} */
export function isQuantity(text) {
  return typeof text === "string" && SHAPE.test(text);
}

/** @param {string} left @param {string} right @returns {string} */
export function add(left, right) {
  return format(parse(left) + parse(right));
}

/** @param {string} left @param {string} right @returns {string} */
export function sub(left, right) {
  return format(parse(left) - parse(right));
}

/** Below, equal or above. @param {string} left @param {string} right @returns {-1|0|1} */
export function cmp(left, right) {
  const difference = parse(left) - parse(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Times an exact fraction: a scanned carton of 12 counts 12 base units. @param {string} left @param {string} right */
export function times(left, right) {
  const product = parse(left) * parse(right);
  if (product % 1000n !== 0n) throw new RangeError(`${left} × ${right} is finer than a thousandth`);
  return format(product / 1000n);
}
