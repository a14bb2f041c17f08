/**
 * Lines of an order, typed, scanned or pasted, one after another without the mouse.
 * It works on the rows of a plain form; without this script they are typed and sent as they stand.
 */

import { centsOf, written } from "../money.js";
import { isTable, linesOf } from "../pasted.js";

const PAUSE_MS = 120;
const HINT_PAUSE_MS = 300;
/** Nobody orders so many of anything; a scanner that types into the quantity sends at least so many digits. */
const SCANNED_DIGITS = 8;

/** @typedef {HTMLInputElement|HTMLSelectElement} Cell */

class LineEditor extends HTMLElement {
  /** @type {HTMLTableRowElement} */ #blank = document.createElement("tr");
  #next = 0;
  #list = document.createElement("ul");
  /** @type {AbortController|null} */ #asked = null;
  /** Looking up what was entered, one after the other: a quick scanner must not overtake itself. */
  #entering = Promise.resolve();
  #typing = 0;
  #hinting = 0;
  /** @type {AbortController|null} */ #hinted = null;

  connectedCallback() {
    const rows = this.#rows();
    this.#next = rows.length;
    this.#blank = this.#emptied(rows[rows.length - 1]);
    for (const row of rows) this.#equip(row);
    this.#list.className = "suggestions";
    this.#list.id = `${this.dataset.prefix}-suggestions`;
    this.#list.setAttribute("role", "listbox");
    this.#list.hidden = true;
    this.addEventListener("input", (event) => this.#onInput(event));
    this.addEventListener("keydown", (event) => this.#onKey(event));
    this.addEventListener("paste", (event) => this.#onPaste(event));
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("pointerdown", (event) => this.#onPress(event));
    this.addEventListener("focusin", ({ target }) => isCell(target) && remember(target));
    this.addEventListener("focusout", (event) => this.#onLeave(event));
    // Prices and what is available also depend on the customer, the warehouse and the day.
    this.closest("form")?.addEventListener("change", () => this.#askHints());
    this.#settle();
    this.#askHints();
  }

  // Rows

  #rows() {
    return /** @type {HTMLTableRowElement[]} */ ([...this.querySelectorAll("tr[data-row]")]);
  }

  #filled() {
    return this.#rows().filter((row) => cell(row, "item").value.trim());
  }

  /** A row to clone for the next line. @param {HTMLTableRowElement} row */
  #emptied(row) {
    const blank = /** @type {HTMLTableRowElement} */ (row.cloneNode(true));
    for (const input of blank.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("value");
    }
    for (const wrong of blank.querySelectorAll("[aria-invalid]")) unmark(wrong);
    forget(blank);
    return blank;
  }

  /** Make of a plain row one that can suggest and be taken away. @param {HTMLTableRowElement} row */
  #equip(row) {
    const item = cell(row, "item");
    item.setAttribute("role", "combobox");
    item.setAttribute("aria-autocomplete", "list");
    item.setAttribute("aria-expanded", "false");
    item.setAttribute("aria-controls", this.#list.id || `${this.dataset.prefix}-suggestions`);
    row.dataset.code = row.hasAttribute("data-known") ? item.value.trim() : "";
    const remove = row.querySelector("[data-remove]");
    if (remove instanceof HTMLElement) remove.hidden = false;
  }

  #append() {
    const row = /** @type {HTMLTableRowElement} */ (this.#blank.cloneNode(true));
    for (const input of row.querySelectorAll("[name]")) {
      const name = input.getAttribute("name") ?? "";
      input.setAttribute("name", name.replace(/\.\d+\./, `.${this.#next}.`));
    }
    this.#next += 1;
    this.querySelector("tbody")?.append(row);
    this.#equip(row);
    return row;
  }

  /** Exactly one row stands empty, the last; the others are numbered and added up. */
  #settle() {
    const rows = this.#rows();
    const active = rows.find((row) => row.contains(document.activeElement));
    for (const row of rows.slice(0, -1)) if (isEmpty(row) && row !== active) row.remove();
    const last = this.#rows().at(-1);
    if (!last || !isEmpty(last)) this.#append();
    this.#count();
  }

  #count() {
    let [total, priced, number] = [0n, 0, 0];
    for (const row of this.#rows()) {
      const isLine = !isEmpty(row);
      show(row, ".position", isLine ? String((number += 1)) : "");
      const cents = isLine ? centsOf(textsOf(row)) : null;
      show(row, "[data-amount]", cents === null ? "" : this.#written(cents));
      if (cents === null) continue;
      total += cents;
      priced += 1;
    }
    show(this, "[data-lines]", String(number));
    const missing = priced < number ? "≥ " : "";
    show(this, "[data-total]", priced ? missing + this.#written(total) : "–");
  }

  /** @param {bigint} cents */
  #written(cents) {
    return written(cents, document.documentElement.lang);
  }

  // What is typed

  /** @param {Event} event */
  #onInput({ target }) {
    const row = rowOf(target);
    if (!row || !isCell(target)) return;
    unmark(target);
    if (target.dataset.cell === "price" || target.dataset.cell === "discount") delete target.dataset.offered;
    if (target.dataset.cell === "item") this.#typed(row, target.value.trim());
    if (target.dataset.cell === "unit") showUnit(row);
    this.#changed(row);
  }

  /** @param {HTMLTableRowElement} row @param {string} text */
  #typed(row, text) {
    if (row.dataset.code !== text) forget(row);
    clearTimeout(this.#typing);
    if (text) this.#typing = setTimeout(() => this.#suggest(row, text), PAUSE_MS);
    else this.#close();
  }

  /** @param {HTMLTableRowElement|null} [row] */
  #changed(row) {
    if (row && !isEmpty(row) && row === this.#rows().at(-1)) this.#append();
    this.#count();
    this.#askHints();
  }

  /** Fetch and show what may be meant. @param {HTMLTableRowElement} row @param {string} text */
  async #suggest(row, text) {
    const found = await this.#ask(text);
    if (!found || cell(row, "item").value.trim() !== text || row.dataset.code === text || row.dataset.entered === text) return;
    this.#open(row, found);
  }

  /** @param {string} text @returns {Promise<HTMLElement[]|null>} null when something else was asked meanwhile */
  async #ask(text) {
    clearTimeout(this.#typing);
    this.#asked?.abort();
    this.#asked = new AbortController();
    const address = `${this.dataset.suggestions}?${new URLSearchParams({ q: text })}`;
    return options(await fetched(address, { signal: this.#asked.signal }));
  }

  /** @param {HTMLTableRowElement} row @param {HTMLElement[]} found */
  #open(row, found) {
    const item = cell(row, "item");
    item.after(this.#list);
    this.#list.dataset.typed = item.value.trim();
    this.#list.replaceChildren(...found);
    this.#list.hidden = found.length === 0;
    item.setAttribute("aria-expanded", String(found.length > 0));
    this.#choose(found.length ? 0 : -1);
    this.#tell(found.length > 1 ? filledIn(this.dataset.many, { count: found.length }) : found.length ? "" : (this.dataset.none ?? ""));
  }

  #close() {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    for (const item of this.querySelectorAll("[role=combobox]")) {
      item.setAttribute("aria-expanded", "false");
      item.removeAttribute("aria-activedescendant");
    }
  }

  /** @param {number} index */
  #choose(index) {
    const found = this.#options();
    found.forEach((option, position) => option.setAttribute("aria-selected", String(position === index)));
    const chosen = found[index];
    const item = this.#list.previousElementSibling;
    if (!chosen || !item) return;
    chosen.scrollIntoView({ block: "nearest" });
    item.setAttribute("aria-activedescendant", chosen.id);
  }

  #options() {
    return /** @type {HTMLElement[]} */ ([...this.#list.children]);
  }

  #chosen() {
    return this.#list.hidden ? null : (this.#options().find((option) => option.getAttribute("aria-selected") === "true") ?? null);
  }

  /** Write a suggestion into its row and go on to the quantity. @param {HTMLTableRowElement} row @param {HTMLElement} option */
  #take(row, option) {
    this.#settleOn(row, option);
    focus(afterItem(row));
  }

  /** The row is that item, one of it unless more was typed. @param {HTMLTableRowElement} row @param {HTMLElement} option */
  #settleOn(row, option) {
    fill(row, option.dataset);
    this.#close();
    this.#tell("");
    const amount = cell(row, "quantity");
    if (!amount.value) {
      amount.value = this.dataset.one ?? "1";
      // What is typed next replaces it.
      if (amount === document.activeElement) focus(amount);
    }
    this.#changed(row);
    this.#announce(row);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const row = rowOf(event.target);
    if (!row || !isCell(event.target) || event.isComposing) return;
    if (event.key === "Delete" && event.ctrlKey) return this.#onRemove(event, row);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return this.#submit(event);
    if (event.key === "Enter") return this.#onEnter(event, row, event.target);
    if (event.key === "Tab" && !event.shiftKey && event.target.dataset.cell === "item") return this.#onTab(event, row);
    if (event.key === "Escape" && !this.#list.hidden) return this.#close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#onArrow(event, row, event.target);
  }

  /** @param {KeyboardEvent} event @param {HTMLTableRowElement} row @param {Cell} target */
  #onEnter(event, row, target) {
    event.preventDefault();
    if (target.dataset.cell === "item") return this.#enterItem(row, target.value.trim());
    if (target.dataset.cell === "quantity" && isScan(target.value)) return this.#enterScan(row, target);
    const cells = cellsOf(row).filter((one) => one.dataset.cell !== "unit");
    const following = cells[cells.indexOf(target) + 1];
    if (following) focus(following);
    else this.#toNextRow(row);
  }

  /** Enter in the item's cell: what is marked, else exactly what was typed. @param {HTMLTableRowElement} row @param {string} text */
  #enterItem(row, text) {
    if (!text) return this.#finish();
    const chosen = this.#chosen();
    if (chosen && this.#isFor(row) && this.#list.dataset.typed === text) return this.#take(row, chosen);
    clearTimeout(this.#typing);
    // The next keys belong to the next cell already, however long the answer takes.
    row.dataset.entered = text;
    focus(afterItem(row));
    if (row.dataset.code !== text) this.#entering = this.#entering.then(() => this.#resolve(row, text));
  }

  /** @param {HTMLTableRowElement} row @param {string} text */
  async #resolve(row, text) {
    const found = await this.#lookUp(text);
    const item = cell(row, "item");
    if (!found || item.value.trim() !== text) return;
    const meant = found.find((option) => "exact" in option.dataset) ?? (found.length === 1 ? found[0] : null);
    if (meant) return this.#settleOn(row, meant);
    if (!found.length) return this.#unknown(item, text);
    focus(item);
    this.#open(row, found);
  }

  /** Nothing to choose from: say so beside what was typed, and leave the keys where they are. @param {Cell} item @param {string} text */
  #unknown(item, text) {
    item.setAttribute("aria-invalid", "true");
    this.#tell(filledIn(this.dataset.unknown, { codes: text }), true);
  }

  /** @param {string} text */
  async #lookUp(text) {
    return options(await fetched(`${this.dataset.suggestions}?${new URLSearchParams({ q: text })}`, {}));
  }

  /** A scanner typed into the quantity: it means the next line. @param {HTMLTableRowElement} row @param {Cell} target */
  #enterScan(row, target) {
    const code = target.value.trim();
    target.value = target.dataset.before || "1";
    remember(target);
    this.#count();
    focus(target);
    this.#entering = this.#entering.then(() => this.#resolveScan(row, code));
  }

  /** @param {HTMLTableRowElement} row @param {string} code */
  async #resolveScan(row, code) {
    const exact = (await this.#lookUp(code))?.find((option) => "exact" in option.dataset);
    if (!exact) return this.#tell(filledIn(this.dataset.unknown, { codes: code }), true);
    const same = this.#filled().find((line) => line.dataset.code === exact.dataset.code && isUnit(line, exact.dataset.unit));
    if (same) return this.#oneMore(same);
    const next = this.#last(row);
    this.#settleOn(next, exact);
    if (!isTyping()) focus(afterItem(next));
  }

  /** The same goods scanned again. @param {HTMLTableRowElement} row */
  #oneMore(row) {
    const amount = cell(row, "quantity");
    if (/^\d{1,7}$/.test(amount.value)) amount.value = String(Number(amount.value) + 1);
    remember(amount);
    this.#changed(row);
    this.#announce(row);
    if (!isTyping()) focus(amount);
  }

  /** @param {KeyboardEvent} event @param {HTMLTableRowElement} row */
  #onTab(event, row) {
    const text = cell(row, "item").value.trim();
    const chosen = this.#chosen();
    if (!text || row.dataset.code === text || !chosen || !this.#isFor(row)) return;
    event.preventDefault();
    this.#take(row, chosen);
  }

  /** @param {KeyboardEvent} event @param {HTMLTableRowElement} row @param {Cell} target */
  #onArrow(event, row, target) {
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (target instanceof HTMLSelectElement) return;
    event.preventDefault();
    if (!this.#list.hidden && this.#isFor(row)) return this.#move(step);
    const rows = this.#rows();
    const other = rows[rows.indexOf(row) + step];
    if (other) focus(cell(other, target.dataset.cell ?? "item"));
  }

  /** @param {number} step */
  #move(step) {
    const found = this.#options();
    const chosen = this.#chosen();
    this.#choose((found.length + (chosen ? found.indexOf(chosen) : -1) + step) % found.length);
  }

  /** @param {HTMLTableRowElement} row */
  #isFor(row) {
    return row.contains(this.#list);
  }

  /** Enter in the empty row: the lines are all there; what remains is to save them. */
  #finish() {
    this.#save?.focus();
  }

  /** Ctrl+Enter does what the main button does. @param {KeyboardEvent} event */
  #submit(event) {
    event.preventDefault();
    this.closest("form")?.requestSubmit(this.#save);
  }

  get #save() {
    return this.closest("form")?.querySelector(/** @type {"button"} */ ("button.primary[type=submit]"));
  }

  /** @param {HTMLTableRowElement} row */
  #toNextRow(row) {
    const rows = this.#rows();
    focus(cell(rows[rows.indexOf(row) + 1] ?? this.#append(), "item"));
  }

  /** The row that waits for the next line. @param {HTMLTableRowElement} row */
  #last(row) {
    const last = this.#rows().at(-1);
    return last && last !== row && isEmpty(last) ? last : this.#append();
  }

  // Taking away

  /** @param {KeyboardEvent} event @param {HTMLTableRowElement} row */
  #onRemove(event, row) {
    event.preventDefault();
    this.#remove(row);
  }

  /** @param {MouseEvent} event */
  #onClick({ target }) {
    const row = rowOf(target);
    if (row && target instanceof Element && target.closest("[data-remove]")) this.#remove(row);
  }

  /** @param {HTMLTableRowElement} row */
  #remove(row) {
    const rows = this.#rows();
    const neighbour = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    if (!neighbour) return;
    this.#close();
    row.remove();
    focus(cell(neighbour, "item"));
    this.#settle();
    this.#tell(this.dataset.removed ?? "");
    this.#announce(neighbour);
    this.#askHints();
  }

  // The mouse, for those who want it

  /** @param {PointerEvent} event */
  #onPress(event) {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    const row = rowOf(event.target);
    if (!(option instanceof HTMLElement) || !row) return;
    event.preventDefault();
    this.#take(row, option);
  }

  /** @param {FocusEvent} event */
  #onLeave({ target, relatedTarget }) {
    const row = rowOf(target);
    if (!row || !isCell(target)) return;
    if (target.dataset.cell !== "item" || this.#list.contains(/** @type {Node|null} */ (relatedTarget))) return;
    this.#close();
    const text = target.value.trim();
    if (text && row.dataset.code !== text && row.dataset.entered !== text) void this.#look([row]);
  }

  // Pasting

  /** @param {ClipboardEvent} event */
  #onPaste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const row = rowOf(event.target);
    if (!row || !isTable(text)) return;
    event.preventDefault();
    void this.#paste(row, linesOf(text));
  }

  /** @param {HTMLTableRowElement} row @param {import("../pasted.js").PastedLine[]} lines */
  async #paste(row, lines) {
    const rows = lines.map((line, index) => this.#write(index === 0 && isEmpty(row) ? row : this.#append(), line));
    const unknown = await this.#look(rows);
    this.#settle();
    const told = unknown.length ? filledIn(this.dataset.unknown, { codes: unknown.join(", ") }) : "";
    this.#tell([filledIn(this.dataset.pasted, { count: lines.length }), told].filter(Boolean).join(" · "), unknown.length > 0);
    const wrong = this.querySelector("input[aria-invalid]");
    focus(wrong instanceof HTMLInputElement ? wrong : cell(this.#last(row), "item"));
    if (rows[0]) this.#announce(rows[0]);
    this.#askHints();
  }

  /** @param {HTMLTableRowElement} row @param {import("../pasted.js").PastedLine} line */
  #write(row, line) {
    forget(row);
    cell(row, "item").value = line.code;
    cell(row, "quantity").value = line.quantity || "1";
    const price = row.querySelector("[data-cell=price]");
    if (price instanceof HTMLInputElement) price.value = line.price;
    row.dataset.unit = line.unit;
    return row;
  }

  /** Find out what typed codes mean, mark those that mean nothing, and name them. @param {HTMLTableRowElement[]} rows */
  async #look(rows) {
    const body = new URLSearchParams(rows.map((row) => ["code", cell(row, "item").value.trim()]));
    const found = options(await fetched(this.dataset.meanings ?? "", { method: "POST", body }));
    if (!found) return [];
    const meanings = new Map(found.map((option) => [option.dataset.typed, option.dataset]));
    const unknown = rows.filter((row) => {
      const meaning = meanings.get(cell(row, "item").value.trim());
      if (meaning) fill(row, { ...meaning, unit: row.dataset.unit || meaning.unit });
      else if (cell(row, "item").value.trim()) cell(row, "item").setAttribute("aria-invalid", "true");
      return !meaning && cell(row, "item").value.trim();
    });
    this.#changed(rows.at(-1));
    return unknown.map((row) => cell(row, "item").value.trim());
  }

  // Hints of the page: what is available, prices that hold

  #askHints() {
    if (!this.dataset.hints) return;
    clearTimeout(this.#hinting);
    this.#hinting = setTimeout(() => void this.#showHints(), HINT_PAUSE_MS);
  }

  async #showHints() {
    const rows = this.#filled().filter((row) => row.dataset.code);
    const form = this.closest("form");
    if (!form) return;
    this.#hinted?.abort();
    this.#hinted = new AbortController();
    const answer = await fetched(this.dataset.hints ?? "", { method: "POST", body: this.#body(form, rows), signal: this.#hinted.signal });
    if (answer === null) return;
    for (const hint of parsed(answer).querySelectorAll("[data-line]")) {
      if (hint instanceof HTMLElement) this.#place(hint, rows);
    }
    this.#count();
  }

  /** The form as it stands, its lines numbered from 0 as the hints will be. @param {HTMLFormElement} form @param {HTMLTableRowElement[]} rows */
  #body(form, rows) {
    const prefix = `${this.dataset.prefix}.`;
    const texts = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !name.startsWith(prefix));
    const body = new URLSearchParams(/** @type {[string, string][]} */ (texts));
    rows.forEach((row, index) => {
      for (const one of cellsOf(row)) body.append(`${prefix}${index}.${one.dataset.cell}`, "offered" in one.dataset ? "" : one.value);
    });
    return body;
  }

  /** @param {HTMLElement} hint @param {HTMLTableRowElement[]} rows */
  #place(hint, rows) {
    const row = rows[Number(hint.dataset.line)];
    const place = hint.dataset.line === "total" ? this.querySelector("[data-line=total]") : row?.querySelector("[data-hint]");
    place?.replaceChildren(...hint.childNodes);
    if (!row) return;
    offer(row, "price", hint.dataset.price);
    offer(row, "discount", hint.dataset.discount);
  }

  // Telling

  /** @param {string} text @param {boolean} [isBad] */
  #tell(text, isBad = false) {
    show(this, "[data-told]", text);
    this.querySelector("[data-told]")?.classList.toggle("bad", isBad);
  }

  /** Rows that were written by us are as good as typed: drafts listen. @param {HTMLTableRowElement} row */
  #announce(row) {
    row.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** @param {EventTarget|null} target */
function rowOf(target) {
  const row = target instanceof Element ? target.closest("tr[data-row]") : null;
  return row instanceof HTMLTableRowElement ? row : null;
}

/** @param {unknown} target @returns {target is Cell} */
function isCell(target) {
  return (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) && "cell" in target.dataset;
}

/** @param {HTMLTableRowElement} row */
function cellsOf(row) {
  return /** @type {Cell[]} */ ([...row.querySelectorAll("[data-cell]")]);
}

/** @param {HTMLTableRowElement} row @param {string} name */
function cell(row, name) {
  return /** @type {Cell} */ (row.querySelector(`[data-cell="${name}"]`));
}

/** Whether a scanner has begun the next code already: a cell that took the keys away would split it. */
function isTyping() {
  const one = document.activeElement;
  return isCell(one) && one.dataset.cell === "quantity" && one.value !== (one.dataset.before ?? one.value);
}

/** Where one goes on when the item is known: where it lies, else how many. @param {HTMLTableRowElement} row */
function afterItem(row) {
  return /** @type {Cell} */ (cellsOf(row)[1]);
}

/** What stood in a cell before a scanner may type over it. @param {Cell} one */
function remember(one) {
  one.dataset.before = one.value;
}

/** @param {HTMLTableRowElement} row */
function isEmpty(row) {
  return cellsOf(row).every((one) => one instanceof HTMLSelectElement || "offered" in one.dataset || !one.value.trim());
}

/** @param {string} text */
function isScan(text) {
  const plain = text.trim();
  return plain !== "" && (!/^-?[\d.]+$/.test(plain) || plain.replace(".", "").length >= SCANNED_DIGITS);
}

/** @param {HTMLTableRowElement} row @param {string|undefined} unit */
function isUnit(row, unit) {
  return !unit || cell(row, "unit").value === unit;
}

/** @param {HTMLTableRowElement} row */
function textsOf(row) {
  const text = (/** @type {string} */ name) => cell(row, name)?.value ?? "";
  return { quantity: text("quantity"), price: text("price"), discount: text("discount") };
}

/** Let a row be that item. @param {HTMLTableRowElement} row @param {DOMStringMap} meaning */
function fill(row, meaning) {
  const item = cell(row, "item");
  unmark(item);
  item.value = meaning.code ?? "";
  row.dataset.code = item.value;
  show(row, ".item-name", meaning.name ?? "");
  const units = Object.keys(JSON.parse(meaning.units ?? "{}"));
  const select = cell(row, "unit");
  select.replaceChildren(...units.map(choice));
  const unit = meaning.unit || units[0] || "";
  // A unit that the item does not have stays to be seen, and is refused where it stands.
  if (!units.includes(unit)) select.append(choice(unit));
  select.value = unit;
  showUnit(row);
}

/** Say beside the price of what it is the price. @param {HTMLTableRowElement} row */
function showUnit(row) {
  const unit = cell(row, "unit").value;
  show(row, "[data-per]", unit ? `/ ${unit}` : "");
}

/** @param {string} unit */
function choice(unit) {
  return new Option(unit, unit);
}

/** Let a row be no item yet. @param {HTMLTableRowElement} row */
function forget(row) {
  row.dataset.code = "";
  row.dataset.entered = "";
  row.dataset.unit = "";
  row.removeAttribute("data-known");
  for (const place of [".item-name", "[data-per]", "[data-hint]", "[data-amount]"]) show(row, place, "");
  cell(row, "unit").replaceChildren(choice(""));
  for (const one of cellsOf(row)) {
    if (!("offered" in one.dataset)) continue;
    delete one.dataset.offered;
    one.value = "";
  }
}

/** Write what holds when nothing is typed; typing replaces it. @param {HTMLTableRowElement} row @param {string} name @param {string|undefined} text */
function offer(row, name, text) {
  const one = cell(row, name);
  if (!one || text === undefined || (one.value && !("offered" in one.dataset)) || one === document.activeElement) return;
  one.value = text;
  one.dataset.offered = "";
}

/** @param {Element} one */
function unmark(one) {
  one.removeAttribute("aria-invalid");
  one.removeAttribute("aria-describedby");
  one.parentElement?.querySelector(".error")?.remove();
}

/** @param {Element} place @param {string} selector @param {string} text */
function show(place, selector, text) {
  const found = place.querySelector(selector);
  if (found && found.textContent !== text) found.textContent = text;
}

/** @param {Cell} one */
function focus(one) {
  one.focus();
  if (one instanceof HTMLInputElement) one.select();
}

/** @param {string|undefined} text @param {Record<string, string|number>} values */
function filledIn(text, values) {
  return Object.entries(values).reduce((said, [name, value]) => said.replace(`{${name}}`, String(value)), text ?? "");
}

/** @param {string|null} html */
function options(html) {
  return html === null ? null : /** @type {HTMLElement[]} */ ([...parsed(html).querySelectorAll("[role=option]")]);
}

/** @param {string} html */
function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

/** The answer's text; null when it was not wanted any more, or did not come. @param {string} address @param {RequestInit} request */
async function fetched(address, request) {
  try {
    const answer = await fetch(address, { ...request, headers: { "HX-Request": "true" } });
    return answer.ok ? await answer.text() : null;
  } catch (error) {
    if (error instanceof TypeError || (error instanceof DOMException && error.name === "AbortError")) return null;
    throw error;
  }
}

customElements.define("line-editor", LineEditor);
