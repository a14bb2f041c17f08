/** What is typed into the form around it is kept on the server, so that a reload or another desk brings it back. */

const PAUSE_MS = 500;

class KeptDraft extends HTMLElement {
  #pause = 0;
  #isOver = false;

  connectedCallback() {
    const form = this.closest("form");
    if (!form) return;
    form.addEventListener("input", () => this.#later());
    form.addEventListener("change", () => this.#later());
    // What was sent is no draft any more; a refusal brings the form back as it was typed.
    form.addEventListener("submit", () => this.#end());
    document.addEventListener("visibilitychange", () => document.hidden && this.#now());
    addEventListener("pagehide", () => this.#now());
  }

  #later() {
    clearTimeout(this.#pause);
    if (!this.#isOver) this.#pause = setTimeout(() => void this.#save(), PAUSE_MS);
  }

  #now() {
    if (!this.#pause || this.#isOver) return;
    void this.#save();
  }

  #end() {
    clearTimeout(this.#pause);
    this.#isOver = true;
  }

  async #save() {
    clearTimeout(this.#pause);
    this.#pause = 0;
    const form = this.closest("form");
    if (!form) return;
    const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const body = new URLSearchParams(/** @type {[string, string][]} */ (texts));
    // The page may be on its way out; the request outlives it.
    const answer = await fetch("/documents/drafts", { method: "POST", body, keepalive: true }).catch(() => null);
    this.#tell(answer?.ok ?? false);
  }

  /** @param {boolean} isKept */
  #tell(isKept) {
    const place = this.querySelector(".draft-state");
    if (!(place instanceof HTMLElement)) return;
    const time = new Date().toLocaleTimeString(document.documentElement.lang);
    place.hidden = false;
    place.textContent = (isKept ? place.dataset.saved : place.dataset.failed)?.replace("{time}", time) ?? "";
    place.classList.toggle("bad", !isKept);
  }
}

customElements.define("kept-draft", KeptDraft);
