/**
 * People this device knows. With a network the server says whether badge and PIN fit; then the device keeps
 * a verifier of its own and can say so itself for 72 hours, five tries at a time, when there is none.
 */

/**
 * @typedef {import('./facts.js').Context} Context
 * @typedef {{id: string, name: string, badge?: string, language?: string, salt?: string, verifier?: string, provenAt?: number, tries?: number}} Person
 * @typedef {{kind: 'proven', person: Person} | {kind: 'refused', reason: 'wrong'|'locked'|'offline'|'too_old'|'no_pin'}} Answer
 */

const KEY = "people";
const KEPT_MS = 72 * 3600 * 1000;
const TRIES = 5;
const ROUNDS = 600_000;

/** @param {Context} ctx @returns {Promise<Person[]>} */
export async function known(ctx) {
  return (await ctx.stores.settings.get(KEY)) ?? [];
}

/** @param {Context} ctx @param {string} badge @returns {Promise<Person>} a name, when the badge was here before */
export async function byBadge(ctx, badge) {
  return (await known(ctx)).find((person) => person.badge === badge) ?? { id: "", name: "", badge };
}

/** @param {Context} ctx @param {Person} person @param {string} pin @returns {Promise<Answer>} */
export async function prove(ctx, person, pin) {
  const answer = await askServer(ctx, person, pin);
  if (!answer) return proveHere(ctx, person, pin);
  if (answer.kind === "proven") await remember(ctx, answer.person, pin);
  return answer;
}

/** Null when the server cannot be asked. @param {Context} ctx @param {Person} person @param {string} pin @returns {Promise<Answer|null>} */
async function askServer(ctx, person, pin) {
  const answer = await ctx.stores.wire.signIn({ user: person.id || undefined, badge: person.badge, pin });
  if (answer.kind === "later") return null;
  if (answer.kind === "ok") return { kind: "proven", person: { ...person, id: answer.body.user, name: answer.body.name, language: answer.body.language } };
  return { kind: "refused", reason: answer.status === 423 || answer.status === 429 ? "locked" : "wrong" };
}

/** @param {Context} ctx @param {Person} person @param {string} pin */
async function remember(ctx, person, pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const proven = { ...person, salt: hex(salt), verifier: await verifierOf(pin, salt), provenAt: ctx.now(), tries: 0 };
  await keep(ctx, proven);
}

/** @param {Context} ctx @param {Person} person @param {string} pin @returns {Promise<Answer>} */
async function proveHere(ctx, person, pin) {
  if (!person.verifier || !person.salt) return { kind: "refused", reason: "offline" };
  if (ctx.now() - (person.provenAt ?? 0) > KEPT_MS) return { kind: "refused", reason: "too_old" };
  const standing = (await known(ctx)).find(({ id }) => id === person.id) ?? person;
  if ((standing.tries ?? 0) >= TRIES) return { kind: "refused", reason: "locked" };
  const fits = (await verifierOf(pin, bytes(person.salt))) === person.verifier;
  await keep(ctx, { ...standing, tries: fits ? 0 : (standing.tries ?? 0) + 1 });
  return fits ? { kind: "proven", person } : { kind: "refused", reason: "wrong" };
}

/** @param {Context} ctx @param {Person} person */
async function keep(ctx, person) {
  const others = (await known(ctx)).filter(({ id }) => id !== person.id);
  await ctx.stores.settings.put(KEY, [person, ...others]);
}

/** Slow on purpose: four digits are few. @param {string} pin @param {Uint8Array} salt @returns {Promise<string>} */
async function verifierOf(pin, salt) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: /** @type {BufferSource} */ (salt), iterations: ROUNDS }, key, 256);
  return hex(new Uint8Array(bits));
}

/** @param {Uint8Array} array */
function hex(array) {
  return [...array].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
