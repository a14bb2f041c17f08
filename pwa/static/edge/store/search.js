/** Finding an item as one types: begins of codes first, then initials, then parts of names. */

const TAIL = /^\d{4}$/;

/**
 * @param {object} given
 * @param {() => Promise<Map<string, any>>} given.everyItem
 * @param {(tail: string) => Promise<string[]>} given.tailItems
 */
export function createItemSearch({ everyItem, tailItems }) {
  /** @type {{version: string, entries: Entry[]}|null} */
  let index = null;

  return { find };

  /**
   * @typedef {{id: string, code: string, name: string, initials: string}} Entry
   * @param {string} text @param {number} limit @param {string} version of the items; another one is read anew
   * @returns {Promise<string[]>} ids, best first
   */
  async function find(text, limit, version) {
    const wanted = folded(text);
    if (!wanted) return [];
    if (index?.version !== version) index = { version, entries: entriesOf(await everyItem()) };
    const byTail = TAIL.test(wanted) ? await tailItems(wanted) : [];
    return [...new Set([...byTail, ...best(index.entries, wanted, limit)])].slice(0, limit);
  }
}

/** @param {unknown} text */
function folded(text) {
  return String(text ?? "").normalize("NFKC").trim().toLowerCase();
}

/** @param {Map<string, any>} items */
function entriesOf(items) {
  const entries = [];
  for (const [id, body] of items) {
    if (body.active === false) continue;
    entries.push({ id, code: folded(body.code), name: folded(body.name), initials: folded(body.initials) });
  }
  return entries.sort((left, right) => (left.code < right.code ? -1 : 1));
}

/** @param {{id: string, code: string, name: string, initials: string}[]} entries @param {string} wanted @param {number} limit */
function best(entries, wanted, limit) {
  /** @type {string[][]} */
  const ranked = [[], [], [], []];
  for (const entry of entries) {
    const rank = rankOf(entry, wanted);
    if (rank < 0 || ranked[rank].length >= limit) continue;
    ranked[rank].push(entry.id);
    if (rank === 0 && ranked[0].length >= limit) break;
  }
  return ranked.flat().slice(0, limit);
}

/** @param {{code: string, name: string, initials: string}} entry @param {string} wanted */
function rankOf({ code, name, initials }, wanted) {
  if (code.startsWith(wanted)) return 0;
  if (initials.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  return initials.includes(wanted) || code.includes(wanted) ? 3 : -1;
}
