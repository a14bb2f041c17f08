/** What a spreadsheet leaves on the clipboard, read as lines: code, quantity, price, unit. */

/** @typedef {{code: string, quantity: string, price: string, unit: string}} PastedLine */

/** Whether this is rows of a spreadsheet and not one word. @param {string} text */
export function isTable(text) {
  return /[\t\n]/.test(text.trim());
}

/** The lines; a first row of names, as a spreadsheet has it, is none. @param {string} text @returns {PastedLine[]} */
export function linesOf(text) {
  const rows = text.split(/\r\n|\r|\n/).map((row) => row.split("\t").map((cell) => cell.trim()));
  const filled = rows.filter(([code]) => code);
  const lines = filled.map(([code, quantity = "", price = "", unit = ""]) => ({ code, quantity: number(quantity), price: number(price), unit }));
  const [first, ...others] = lines;
  return first && isHeading(first, others) ? others : lines;
}

/** 1,234.50 and ￥12 as plain decimals; other texts stay, so that they are refused where they stand. @param {string} cell */
function number(cell) {
  const plain = cell.normalize("NFKC").replace(/[¥$€\s]/g, "");
  return /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(",", "") : plain;
}

/** @param {PastedLine} first @param {PastedLine[]} others */
function isHeading(first, others) {
  return others.length > 0 && first.quantity !== "" && !/\d/.test(first.quantity) && others.some(({ quantity }) => /\d/.test(quantity));
}
