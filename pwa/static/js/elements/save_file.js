/** A file made by the edge, saved on the device. Browsers fetch a plain download past the worker that would make it. */

import { fetchFromEdge } from "../edge_client.js";
import { say } from "../say.js";

/** Long enough for a slow phone to have begun copying. */
const KEPT_MS = 60_000;

class SaveFile extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#save);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#save);
  }

  #save = async () => {
    const response = await fetchFromEdge(this.getAttribute("href") ?? "");
    if (response.status !== 200) return say("bad", "page.failed");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await response.text()]));
    link.download = this.getAttribute("name") ?? "";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  };
}

customElements.define("save-file", SaveFile);
