/** Reading what a form or a button sent. */

/** @param {import('./facts.js').Context} ctx @param {string} name @returns {string} */
export function text(ctx, name) {
  const value = ctx.form?.get(name);
  return typeof value === "string" ? value.trim() : "";
}
