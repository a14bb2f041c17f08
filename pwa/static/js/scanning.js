/** Scans from every source, one after the other, to the edge; the answer becomes the screen. */

import { play } from "./sound.js";
import { say } from "./say.js";

/**
 * @typedef {{text: string, aim?: string, source: 'wedge'|'camera'|'photo'|'manual', took?: number}} RawScan
 */

/** The same code twice within a blink is one trigger pull that bounced; two goods take a hand longer. */
const BOUNCE_MS = 250;

let last = { text: "", at: -Infinity };

/** A scan waits for the answer to the one before: the session decides in the order of the hands. */
let queue = Promise.resolve();

export function listenForScans() {
  document.addEventListener("scan", (event) => take(/** @type {CustomEvent<RawScan>} */ (event).detail));
  document.addEventListener("scan:broken", () => say("bad", "wedge.broken"));
}

/** @param {RawScan} scan */
function take(scan) {
  const now = performance.now();
  const repeated = scan.text === last.text && now - last.at < BOUNCE_MS;
  last = { text: scan.text, at: now };
  if (repeated) return play("quiet");
  if (document.querySelector("scanner-test")) return; // the test card shows it and nothing else happens
  queue = queue.then(() => send(scan)).catch((error) => {
    say("bad", "page.failed");
    throw error;
  });
}

/** @param {RawScan} scan */
async function send(scan) {
  const values = { text: scan.text, source: scan.source, ...(scan.aim && { aim: scan.aim }), ...padValue() };
  await ask("POST", "/edge/scan", values);
}

/** Ask the edge, and show its answer as the screen. @param {'GET'|'POST'} method @param {string} path @param {Record<string, string>} [values] @returns {Promise<void>} */
export async function ask(method, path, values = {}) {
  await window.htmx.ajax(method, path, { target: "#screen", swap: "innerHTML", source: "#scan-sink", values });
}

/** A figure typed on the pad before the next scan was meant, even without its last tap. @returns {{pad?: string}} */
function padValue() {
  const pad = document.querySelector("number-pad[mode=quantity]");
  const value = pad instanceof HTMLElement ? pad.dataset.typed : "";
  return value ? { pad: value } : {};
}
