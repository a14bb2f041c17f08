/** The small world of tests/vectors/barcodes.json, as the resolver's look-up. */

/**
 * @param {{barcodes: Record<string, string[][]>, items: Record<string, string[][]>, locations: Record<string, string[]>}} rows
 * @returns {import('../../../pwa/static/edge/session/barcode.js').Lookup}
 */
export function world(rows) {
  const known = (/** @type {string[][]} */ found) => found.map(([item, unit, factor]) => ({ item, unit, factor }));
  const barcodes = new Map(Object.entries(rows.barcodes).map(([code, found]) => [code, known(found)]));
  const items = new Map(Object.entries(rows.items).map(([code, found]) => [code, known(found)]));
  const locations = new Map(Object.entries(rows.locations));
  return {
    barcode: (code) => barcodes.get(code) ?? [],
    item_by_code: async (code) => items.get(code) ?? [],
    location_by_code: async (code) => locations.get(code) ?? [],
  };
}

/** What a result says, without the fields that say nothing. @param {unknown} value @returns {any} */
export function told(value) {
  if (Array.isArray(value)) return value.map(told);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && !(typeof inner === "object" && Object.keys(inner).length === 0))
      .map(([name, inner]) => [name, told(inner)]),
  );
}
