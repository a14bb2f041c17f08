/** The viewfinder: stays open while screens change, reads every frame, hands over each label once. */

import { abilities, closeCamera, nextCamera, openCamera, shine } from "../camera.js";
import { createDecoder } from "../decoding.js";
import { readPhoto } from "../photo.js";
import { language } from "../say.js";
import { t } from "../../edge/words.js";

/** A label has to leave the picture for so long before it counts again. */
const GONE_MS = 1500;

/** The middle of the picture is what the person points at. */
const BAND = 0.7;

const SPRITE = new URL("../../icons/sprite.svg", import.meta.url).pathname;

/** Faults of the camera → what to say. */
const FAULTS = /** @type {Record<string, string>} */ ({ NotAllowedError: "camera.denied", NotFoundError: "camera.none", NotReadableError: "camera.none", OverconstrainedError: "camera.none" });

class CameraView extends HTMLElement {
  static observedAttributes = ["open"];

  /** @type {MediaStream|null} */
  #stream = null;
  /** @type {import('../decoding.js').Decoder|null} */
  #decoder = null;
  /** @type {Map<string, number>} */
  #seen = new Map();
  #torch = false;

  connectedCallback() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.hasAttribute("open") && this.#start()));
  }

  attributeChangedCallback() {
    if (this.hasAttribute("open")) this.#start();
    else this.#stop();
  }

  async #start() {
    if (this.#stream) return;
    this.#build();
    this.#say("camera.starting");
    if (!navigator.mediaDevices) return this.#say("camera.insecure");
    try {
      const [stream, decoder] = await Promise.all([openCamera(), this.#decoder ?? createDecoder()]);
      this.#decoder = decoder;
      if (!this.hasAttribute("open")) return closeCamera(stream);
      await this.#show(stream);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#say(FAULTS[error.name] ?? "camera.none");
    }
  }

  #stop() {
    if (this.#stream) closeCamera(this.#stream);
    this.#stream = null;
    this.#torch = false;
  }

  #build() {
    if (this.firstChild) return;
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    const frame = document.createElement("span");
    frame.className = "camera-frame";
    const words = document.createElement("p");
    words.className = "camera-words";
    const tools = document.createElement("div");
    tools.className = "camera-tools";
    tools.append(this.#tool("torch", () => this.#switchTorch()), this.#tool("next", () => this.#next()), this.#photoTool(), this.#tool("close", () => this.removeAttribute("open")));
    this.append(video, frame, words, tools);
  }

  /** @param {'torch'|'next'|'close'} name @param {() => void} action */
  #tool(name, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `camera-tool ${name}`;
    button.setAttribute("aria-label", t(language(), `camera.${name}`));
    button.append(picture(name === "next" ? "flip" : name));
    button.addEventListener("click", action);
    return button;
  }

  /** A photo is read by the server, which tries harder than a frame allows. */
  #photoTool() {
    const label = document.createElement("label");
    label.className = "camera-tool photo";
    const field = document.createElement("input");
    field.type = "file";
    field.accept = "image/*";
    field.setAttribute("capture", "environment");
    field.className = "visually-hidden";
    field.setAttribute("aria-label", t(language(), "camera.photo"));
    field.addEventListener("change", async () => {
      const [file] = field.files ?? [];
      if (file) await readPhoto(file);
      field.value = "";
    });
    label.append(picture("photo"), field);
    return label;
  }

  /** @param {MediaStream} stream */
  async #show(stream) {
    this.#stream = stream;
    const video = /** @type {HTMLVideoElement} */ (this.querySelector("video"));
    video.srcObject = stream;
    await video.play();
    this.#say(null);
    this.querySelector(".torch")?.toggleAttribute("hidden", !abilities(stream).torch);
    this.#watch(video, stream);
  }

  /** One frame after the other; the next is taken when the last was read. @param {HTMLVideoElement} video @param {MediaStream} stream */
  async #watch(video, stream) {
    while (this.#stream === stream) {
      await nextFrame(video);
      if (this.#stream !== stream || !video.videoWidth || !this.#decoder) continue;
      const found = await this.#decoder.decode(await middleOf(video));
      if (this.#stream === stream) this.#tell(found);
    }
  }

  /** @param {import('../decoding.js').Found[]} found */
  #tell(found) {
    const now = performance.now();
    for (const { text, aim } of found) {
      const last = this.#seen.get(text) ?? -Infinity;
      this.#seen.set(text, now);
      if (now - last > GONE_MS) document.dispatchEvent(new CustomEvent("scan", { detail: { text, aim, source: "camera" } }));
    }
  }

  async #switchTorch() {
    if (!this.#stream) return;
    this.#torch = !this.#torch;
    await shine(this.#stream, this.#torch);
    this.querySelector(".torch")?.setAttribute("aria-pressed", String(this.#torch));
  }

  async #next() {
    if (!this.#stream) return;
    const old = this.#stream;
    this.#stream = null;
    await this.#show(await nextCamera(old));
  }

  /** @param {string|null} key */
  #say(key) {
    const words = this.querySelector(".camera-words");
    if (words) words.textContent = key ? t(language(), key) : "";
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<void>} */
function nextFrame(video) {
  return new Promise((resolve) => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(() => resolve());
    else requestAnimationFrame(() => resolve());
  });
}

/** @param {HTMLVideoElement} video */
function middleOf(video) {
  const { videoWidth: width, videoHeight: height } = video;
  const tall = Math.round(height * BAND);
  return createImageBitmap(video, 0, Math.round((height - tall) / 2), width, tall);
}

/** @param {string} name */
function picture(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  drawing.append(use);
  return drawing;
}

customElements.define("camera-view", CameraView);
