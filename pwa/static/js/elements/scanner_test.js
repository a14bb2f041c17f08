/** Shows what a scanner really sends, character by character, so that its set-up can be checked on the spot. */

const NAMES = /** @type {Record<string, string>} */ ({ "\x1d": "GS", "\t": "TAB", "\r": "CR", "\n": "LF", " ": "␠" });

class ScannerTest extends HTMLElement {
  connectedCallback() {
    if (!this.firstChild) this.append(this.#paragraph("scanner-hint", this.getAttribute("waiting") ?? ""));
    document.addEventListener("scan", this.#onScan);
  }

  disconnectedCallback() {
    document.removeEventListener("scan", this.#onScan);
  }

  /** @param {Event} event */
  #onScan = (event) => {
    const { text, took = 0, source, aim = "" } = /** @type {CustomEvent<{text: string, took?: number, source: string, aim?: string}>} */ (event).detail;
    const characters = document.createElement("p");
    characters.className = "characters";
    characters.append(...[...aim, ...text].map((char) => this.#character(char)));
    const pace = source === "wedge" ? ` · ${took.toFixed(0)} ${this.getAttribute("took")}` : ` · ${source}`;
    this.replaceChildren(characters, this.#paragraph("scanner-facts", `${[...text].length} ${this.getAttribute("length")}${pace}`));
  };

  /** @param {string} char */
  #character(char) {
    const mark = document.createElement("kbd");
    mark.textContent = NAMES[char] ?? (char < " " ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}` : char);
    if (mark.textContent !== char) mark.className = "control";
    return mark;
  }

  /** @param {string} className @param {string} words */
  #paragraph(className, words) {
    const paragraph = document.createElement("p");
    paragraph.className = className;
    paragraph.textContent = words;
    return paragraph;
  }
}

customElements.define("scanner-test", ScannerTest);
