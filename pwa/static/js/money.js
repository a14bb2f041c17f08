/** Exact money on the page, the same arithmetic as server/money.py: whole numbers in thousandths and millionths. */

const SHAPE = /^(-?)(\d{1,15})(?:\.(\d+))?$/;

/** A decimal as a whole number of its last place; null when it is none, or finer. @param {string} text @param {number} places */
export function scaled(text, places) {
  const match = SHAPE.exec(text.trim());
  if (!match) return null;
  const [, sign, whole, part = ""] = match;
  if (part.length > places) return null;
  const size = BigInt(whole + part.padEnd(places, "0"));
  return sign ? -size : size;
}

/**
 * What a line costs in cents, rounded half up; null while something is no number.
 * @param {{quantity: string, price: string, discount: string}} line the price is that of one of the line's unit
 */
export function centsOf({ quantity, price, discount }) {
  const pieces = scaled(quantity, 3);
  const money = scaled(price, 6);
  const off = scaled(discount.trim() || "0", 2);
  if (pieces === null || money === null || off === null || pieces < 0n || money < 0n) return null;
  const exact = pieces * money * (10_000n - off);
  const unit = 1_000n * 1_000_000n * 10_000n / 100n;
  return (2n * exact + unit) / (2n * unit);
}

/** Cents as people read them. @param {bigint} cents @param {string} language */
export function written(cents, language) {
  const whole = new Intl.NumberFormat(language).format(cents / 100n);
  return `${whole}.${String(cents % 100n).padStart(2, "0")}`;
}
