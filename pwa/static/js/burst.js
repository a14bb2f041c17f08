/**
 * Keys into scans: a scanner types faster and more evenly than any hand, and ends with Enter or with silence.
 *
 * Pure: characters with their times go in, what they were comes out. A hole inside a burst (a busy phone, a
 * weak radio) makes the scan *broken*: its tail alone would be a wrong code, and a wrong code is worse than none.
 */

/** Two keys of one scanner are closer together than this. */
const GAP_MS = 100;

/** After this silence a scanner without a suffix is finished; a key that comes sooner belongs to the same scan. */
export const SILENCE_MS = 350;

/** What no hand keeps up over several keys. */
const EVEN_MS = 70;
const LEAST = 4;

/** In a text field a fast typist must not be mistaken for a scanner without suffix. */
const LEAST_IN_FIELD = 6;
const EVEN_IN_FIELD_MS = 40;

const MOST = 1000;

/**
 * @typedef {{char: string, at: number}} Key
 * @typedef {{keys: Key[]}} Burst
 * @typedef {{kind: 'scan', text: string, began: number, took: number} | {kind: 'broken', began: number} | {kind: 'typing'}} Meaning
 */

/** @returns {Burst} */
export function empty() {
  return { keys: [] };
}

/** @param {Burst} burst @param {string} char @param {number} at milliseconds @returns {Burst} */
export function press(burst, char, at) {
  const last = burst.keys[burst.keys.length - 1];
  const goesOn = last && at - last.at <= SILENCE_MS && burst.keys.length < MOST;
  return { keys: goesOn ? [...burst.keys, { char, at }] : [{ char, at }] };
}

/** Enter or Tab came: was it a scan? @param {Burst} burst @param {number} at @returns {Meaning} */
export function finish(burst, at) {
  const last = burst.keys[burst.keys.length - 1];
  if (!last || at - last.at > SILENCE_MS) return { kind: "typing" };
  return judge(burst, { least: LEAST, even: EVEN_MS });
}

/** Nothing came any more: was it a scan without a suffix? @param {Burst} burst @param {{inField: boolean}} given @returns {Meaning} */
export function fallSilent(burst, { inField }) {
  return judge(burst, inField ? { least: LEAST_IN_FIELD, even: EVEN_IN_FIELD_MS } : { least: LEAST, even: EVEN_MS });
}

/** @param {Burst} burst @param {{least: number, even: number}} law @returns {Meaning} */
function judge({ keys }, law) {
  const runs = runsOf(keys);
  if (!runs.some((run) => isMachine(run, law))) return { kind: "typing" };
  const began = keys[0].at;
  if (runs.length > 1) return { kind: "broken", began };
  return { kind: "scan", text: keys.map(({ char }) => char).join(""), began, took: pace(keys) };
}

/** Cut where the hand, or a hole, paused. @param {Key[]} keys @returns {Key[][]} */
function runsOf(keys) {
  /** @type {Key[][]} */
  const runs = [];
  for (const [index, key] of keys.entries()) {
    if (index > 0 && key.at - keys[index - 1].at <= GAP_MS) runs[runs.length - 1].push(key);
    else runs.push([key]);
  }
  return runs;
}

/** @param {Key[]} run @param {{least: number, even: number}} law */
function isMachine(run, { least, even }) {
  return run.length >= least && pace(run) <= even;
}

/** Milliseconds from key to key. @param {Key[]} keys */
function pace(keys) {
  return keys.length < 2 ? 0 : (keys[keys.length - 1].at - keys[0].at) / (keys.length - 1);
}
