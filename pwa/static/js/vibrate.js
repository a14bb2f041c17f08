/** The same three answers for the hand that holds the device. Some browsers cannot; sound and colour remain. */

/** @type {Record<'good'|'caution'|'bad'|'quiet', number[]>} */
const PATTERNS = { good: [40], caution: [40, 60, 40], bad: [300], quiet: [] };

/** @param {'good'|'caution'|'bad'|'quiet'} tone */
export function vibrate(tone) {
  if (PATTERNS[tone].length && "vibrate" in navigator) navigator.vibrate(PATTERNS[tone]);
}
