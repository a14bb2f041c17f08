/** Figures by thumb: large keys on the screen, so that the soft keyboard never has to open. */

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MOST = { quantity: 9, date: 6, pin: 8 };
const PIN_SHOWN = 4;

/** @typedef {'quantity'|'date'|'pin'} Mode */

class NumberPad extends HTMLElement {
  /** What a scanner typed so far must not stay in the figure. @type {{at: number, value: string}[]} */
  #before = [];
  #value = "";

  connectedCallback() {
    if (this.firstChild) return;
    this.#build();
    this.#show();
    document.addEventListener("keydown", this.#onKey);
    document.addEventListener("scan", this.#onScan);
    document.addEventListener("scan:broken", this.#onScan);
  }

  disconnectedCallback() {
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

  /** @param {string} sign */
  #type(sign) {
    if (this.#value.length >= MOST[this.mode]) return;
    if (sign === "." && this.#value.includes(".")) return;
    const next = this.#value === "0" && sign !== "." ? sign : this.#value + sign;
    const part = next.split(".")[1] ?? "";
    if (part.length > Number(this.getAttribute("scale") ?? 0)) return;
    this.#set(next.startsWith(".") ? `0${next}` : next);
    // Six digits are a whole date: the last one says yes.
    if (this.mode === "date" && this.#value.length === MOST.date) this.closest("form")?.requestSubmit();
  }

  #erase() {
    this.#set(this.#value.slice(0, -1));
  }

  /** @param {string} value */
  #set(value) {
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
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const focus = document.activeElement;
    if (focus instanceof HTMLInputElement && focus.type !== "hidden" && focus.inputMode !== "none") return;
    this.#before = [...this.#before.filter(({ at }) => event.timeStamp - at < 3000), { at: event.timeStamp, value: this.#value }];
    if (/^[0-9.]$/.test(event.key)) this.#type(event.key);
    else if (event.key === "Backspace") this.#erase();
    else if (event.key === "Enter" && this.#value && (focus === document.body || focus?.id === "scan-sink")) this.closest("form")?.requestSubmit();
  };

  /** Those keys were a scanner's: the figure goes back to what the person had typed. @param {Event} event */
  #onScan = (event) => {
    const began = /** @type {CustomEvent<{began?: number}>} */ (event).detail?.began;
    const first = began === undefined ? undefined : this.#before.find(({ at }) => at >= began);
    if (first) this.#set(first.value);
  };
}

customElements.define("number-pad", NumberPad);
