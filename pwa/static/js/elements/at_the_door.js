/** At the customer's door: a signature by finger and photos by the device's camera, handed to the edge as small pictures. */

import { ask } from "../scanning.js";
import { say } from "../say.js";

const WIDTH = 480;
const HEIGHT = 200;

const LONGEST = 1280;
const QUALITY = 0.7;

/**
 * Drawn on a canvas; the picture holds only the ink, without a background. What is drawn travels with the form that its
 * attribute `form` names, too: nobody must lose a signature because one button was not tapped.
 */
class SignaturePad extends HTMLElement {
  #field = document.createElement("input");
  /** @type {CanvasRenderingContext2D|null} */
  #pen = null;
  #isEmpty = true;

  connectedCallback() {
    if (this.firstChild) return;
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    canvas.className = "signature-ink";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.#pen = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", this.#begin);
    canvas.addEventListener("pointermove", this.#draw);
    canvas.addEventListener("pointerup", () => (this.#field.value = this.#isEmpty ? "" : pictureOf(canvas)));
    this.#field.type = "hidden";
    this.#field.name = "picture";
    this.#field.setAttribute("form", this.getAttribute("form") ?? "");
    const buttons = document.createElement("div");
    buttons.className = "signature-buttons";
    buttons.append(this.#button("erase", () => this.#erase()), this.#button("done", () => this.#keep(canvas)));
    this.append(canvas, this.#field, buttons);
    this.#erase();
  }

  /** @param {string} name @param {() => void} action */
  #button(name, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = name === "done" ? "button primary" : "button";
    button.textContent = this.getAttribute(name);
    button.addEventListener("click", action);
    return button;
  }

  #erase() {
    const pen = this.#pen;
    if (!pen) return;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    Object.assign(pen, { lineWidth: 3, lineCap: "round", lineJoin: "round", strokeStyle: "#10202e" });
    this.#isEmpty = true;
    this.#field.value = "";
  }

  /** @param {PointerEvent} event */
  #begin = (event) => {
    const canvas = /** @type {HTMLCanvasElement} */ (event.target);
    canvas.setPointerCapture(event.pointerId);
    const { x, y } = spot(event);
    this.#pen?.beginPath();
    this.#pen?.moveTo(x, y);
    event.preventDefault();
  };

  /** @param {PointerEvent} event */
  #draw = (event) => {
    if (!event.buttons) return;
    const { x, y } = spot(event);
    this.#pen?.lineTo(x, y);
    this.#pen?.stroke();
    this.#isEmpty = false;
  };

  /** @param {HTMLCanvasElement} canvas */
  async #keep(canvas) {
    if (this.#isEmpty) return;
    await ask("POST", this.getAttribute("action") ?? "", { kind: "signature", picture: pictureOf(canvas), signer: typedSigner() });
  }
}

/** As a PNG in base64. @param {HTMLCanvasElement} canvas */
function pictureOf(canvas) {
  return canvas.toDataURL("image/png").split(",")[1];
}

/** Where on the canvas, however large it is drawn. @param {PointerEvent} event */
function spot(event) {
  const { left, top, width, height } = /** @type {HTMLCanvasElement} */ (event.target).getBoundingClientRect();
  return { x: ((event.clientX - left) / width) * WIDTH, y: ((event.clientY - top) / height) * HEIGHT };
}

customElements.define("signature-pad", SignaturePad);

/** Made small here, since it travels by telephone and only has to show what was seen. */
class TakePhoto extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#read);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#read);
  }

  #read = async () => {
    const [file] = this.querySelector("input")?.files ?? [];
    if (!file) return;
    const picture = await shrunk(file);
    if (picture) await ask("POST", this.getAttribute("action") ?? "", { kind: "photo", picture, signer: typedSigner() });
    else say("bad", "door.no_picture");
  };
}

/** As a JPEG in base 64; nothing for a file that is no picture. @param {File} file @returns {Promise<string|null>} */
async function shrunk(file) {
  const bitmap = await createImageBitmap(file).catch(() => null); // not a picture: said by the caller
  if (!bitmap) return null;
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL("image/jpeg", QUALITY).split(",")[1];
}

customElements.define("take-photo", TakePhoto);

/** The name that stands in the field beside the signature: the screen is drawn anew, and it must not be lost. @returns {string} */
function typedSigner() {
  const field = document.querySelector("#signer");
  return field instanceof HTMLInputElement ? field.value : "";
}
