/** A file that a person chooses, read here and handed to the edge as text; its answer becomes the screen. */

import { ask } from "../scanning.js";

class OpenFile extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#read);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#read);
  }

  #read = async () => {
    const [file] = this.querySelector("input")?.files ?? [];
    if (file) await ask("POST", this.getAttribute("action") ?? "", { lines: await file.text() });
  };
}

customElements.define("open-file", OpenFile);
