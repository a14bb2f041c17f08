/** A series of codes on the screen, one after the other by itself, for another device to read in any order. */

/** Long enough for a slow camera to catch each, short enough that nobody's arm tires. */
const FRAME_MS = 450;

/** White around the code that readers need, in modules. */
const MARGIN = 4;

/** @typedef {{size: number, get: (x: number, y: number) => boolean}} Bitmap */
/** @typedef {{generate: (text: string, options: object) => Bitmap, correction: {M: number}}} Drawing */

class QrSeries extends HTMLElement {
  /** @type {string[]} */
  #frames = [];
  #index = 0;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #timer;
  /** @type {Drawing|null} */
  #drawing = null;

  async connectedCallback() {
    if (this.firstChild) return;
    this.#frames = (this.getAttribute("frames") ?? "").split(" ").filter(Boolean);
    this.#build();
    const vendor = document.querySelector("meta[name=vendor]")?.getAttribute("content") ?? "/vendor/";
    this.#drawing = await import(`${vendor}qr/lean-qr.js`);
    this.#show();
    this.#go();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #build() {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    const words = document.createElement("p");
    words.className = "qr-words";
    const tools = document.createElement("div");
    tools.className = "qr-tools";
    tools.append(this.#tool("hold", () => this.#hold()), this.#tool("next", () => this.#step()));
    this.append(canvas, words, ...(this.#frames.length > 1 ? [tools] : []));
  }

  /** @param {'hold'|'next'} name @param {() => void} action */
  #tool(name, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button grow";
    button.dataset.qr = name;
    button.textContent = this.getAttribute(name);
    button.addEventListener("click", action);
    return button;
  }

  #go() {
    if (this.#frames.length > 1 && this.isConnected) this.#timer = setInterval(() => this.#step(), FRAME_MS);
  }

  /** A scanner with a trigger needs one frame to stand still. */
  #hold() {
    const isHeld = this.querySelector("[data-qr=hold]")?.getAttribute("aria-pressed") === "true";
    clearInterval(this.#timer);
    this.querySelector("[data-qr=hold]")?.setAttribute("aria-pressed", String(!isHeld));
    if (isHeld) this.#go();
  }

  #step() {
    this.#index = (this.#index + 1) % this.#frames.length;
    this.#show();
  }

  #show() {
    const [canvas, words] = [this.querySelector("canvas"), this.querySelector(".qr-words")];
    if (!canvas || !words || !this.#drawing) return;
    const { generate, correction } = this.#drawing;
    draw(canvas, generate(this.#frames[this.#index], { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M }));
    const told = (this.getAttribute("words") ?? "").replace("{i}", String(this.#index + 1));
    words.textContent = told;
    canvas.setAttribute("aria-label", told);
  }
}

/** One pixel a module; the style sheet enlarges it without blurring. @param {HTMLCanvasElement} canvas @param {Bitmap} bitmap */
function draw(canvas, bitmap) {
  const side = bitmap.size + 2 * MARGIN;
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.fillStyle = "#000";
  for (let y = 0; y < bitmap.size; y += 1) {
    for (let x = 0; x < bitmap.size; x += 1) if (bitmap.get(x, y)) pen.fillRect(x + MARGIN, y + MARGIN, 1, 1);
  }
}

customElements.define("qr-series", QrSeries);
