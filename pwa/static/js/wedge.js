/**
 * The scanner that types: it is heard anywhere on the page, whatever has the focus, whatever keyboard or
 * input method is on. A button is not pressed by its Enter, a text field gets its text back.
 */

import { empty, fallSilent, finish, press, SILENCE_MS } from "./burst.js";

const GS = "\x1d";

/** Keys by their place, for input methods that hide what was typed. */
const PLACES = /** @type {Record<string, [string, string]>} */ ({
  Minus: ["-", "_"], Equal: ["=", "+"], BracketLeft: ["[", "{"], BracketRight: ["]", "}"], Backslash: ["\\", "|"],
  Semicolon: [";", ":"], Quote: ["'", '"'], Comma: [",", "<"], Period: [".", ">"], Slash: ["/", "?"], Backquote: ["`", "~"], Space: [" ", " "],
  NumpadAdd: ["+", "+"], NumpadSubtract: ["-", "-"], NumpadMultiply: ["*", "*"], NumpadDivide: ["/", "/"], NumpadDecimal: [".", "."],
});
const ABOVE_FIGURES = ")!@#$%^&*(";

let burst = empty();

/** What stood in the text field before the scanner wrote into it. @type {{field: HTMLInputElement|HTMLTextAreaElement, value: string}|null} */
let before = null;

/** Digits typed on the number block while Alt is held: a character by its number. */
let altDigits = "";

/** The key was already taken; the input event that follows repeats it. */
let taken = false;

/** @type {ReturnType<typeof setTimeout>|undefined} */
let silence;

export function listenToWedge() {
  window.addEventListener("keydown", onKey, { capture: true });
  window.addEventListener("keyup", onKeyUp, { capture: true });
  window.addEventListener("input", onInput, { capture: true });
  document.addEventListener("focusout", () => setTimeout(arm));
  document.addEventListener("visibilitychange", arm);
  document.addEventListener("htmx:after:swap", () => setTimeout(arm));
  arm();
}

/** Input methods and block input need a focused field: an unseen one, that opens no keyboard, but never in place of a button. */
function arm() {
  const focus = document.activeElement;
  if (focus && focus !== document.body) return;
  sink()?.focus({ preventScroll: true });
}

/** @returns {HTMLInputElement|null} */
function sink() {
  return document.querySelector("#scan-sink");
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.repeat || event.metaKey) return;
  taken = false;
  if (event.altKey && /^Numpad\d$/.test(event.code)) {
    altDigits += event.code.slice(-1);
    return;
  }
  if (event.key === "Enter" || event.key === "Tab") return onSuffix(event);
  const char = charOf(event);
  if (char === null) return;
  taken = true;
  if (event.ctrlKey) event.preventDefault();
  // A space in a code would press the button that has the focus.
  if (char === " " && burst.keys.length > 1 && document.activeElement instanceof HTMLButtonElement) event.preventDefault();
  hear(char, event.timeStamp);
}

/** @param {KeyboardEvent} event */
function onKeyUp(event) {
  if (event.key !== "Alt" || !altDigits) return;
  const char = String.fromCharCode(Number(altDigits) & 0xff);
  altDigits = "";
  if (char === GS || char >= " ") hear(char, event.timeStamp);
}

/** The character a key means, or null for keys that write nothing. @param {KeyboardEvent} event @returns {string|null} */
function charOf(event) {
  if (event.ctrlKey) return event.code === "BracketRight" || event.key === "]" ? GS : null;
  if (event.altKey) return null;
  if (event.key.length === 1) return event.key;
  if (event.key !== "Process" && event.key !== "Unidentified") return null;
  return charAt(event.code, event.shiftKey);
}

/** @param {string} code @param {boolean} shift @returns {string|null} */
function charAt(code, shift) {
  if (/^Key[A-Z]$/.test(code)) return shift ? code.slice(3) : code.slice(3).toLowerCase();
  if (/^Digit\d$/.test(code)) return shift ? ABOVE_FIGURES[Number(code.slice(5))] : code.slice(5);
  if (/^Numpad\d$/.test(code)) return code.slice(6);
  return PLACES[code]?.[shift ? 1 : 0] ?? null;
}

/** Text that no key announced: an input method that commits single characters, or a scanner that commits all at once. @param {Event} event */
function onInput(event) {
  if (!(event instanceof InputEvent) || taken || event.data === null) return;
  const text = event.data.replace(/[\r\n]+$/, "");
  if (text.length >= 4 && event.target === sink()) return emit({ text, began: event.timeStamp, took: 0 });
  // What an input method composed was written by a person; our codes are plain ASCII.
  if (/^[\x1d\x20-\x7e]$/.test(text)) hear(text, event.timeStamp);
  else forget();
}

/** @param {string} char @param {number} at */
function hear(char, at) {
  const next = press(burst, char, at);
  if (next.keys.length === 1) before = standingText();
  burst = next;
  clearTimeout(silence);
  silence = setTimeout(onSilence, SILENCE_MS);
}

/** @param {KeyboardEvent} event */
function onSuffix(event) {
  const meaning = finish(burst, event.timeStamp);
  if (meaning.kind === "typing") return forget();
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(meaning);
}

function onSilence() {
  tell(fallSilent(burst, { inField: before !== null }));
}

/** @param {import('./burst.js').Meaning} meaning */
function tell(meaning) {
  if (meaning.kind === "scan") return emit(meaning);
  if (meaning.kind === "typing") return forget();
  restore();
  forget();
  document.dispatchEvent(new CustomEvent("scan:broken", { detail: { began: meaning.began } }));
}

/** @param {{text: string, began: number, took: number}} scan */
function emit({ text, began, took }) {
  restore();
  forget();
  document.dispatchEvent(new CustomEvent("scan", { detail: { text, source: "wedge", began, took } }));
}

function forget() {
  clearTimeout(silence);
  burst = empty();
  before = null;
  const field = sink();
  if (field) field.value = "";
}

/** @returns {typeof before} */
function standingText() {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || field === sink()) return null;
  return { field, value: field.value };
}

/** What the scanner wrote into a field is not what the person wanted there. */
function restore() {
  if (!before || before.field.value === before.value) return;
  before.field.value = before.value;
  before.field.dispatchEvent(new Event("input", { bubbles: true }));
}
