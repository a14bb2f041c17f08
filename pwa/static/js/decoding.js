/** Codes out of pictures: by the platform where it can, else by zxing in a worker of our own. */

/**
 * @typedef {{text: string, aim?: string}} Found
 * @typedef {{decode: (frame: ImageBitmap) => Promise<Found[]>, close: () => void}} Decoder
 */

const PLATFORM_FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "itf"];

/** The thorough pass takes longer than a frame lasts, so only every fifth frame gets it. */
const THOROUGH_EVERY = 5;

/** @returns {Promise<Decoder>} */
export async function createDecoder() {
  return (await platformDecoder()) ?? workerDecoder();
}

/** Only where the platform reads all that our labels use. @returns {Promise<Decoder|null>} */
async function platformDecoder() {
  if (typeof BarcodeDetector === "undefined") return null;
  const supported = await BarcodeDetector.getSupportedFormats();
  if (!PLATFORM_FORMATS.every((format) => supported.includes(format))) return null;
  const detector = new BarcodeDetector({ formats: PLATFORM_FORMATS });
  return {
    async decode(frame) {
      const found = await detector.detect(frame);
      frame.close();
      return found.map(({ rawValue }) => ({ text: rawValue }));
    },
    close() {},
  };
}

/** @returns {Decoder} */
function workerDecoder() {
  const worker = new Worker(new URL("./decoder_worker.js", import.meta.url), { type: "module" });
  worker.postMessage({ vendor: document.querySelector("meta[name=vendor]")?.getAttribute("content") ?? "/vendor/" });
  /** @type {((found: Found[]) => void)|null} */
  let waiting = null;
  worker.addEventListener("message", ({ data }) => waiting?.(data.found));
  let frames = 0;
  return {
    decode(frame) {
      frames += 1;
      return new Promise((resolve) => {
        waiting = resolve;
        worker.postMessage({ frame, thorough: frames % THOROUGH_EVERY === 0 }, [frame]);
      });
    },
    close: () => worker.terminate(),
  };
}
