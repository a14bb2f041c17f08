/** HTML that is safe by default: every value put into html`…` is escaped unless it is HTML already. */

const ESCAPES = /** @type {Record<string, string>} */ ({
  "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;",
});

/** A piece of finished HTML. Only html`…`, raw() and attrs() make one. */
export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @param {unknown} value @returns {string} */
export function escape(value) {
  return String(value).replace(/[&<>"'`]/g, (sign) => ESCAPES[sign]);
}

/** Lists are joined, nothing is nothing, HTML stays, all else is escaped. @param {unknown} value @returns {string} */
function shown(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(shown).join("");
  if (value === null || value === undefined || value === false || value === true) return "";
  return escape(value);
}

/** @param {TemplateStringsArray} strings @param {...unknown} values @returns {Html} */
export function html(strings, ...values) {
  let text = strings[0];
  for (let i = 0; i < values.length; i += 1) text += shown(values[i]) + strings[i + 1];
  return new Html(text);
}

/** Text that is HTML already and was written by us, never by a person or a server. @param {string} text */
export function raw(text) {
  return new Html(text);
}

const ATTRIBUTE = /^[a-zA-Z_:][-a-zA-Z0-9_:.]*$/;

/**
 * Attributes from a record: true is the bare name, false and nothing leave it out.
 * The content policy forbids inline code and style, so such names are a bug here.
 * @param {Record<string, unknown>} record @returns {Html}
 */
export function attrs(record) {
  let text = "";
  for (const [name, value] of Object.entries(record)) {
    if (!ATTRIBUTE.test(name) || /^(on|style$)/i.test(name)) throw new TypeError(`no attribute: ${name}`);
    if (value === false || value === null || value === undefined) continue;
    text += value === true ? ` ${name}` : ` ${name}="${escape(value)}"`;
  }
  return new Html(text);
}
