/** Reads codes from camera frames, away from the page, so that the screen never stutters. */

const FORMATS = ["QRCode", "DataMatrix", "Code128", "EAN13", "EAN8", "UPCA", "ITF"];
const FAST = { formats: FORMATS, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: 4, textMode: "Plain" };
const THOROUGH = { formats: FORMATS, tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, maxNumberOfSymbols: 4, textMode: "Plain" };

/** @typedef {{prepareZXingModule: (options: object) => void, readBarcodes: (image: ImageData, options: object) => Promise<any[]>}} Reader */

/** @type {Promise<Reader>|null} */
let reader = null;

const canvas = new OffscreenCanvas(1, 1);
const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));

addEventListener("message", async ({ data }) => {
  if (data.vendor) reader = load(data.vendor);
  if (data.frame) postMessage({ found: await read(data.frame, data.thorough) });
});

/** @param {string} vendor where vendored files are served @returns {Promise<Reader>} */
async function load(vendor) {
  const module = await import(`${vendor}zxing/reader/index.js`);
  // The library would fetch its binary from a public server; ours comes from our own.
  module.prepareZXingModule({ overrides: { locateFile: (/** @type {string} */ file) => `${vendor}zxing/${file}` }, fireImmediately: true });
  return module;
}

/** @param {ImageBitmap} frame @param {boolean} thorough @returns {Promise<{text: string, aim: string}[]>} */
async function read(frame, thorough) {
  if (!reader) return [];
  const found = await (await reader).readBarcodes(pixels(frame), thorough ? THOROUGH : FAST);
  return found.filter(({ isValid }) => isValid).map(({ text, symbologyIdentifier }) => ({ text, aim: symbologyIdentifier }));
}

/** @param {ImageBitmap} frame */
function pixels(frame) {
  const { width, height } = frame;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  pen.drawImage(frame, 0, 0);
  frame.close();
  return pen.getImageData(0, 0, width, height);
}
