/** JSON as in RFC 8785: one value, one text, so that both sides hash the same bytes. */

/** Asked of every text of every row, so the browser's own answer is worth having. @type {(text: string) => boolean} */
const isWellFormed = /** @type {any} */ (String.prototype).isWellFormed
  ? (text) => /** @type {any} */ (text).isWellFormed()
  : (text) => !/\p{Surrogate}/u.test(text);

/** @param {string} text */
function canonicalString(text) {
  if (!isWellFormed(text)) throw new TypeError("a lone surrogate has no UTF-8 bytes");
  return JSON.stringify(text);
}

/**
 * Keys are sorted by UTF-16 code units, which is JavaScript's own order; absent members are left out.
 * @param {any} value @returns {string}
 */
export function canonical(value) {
  if (typeof value === "string") return canonicalString(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`JSON has no ${typeof value}`);
  let text = "";
  for (const key of Object.keys(value).sort()) {
    if (value[key] === undefined) continue;
    text += `${text && ","}${canonicalString(key)}:${canonical(value[key])}`;
  }
  return `{${text}}`;
}
