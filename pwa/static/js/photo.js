/** A photo of a label, read by the server: for codes that a moving picture does not give away. */

import { say } from "./say.js";

/** @typedef {{codes: {text: string, aim?: string}[]}} PhotoAnswer */

/** @param {File} file */
export async function readPhoto(file) {
  say("caution", "photo.reading");
  const form = new FormData();
  form.append("photo", file);
  let response;
  try {
    response = await fetch("/scan/photo", { method: "POST", body: form, headers: await credentials() });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return say("bad", "photo.offline");
  }
  if (!response.ok) return say("bad", response.status >= 500 ? "photo.offline" : "photo.nothing");
  const { codes } = /** @type {PhotoAnswer} */ (await response.json());
  if (codes.length === 0) return say("bad", "photo.nothing");
  for (const { text, aim } of codes.slice(0, 1)) document.dispatchEvent(new CustomEvent("scan", { detail: { text, aim, source: "photo" } }));
}

/** The device speaks for itself, as in everything it sends. @returns {Promise<Record<string, string>>} */
async function credentials() {
  const { edge } = await import("../edge/edge.js");
  const who = await edge().identity();
  return who ? { Authorization: `Bearer ${who.device}.${who.secret}` } : {};
}
