/** Which camera, how it is opened, its torch. Phones name several; the one that can focus and shine is wanted. */

const CHOSEN = "stockhand.camera";
const WISH = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/**
 * @typedef {MediaTrackCapabilities & {torch?: boolean, focusMode?: string[], zoom?: {min: number, max: number}}} Abilities
 */

/** Open the camera chosen before, or the best one that looks away from the person. @returns {Promise<MediaStream>} */
export async function openCamera() {
  const chosen = localStorage.getItem(CHOSEN);
  if (!chosen) return openBest();
  try {
    return await openById(chosen);
  } catch (error) {
    // The camera of yesterday may be gone; permission and hardware faults are the caller's to tell.
    if (!(error instanceof DOMException) || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
    localStorage.removeItem(CHOSEN);
    return openBest();
  }
}

/** @param {string} id */
function openById(id) {
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WISH, deviceId: { exact: id } } });
}

/** The names of cameras are known only once one was opened. */
async function openBest() {
  const first = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WISH, facingMode: { ideal: "environment" } } });
  await focus(first);
  return first;
}

/** The next camera in turn; it is remembered on this device. @param {MediaStream} stream @returns {Promise<MediaStream>} */
export async function nextCamera(stream) {
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  const now = stream.getVideoTracks()[0]?.getSettings().deviceId;
  const index = cameras.findIndex(({ deviceId }) => deviceId === now);
  const next = cameras[(index + 1) % cameras.length];
  closeCamera(stream);
  localStorage.setItem(CHOSEN, next.deviceId);
  const opened = await openById(next.deviceId);
  await focus(opened);
  return opened;
}

/** @param {MediaStream} stream */
export function closeCamera(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @param {MediaStream} stream @returns {Abilities} */
export function abilities(stream) {
  const [track] = stream.getVideoTracks();
  return track?.getCapabilities ? track.getCapabilities() : {};
}

/** @param {MediaStream} stream @param {boolean} on */
export async function shine(stream, on) {
  await stream.getVideoTracks()[0]?.applyConstraints({ advanced: [/** @type {any} */ ({ torch: on })] });
}

/** Labels come close and go: the lens has to follow by itself. @param {MediaStream} stream */
async function focus(stream) {
  if (!abilities(stream).focusMode?.includes("continuous")) return;
  await stream.getVideoTracks()[0].applyConstraints({ advanced: [/** @type {any} */ ({ focusMode: "continuous" })] });
}
