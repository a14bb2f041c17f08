/** What a session answers to a scan or a tap: where it stands now, what to write down, what to say. */

/**
 * @typedef {{kind: string, args: Record<string, unknown>, group?: boolean}} Draft
 * @typedef {'good'|'caution'|'bad'|'quiet'} Tone
 * @typedef {{tone: Tone, key: string, args?: Record<string, unknown>, numeral?: string}} Feedback
 */

/**
 * @template S
 * @typedef {{session: S, operations: Draft[], feedback: Feedback}} Outcome
 */

/**
 * The goods moved: operations are to be written, and only then may it beep.
 * @template S
 * @param {S} session @param {Draft[]} operations @param {Feedback} feedback
 * @returns {Outcome<S>}
 */
export function booked(session, operations, feedback) {
  return { session, operations, feedback };
}

/**
 * The scan was understood and the session waits for the next one.
 * @template S
 * @param {S} session @param {string} key @param {Record<string, unknown>} [args]
 * @returns {Outcome<S>}
 */
export function noted(session, key, args) {
  return { session, operations: [], feedback: { tone: "quiet", key, args } };
}

/**
 * Nothing happened, and the person must know it without looking. The session may remember a doubt.
 * @template S
 * @param {S} session @param {string} key @param {Record<string, unknown>} [args]
 * @returns {Outcome<S>}
 */
export function refused(session, key, args) {
  return { session, operations: [], feedback: { tone: "bad", key, args } };
}

/**
 * The same arguments without what is absent: the wire leaves out, it never sends null.
 * @param {Record<string, unknown>} args
 */
export function present(args) {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}
