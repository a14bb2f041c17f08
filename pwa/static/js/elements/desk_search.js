/**
 * Search over everything from any page: `/` begins it, arrows choose, Enter opens, Escape leaves.
 * htmx fetches what fits as one types; without scripts the form asks for a page of its own.
 */

class DeskSearch extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", (event) => this.#onShortcut(event));
    this.addEventListener("keydown", (event) => this.#onKey(event));
    this.addEventListener("htmx:after:swap", () => this.#open());
    this.#input.addEventListener("input", () => !this.#input.value.trim() && this.#close());
    this.#input.addEventListener("focus", () => this.#open());
    this.addEventListener("focusout", (event) => this.#onLeave(event));
    // A press on a result must not take the focus away before the click arrives.
    this.#found.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  get #found() {
    return /** @type {HTMLElement} */ (this.querySelector("[role=listbox]"));
  }

  get #options() {
    return /** @type {HTMLAnchorElement[]} */ ([...this.#found.querySelectorAll("a[role=option]")]);
  }

  get #chosen() {
    return this.#options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  }

  /** @param {KeyboardEvent} event */
  #onShortcut(event) {
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isPalette = event.key === "k" && (event.ctrlKey || event.metaKey);
    if (!(isPalette || (isSlash && !isTyping(event.target)))) return;
    event.preventDefault();
    this.#input.focus();
    this.#input.select();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.#leave(event);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#move(event, event.key === "ArrowDown" ? 1 : -1);
    if (event.key !== "Enter" || this.#found.hidden) return;
    const option = this.#options[this.#chosen];
    if (!option) return;
    event.preventDefault();
    option.click();
  }

  /** @param {KeyboardEvent} event @param {number} step */
  #move(event, step) {
    const options = this.#options;
    if (this.#found.hidden || !options.length) return;
    event.preventDefault();
    const before = this.#chosen;
    this.#choose(before < 0 && step < 0 ? options.length - 1 : (before + step + options.length) % options.length);
  }

  /** @param {number} index */
  #choose(index) {
    const options = this.#options;
    options.forEach((option, position) => option.setAttribute("aria-selected", String(position === index)));
    const chosen = options[index];
    if (!chosen) return this.#input.removeAttribute("aria-activedescendant");
    chosen.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", chosen.id);
  }

  /** Show what was found, as long as it was asked for. */
  #open() {
    if (!this.#input.value.trim() || !this.contains(document.activeElement) || !this.#found.childElementCount) return;
    this.#found.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    this.#choose(-1);
  }

  #close() {
    this.#found.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  #leave(event) {
    event.preventDefault();
    if (this.#found.hidden) this.#input.blur();
    this.#close();
  }

  /** @param {FocusEvent} event */
  #onLeave({ relatedTarget }) {
    if (!this.contains(/** @type {Node|null} */ (relatedTarget))) this.#close();
  }
}

/** Whether keys go into a field. @param {EventTarget|null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"));
}

customElements.define("desk-search", DeskSearch);
