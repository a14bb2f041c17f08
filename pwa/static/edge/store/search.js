/**
 * Finding an item as one types: begins of codes first, then of initials, then parts of names. All that is
 * searched lies in a few long texts, a line per item, made when the items came; a keystroke is a scan of
 * them by the browser's own search, without touching an item.
 */

const TAIL = /^\d{4}$/;
/** More than are shown, so that the best of them can be put in order. */
const CANDIDATES = 200;
/** What stands before each part of a line; folded text has none of these. */
const CODE = "\u0001";
const INITIALS = "\u0002";
const NAME = "\u0003";
const ID = "\u0004";
const MARKS = /[\u0001-\u0004]/;
const CONTROL = /[\u0000-\u001f]/g;
const CONTROL_IN_LINE = /[\u0000-\u0009\u000b-\u001f]/g;

/**
 * @typedef {object} Searched
 * @property {string} version
 * @property {string[]} files      of the ground
 * @property {string[]} texts      one for each of them
 * @property {string} changed      of what lies over it
 * @property {Set<string>} covered items that lie over it, or left
 */

/**
 * @param {object} given
 * @param {(known: Searched|null) => Promise<Searched>} given.load  what is searched now; what is known may be used again
 * @param {(tail: string) => Promise<string[]>} given.tailItems
 */
export function createItemSearch({ load, tailItems }) {
  /** @type {Searched|null} */
  let known = null;

  return { find };

  /** @param {string} text @param {number} limit @returns {Promise<string[]>} ids, best first */
  async function find(text, limit) {
    const wanted = folded(text).trim();
    if (!wanted) return [];
    const [byTail, searched] = await Promise.all([TAIL.test(wanted) ? tailItems(wanted) : [], load(known)]);
    known = searched;
    return [...new Set([...byTail, ...best(searched, wanted, limit)])].slice(0, limit);
  }
}

/** @param {string} text */
function folded(text) {
  return text.normalize("NFKC").toLowerCase().replace(CONTROL, " ");
}

/** The lines of a file of items; nothing for another kind. @param {import('./ground.js').Columns} columns @returns {string} */
export function searchText({ kind, keys, fields, columns }) {
  if (kind !== "item") return "";
  const column = (/** @type {string} */ field) => columns[fields.indexOf(field)] ?? [];
  const [codes, initials, names] = [column("code"), column("initials"), column("name")].map((texts) => foldedAll(texts, keys.length));
  const active = column("active");
  let text = "";
  for (let i = 0; i < keys.length; i += 1) {
    if (active[i] !== false) text += `\n${CODE}${codes[i]}${INITIALS}${initials[i]}${NAME}${names[i]}${ID}${keys[i]}`;
  }
  return text;
}

/** Many texts folded at once, which is ten times faster than one by one; only a text of several lines prevents it. @param {any[]} texts @param {number} count @returns {string[]} */
function foldedAll(texts, count) {
  const together = Array.from({ length: count }, (_, i) => texts[i] ?? "").join("\n");
  const lines = together.normalize("NFKC").toLowerCase().replace(CONTROL_IN_LINE, " ").split("\n");
  return lines.length === count ? lines : Array.from({ length: count }, (_, i) => folded(String(texts[i] ?? "")));
}

/** @param {Searched} searched @param {string} wanted @param {number} limit */
function best({ texts, changed, covered }, wanted, limit) {
  const none = /** @type {Set<string>} */ (new Set());
  /** @type {Line[][]} */
  const ranked = [[], [], [], []];
  collect(changed, wanted, none, ranked);
  for (const text of texts) {
    if (ranked[0].length >= CANDIDATES) break;
    collect(text, wanted, covered, ranked);
  }
  return ranked.flatMap((lines) => lines.sort((left, right) => (left.code < right.code ? -1 : 1))).slice(0, limit).map(({ id }) => id);
}

/**
 * @typedef {{code: string, initials: string, name: string, id: string}} Line
 * @param {string} text @param {string} wanted @param {Set<string>} covered @param {Line[][]} ranked
 */
function collect(text, wanted, covered, ranked) {
  if (ranked[0].length < CANDIDATES) gather(text, CODE + wanted, covered, (line) => ranked[0].push(line) < CANDIDATES);
  if (ranked[0].length + ranked[1].length < CANDIDATES) gather(text, INITIALS + wanted, covered, (line) => rankOf(line, wanted) !== 1 || ranked[1].push(line) < CANDIDATES);
  if (ranked.every((lines) => lines.length < CANDIDATES)) gather(text, wanted, covered, (line) => part(line, wanted, ranked));
}

/** Hits inside of names and codes. @param {Line} line @param {string} wanted @param {Line[][]} ranked */
function part(line, wanted, ranked) {
  const rank = rankOf(line, wanted);
  return rank < 2 || rank > 3 || ranked[rank].push(line) < CANDIDATES;
}

/** Each line in which this is found, once, while more are wanted. @param {string} text @param {string} wanted @param {Set<string>} covered @param {(line: Line) => boolean} take */
function gather(text, wanted, covered, take) {
  let at = text.indexOf(wanted);
  while (at >= 0) {
    const end = text.indexOf("\n", at);
    const line = lineOf(text.slice(text.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end));
    if (!covered.has(line.id) && !take(line)) return;
    if (end < 0) return;
    at = text.indexOf(wanted, end);
  }
}

/** @param {string} text @returns {Line} */
function lineOf(text) {
  const [, code, initials, name, id] = text.split(MARKS);
  return { code, initials, name, id };
}

/** @param {Line} line @param {string} wanted 4: only its id has it, which nobody looks for */
function rankOf({ code, name, initials }, wanted) {
  if (code.startsWith(wanted)) return 0;
  if (initials.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  return initials.includes(wanted) || code.includes(wanted) ? 3 : 4;
}
