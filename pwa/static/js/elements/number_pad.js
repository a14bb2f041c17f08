/** Figures by thumb: large keys on the screen, so that the soft keyboard never has to open. */

import { SILENCE_MS } from "../burst.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MOST = { quantity: 9, date: 6, pin: 8 };
const PIN_SHOWN = 4;

/** Nobody knows yet how long this person's PIN is: after so long without another figure it was all of it. */
const UNSURE_MS = 900;
const GRACE_MS = 50;

/** @typedef {'quantity'|'date'|'pin'} Mode */

class NumberPad extends HTMLElement {
  /** What a scanner typed so far must not stay in the figure. @type {{at: number, value: string}[]} */
  #before = [];
  #value = "";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #waiting;

  connectedCallback() {
    if (this.firstChild) return;
    this.#build();
    this.#show();
    document.addEventListener("keydown", this.#onKey);
    document.addEventListener("scan", this.#onScan);
    document.addEventListener("scan:broken", this.#onScan);
    document.addEventListener("htmx:error", this.#onError);
    this.closest("form")?.addEventListener("submit", () => clearTimeout(this.#waiting));
  }

  disconnectedCallback() {
    clearTimeout(this.#waiting);
    document.removeEventListener("htmx:error", this.#onError);
    document.removeEventListener("keydown", this.#onKey);
    document.removeEventListener("scan", this.#onScan);
    document.removeEventListener("scan:broken", this.#onScan);
  }

  /** @returns {Mode} */
  get mode() {
    return /** @type {Mode} */ (this.getAttribute("mode") ?? "quantity");
  }

  #build() {
    const output = document.createElement("output");
    output.className = "pad-figure";
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = this.getAttribute("name") ?? "value";
    const keys = document.createElement("div");
    keys.className = "pad-keys";
    const corner = this.mode === "quantity" && Number(this.getAttribute("scale")) > 0 ? "." : "";
    keys.append(...KEYS.map((key) => this.#key(key)), corner ? this.#key(corner) : this.#eraser(), this.#key("0"), this.#done());
    if (corner) output.addEventListener("click", () => this.#erase());
    this.append(output, field, keys);
  }

  /** @param {string} sign */
  #key(sign) {
    const button = this.#button("pad-key", sign);
    button.addEventListener("click", () => this.#type(sign));
    return button;
  }

  #eraser() {
    const button = this.#button("pad-key erase", "⌫");
    button.setAttribute("aria-label", this.getAttribute("erase") ?? "");
    button.addEventListener("click", () => this.#erase());
    return button;
  }

  #done() {
    const button = this.#button("pad-key done", this.getAttribute("done") ?? "OK");
    button.type = "submit";
    return button;
  }

  /** @param {string} className @param {string} words */
  #button(className, words) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = words;
    return button;
  }

  /** @param {string} sign @param {{byKey?: boolean}} [how] */
  #type(sign, { byKey = false } = {}) {
    if (this.#value.length >= MOST[this.mode]) return byKey ? this.#goOnWaiting() : undefined;
    if (sign === "." && this.#value.includes(".")) return;
    // A quantity has no leading zero; a PIN or a day may begin with one.
    const next = this.mode === "quantity" && this.#value === "0" && sign !== "." ? sign : this.#value + sign;
    const part = next.split(".")[1] ?? "";
    if (part.length > Number(this.getAttribute("scale") ?? 0)) return;
    this.#set(next.startsWith(".") ? `0${next}` : next);
    if (this.#value.length === this.#whole()) this.#sayYes(byKey);
  }

  /** How many figures are all of it, so that the last one says yes; a quantity is never known to be whole. */
  #whole() {
    if (this.mode === "date") return MOST.date;
    return this.mode === "pin" ? Number(this.getAttribute("length")) : 0;
  }

  /** Keys may be those of a scanner, and those are taken back when the scan ends. @param {boolean} byKey */
  #sayYes(byKey) {
    clearTimeout(this.#waiting);
    const wait = Math.max(byKey ? SILENCE_MS + GRACE_MS : 0, this.hasAttribute("unsure") ? UNSURE_MS : 0);
    if (wait) this.#waiting = setTimeout(() => this.#submit(), wait);
    else this.#submit();
  }

  /** A long code is still coming in. */
  #goOnWaiting() {
    if (this.#waiting) this.#sayYes(true);
  }

  /** Once: the answer brings another screen, and a thumb that still taps must not say it twice. */
  #submit() {
    this.closest("form")?.requestSubmit();
    this.inert = true;
  }

  #onError = () => {
    this.inert = false;
  };

  #erase() {
    this.#set(this.#value.slice(0, -1));
  }

  /** @param {string} value */
  #set(value) {
    clearTimeout(this.#waiting);
    this.#value = value;
    this.dataset.typed = value.replace(/\.$/, "");
    this.#show();
  }

  #show() {
    const [output, field] = [this.querySelector("output"), this.querySelector("input")];
    if (!output || !field) return;
    output.textContent = this.#shown();
    output.classList.toggle("untyped", !this.#value);
    field.value = this.#value.replace(/\.$/, "") || (this.getAttribute("value") ?? "");
  }

  #shown() {
    if (this.mode === "pin") return "●".repeat(this.#value.length) + "○".repeat(Math.max(0, PIN_SHOWN - this.#value.length));
    if (this.mode === "date") return this.#value.padEnd(6, "·").replace(/(..)(..)(..)/, "$1 - $2 - $3");
    return this.#value || this.getAttribute("value") || "0";
  }

  /** Real figure keys work too, unless a text field has the focus. @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (this.inert || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const focus = document.activeElement;
    if (focus instanceof HTMLInputElement && focus.type !== "hidden" && focus.inputMode !== "none") return;
    this.#before = [...this.#before.filter(({ at }) => event.timeStamp - at < 3000), { at: event.timeStamp, value: this.#value }];
    if (/^[0-9.]$/.test(event.key)) this.#type(event.key, { byKey: true });
    else if (event.key === "Backspace") this.#erase();
    else if (event.key === "Enter" && this.#value && (focus === document.body || focus?.id === "scan-sink")) this.#submit();
  };

  /** Those keys were a scanner's: the figure goes back to what the person had typed. @param {Event} event */
  #onScan = (event) => {
    const began = /** @type {CustomEvent<{began?: number}>} */ (event).detail?.began;
    const first = began === undefined ? undefined : this.#before.find(({ at }) => at >= began);
    if (first) this.#set(first.value);
  };
}

customElements.define("number-pad", NumberPad);
