/**
 * When something happened, although people set clocks. Within a boot the monotonic clock is the reference:
 * each answer of the server tells how far it is from the server's time, and a jump of the wall clock
 * changes only the offset that is written beside it.
 */

/**
 * @typedef {object} Clock
 * @property {string} boot
 * @property {number} monotonic   when it was last looked at; going backwards means another boot
 * @property {number|null} ahead  the server's time minus our monotonic time
 * @property {number|null} error  half of the round trip that measured it
 * @property {number|null} at     monotonic moment of the measurement
 */

const DRIFT = 50e-6; // quartz: 50 parts in a million
const BACKWARDS_MS = 1000;

/**
 * The clock as of now: the same boot, or a new one that has not met the server yet.
 * @param {Clock|undefined} clock @param {number} monotonic @param {() => string} newBoot @returns {Clock}
 */
export function sighted(clock, monotonic, newBoot) {
  if (clock && monotonic >= clock.monotonic - BACKWARDS_MS) {
    return { ...clock, monotonic: Math.max(monotonic, clock.monotonic) };
  }
  return { boot: newBoot(), monotonic, ahead: null, error: null, at: null };
}

/** How far off the estimate may be by now. @param {Clock} clock @param {number} monotonic */
function errorBy(clock, monotonic) {
  return Math.ceil(/** @type {number} */ (clock.error) + DRIFT * Math.max(0, monotonic - /** @type {number} */ (clock.at)));
}

/**
 * What is written into an operation.
 * @param {Clock} clock @param {number} wall @param {number} monotonic
 * @returns {import('./operation.js').Captured}
 */
export function captured(clock, wall, monotonic) {
  const known = clock.ahead !== null;
  return {
    wall: Math.round(wall),
    monotonic: Math.round(monotonic),
    boot: clock.boot,
    offset: known ? Math.round(monotonic + /** @type {number} */ (clock.ahead) - wall) : null,
    error: known ? errorBy(clock, monotonic) : null,
  };
}

/**
 * Learn from an answer: the server read its clock somewhere between our sending and our receiving.
 * A better earlier measurement is kept; one that contradicts it shows that the monotonic clock was
 * broken in between (the browser was restarted after the clock was set), which begins a new boot.
 * @param {Clock} clock @param {{sent: number, received: number, now: number}} exchange @param {() => string} newBoot
 * @returns {Clock}
 */
export function measured(clock, { sent, received, now }, newBoot) {
  const error = Math.max(1, Math.ceil((received - sent) / 2));
  const ahead = Math.round(now - (sent + received) / 2);
  const fresh = { ...clock, monotonic: Math.max(received, clock.monotonic), ahead, error, at: received };
  if (clock.ahead === null) return fresh;
  const before = errorBy(clock, received);
  if (Math.abs(ahead - clock.ahead) > error + before + 2000) return { ...fresh, boot: newBoot() };
  return before <= error ? { ...clock, monotonic: fresh.monotonic } : fresh;
}

/** The server's time as far as we know it, else the device's. @param {Clock} clock @param {number} wall @param {number} monotonic */
export function estimated(clock, wall, monotonic) {
  return clock.ahead === null ? wall : monotonic + clock.ahead;
}
