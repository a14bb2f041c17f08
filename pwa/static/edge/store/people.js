/**
 * Who works with this device. The server says whether badge and PIN fit; then the device keeps a verifier
 * of its own and can say so itself when there is no network: for 72 hours, five tries, then only online.
 */

import { createWire } from "../sync/wire.js";

const ROUNDS = 600_000;
const OFFLINE_MS = 72 * 3600 * 1000;
const TRIES = 5;
const SEEN_EVERY_MS = 600_000;

/**
 * @typedef {{id: string, name: string, role?: string, language?: string, warehouses?: any[], [field: string]: any}} User
 * @typedef {User & {badge: string, salt: string, rounds: number, verifier: string, provenAt: number, tries: number}} Person
 * @typedef {{ok: true, user: User, offline: boolean}
 *   | {ok: false, reason: 'wrong'|'locked'|'offline'|'too_old'|'no_device', detail?: string|null}} SignedIn
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {import('./settings.js').Settings} given.settings
 * @param {() => Promise<import('../sync/wire.js').Identity|null>} given.identity
 * @param {number} [given.rounds] stored beside each verifier, so it can grow
 */
export function createPeople({ environment, settings, identity, rounds = ROUNDS }) {
  return { signIn, signOut, current, known, seen };

  /** @returns {Promise<Person[]>} whom this device has seen, the latest first */
  async function known() {
    return (await settings.get("people")) ?? [];
  }

  /** @returns {Promise<User|null>} */
  async function current() {
    const id = await settings.get("user");
    return id ? ((await known()).find((person) => person.id === id) ?? { id, name: id }) : null;
  }

  /** The queue stays: it belongs to the device. */
  async function signOut() {
    await settings.put("user", null);
    environment.announce({ type: "user" });
  }

  /** The server is asked first, since it knows who was disabled. @param {string} badge @param {string} pin @returns {Promise<SignedIn>} */
  async function signIn(badge, pin) {
    if (!(await identity())) return { ok: false, reason: "no_device" };
    const answer = await ask({ badge, pin });
    if (answer.kind === "later") return answer.status === 429 ? { ok: false, reason: "locked" } : signInOffline(badge, pin);
    if (answer.kind === "refused") return refusedOnline(badge, pin, answer);
    await remember(badge, pin, answer.body.user);
    return begin(answer.body.user, false);
  }

  /** Only an answer with a user in it is one; a portal that answers everything is no server. @param {Record<string, unknown>} body @returns {Promise<import('../sync/wire.js').Answer>} */
  async function ask(body) {
    const answer = await createWire(environment, await identity()).ask("/sync/session", body);
    const isEmpty = answer.kind === "ok" && typeof answer.body.user?.id !== "string";
    return isEmpty ? { kind: "later", after: null, reached: false } : answer;
  }

  /** A PIN that the server refuses must not open the device the next time there is no network. @param {string} badge @param {string} pin @param {{status: number, body: any}} answer @returns {Promise<SignedIn>} */
  async function refusedOnline(badge, pin, { status, body }) {
    const person = (await known()).find((one) => one.badge === badge);
    if (person && (await fits(person, pin))) await keep((await known()).filter((one) => one.badge !== badge));
    if (status === 423) return { ok: false, reason: "locked", detail: body.detail ?? null };
    return { ok: false, reason: status === 401 && body.reason !== "wrong" ? "no_device" : "wrong", detail: body.detail ?? null };
  }

  /** @param {User} user @param {boolean} offline @returns {Promise<SignedIn>} */
  async function begin(user, offline) {
    await settings.put("user", user.id);
    if (user.language) await settings.put("language", user.language);
    environment.announce({ type: "user" });
    return { ok: true, user, offline };
  }

  /** @param {Person[]} people */
  async function keep(people) {
    await settings.put("people", people);
  }

  /** @param {Person} person */
  async function keepOne(person) {
    await keep([person, ...(await known()).filter(({ id }) => id !== person.id)]);
  }

  /** @param {string} badge @param {string} pin @param {User} user */
  async function remember(badge, pin, user) {
    const salt = hex(filled(new Uint8Array(16)));
    await keepOne({ ...user, badge, salt, rounds, verifier: await verifierOf(pin, salt, rounds), provenAt: await now(), tries: 0 });
  }

  /** A try is counted before it is judged, so that pulling the battery gives no free one. @param {string} badge @param {string} pin @returns {Promise<SignedIn>} */
  async function signInOffline(badge, pin) {
    const person = (await known()).find((one) => one.badge === badge);
    if (!person) return { ok: false, reason: "offline" };
    if ((await now()) - person.provenAt > OFFLINE_MS) return { ok: false, reason: "too_old" };
    if (person.tries >= TRIES) return { ok: false, reason: "locked" };
    await keepOne({ ...person, tries: person.tries + 1 });
    if (!(await fits(person, pin))) return { ok: false, reason: person.tries + 1 >= TRIES ? "locked" : "wrong" };
    await keepOne({ ...person, tries: 0 });
    return begin(person, true);
  }

  /** The server answered while this person was at work. */
  async function seen() {
    const [id, people, at] = await Promise.all([settings.get("user"), known(), now()]);
    const person = people.find((one) => one.id === id);
    if (person && at - person.provenAt > SEEN_EVERY_MS) await keepOne({ ...person, provenAt: at });
  }

  /** A clock that is set back must not buy more time: the latest time ever seen counts. */
  async function now() {
    const latest = (await settings.get("latest")) ?? 0;
    const wall = Math.round(environment.wall());
    if (wall - latest > 60_000) await settings.put("latest", wall);
    return Math.max(latest, wall);
  }

  /** @param {Person} person @param {string} pin */
  async function fits({ salt, rounds: times, verifier }, pin) {
    return (await verifierOf(pin, salt, times)) === verifier;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  function filled(bytes) {
    environment.fill(bytes);
    return bytes;
  }

  /** Slow on purpose: four digits are few. @param {string} pin @param {string} salt @param {number} times */
  async function verifierOf(pin, salt, times) {
    const key = await environment.crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
    const bits = await environment.crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: unhex(salt), iterations: times }, key, 256);
    return hex(new Uint8Array(bits));
  }
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
