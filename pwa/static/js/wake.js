/** The screen stays on while the app is looked at: nobody unlocks a phone with gloves between two scans. */

/** @type {WakeLockSentinel|null} */
let lock = null;

export function keepAwake() {
  document.addEventListener("visibilitychange", hold);
  document.addEventListener("pointerdown", hold);
  hold();
}

/** The lock is taken away whenever the page is hidden, so it is asked for again. */
async function hold() {
  if (document.visibilityState !== "visible" || (lock && !lock.released) || !("wakeLock" in navigator)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch (error) {
    // Battery saver and headless browsers say no; work goes on with a screen that may go dark.
    if (!(error instanceof DOMException)) throw error;
  }
}
