/** Words that come from the page itself, before any screen answered: the same bar, the same sounds. */

import { t } from "../edge/words.js";

/** @param {'caution'|'bad'} tone @param {string} key @param {Record<string, unknown>} [args] */
export function say(tone, key, args) {
  const words = t(language(), key, args);
  const feedback = document.createElement("scan-feedback");
  feedback.setAttribute("tone", tone);
  feedback.setAttribute("role", "alert");
  feedback.className = `feedback ${tone}`;
  const told = document.createElement("span");
  told.className = "told";
  told.textContent = words;
  feedback.append(told);
  const screen = document.querySelector(".screen");
  screen?.querySelector("scan-feedback")?.remove();
  screen?.querySelector(".bar")?.after(feedback);
}

/** The screen knows its language; before the first one, the page does. */
export function language() {
  const near = document.querySelector(".screen") ?? document.documentElement;
  return (near.getAttribute("lang") ?? "").startsWith("en") ? "en" : "zh";
}
