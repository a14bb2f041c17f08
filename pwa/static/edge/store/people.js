/**
 * Who works with this device. The server says whether badge and PIN fit; then the device keeps a verifier
 * of its own and can say so itself when there is no network: for 72 hours, five tries, then only online.
 *
 * A second person proves something on a device that another goes on using: their key, which the server handed out and
 * the PIN covers, seals what they vouch for, and only the server can say whether the seal is right (people/proof.py).
 */

import { canonical } from "../canonical.js";
import { sha256Hex } from "../sha256.js";
import { createWire } from "../sync/wire.js";

const ROUNDS = 600_000;
const OFFLINE_MS = 72 * 3600 * 1000;
const TRIES = 5;
const SEEN_EVERY_MS = 600_000;

/**
 * @typedef {{id: string, name: string, role?: string, language?: string, warehouses?: any[], [field: string]: any}} User
 * @typedef {User & {badge: string, salt: string, rounds: number, verifier: string, provenAt: number, tries: number, keySalt?: string, coveredKey?: string}} Person
 * @typedef {{ok: true, user: User, offline: boolean}
 *   | {ok: false, reason: 'wrong'|'locked'|'offline'|'too_old'|'no_device', detail?: string|null}} SignedIn
 * @typedef {{ok: true, user: User, id: string, proof: {user: string, by: 'pin'|'badge', seal: string}}
 *   | {ok: false, reason: 'wrong'|'locked'|'offline'|'too_old'|'no_device'}} Proven  id: of the operation that the seal is for
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {import('./settings.js').Settings} given.settings
 * @param {() => Promise<import('../sync/wire.js').Identity|null>} given.identity
 * @param {() => string} given.newId
 * @param {number} [given.rounds] stored beside each verifier, so it can grow
 */
export function createPeople({ environment, settings, identity, newId, rounds = ROUNDS }) {
  return { signIn, signOut, current, known, seen, prove, proveByBadge };

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
    const answer = await ask("/sync/session", { badge, pin });
    if (answer.kind === "later") return answer.status === 429 ? { ok: false, reason: "locked" } : signInOffline(badge, pin);
    if (answer.kind === "refused") return refusedOnline(badge, pin, answer);
    await remember(badge, pin, answer.body.user, answer.body.key);
    return begin(answer.body.user, false);
  }

  /** Badge and PIN of a second person, over what they vouch for. @param {string} badge @param {string} pin @param {unknown[]} said @returns {Promise<Proven>} */
  async function prove(badge, pin, said) {
    const who = await identity();
    if (!who) return { ok: false, reason: "no_device" };
    const answer = await ask("/sync/proof", { badge, pin });
    if (answer.kind === "refused") return /** @type {Proven} */ (await refusedOnline(badge, pin, answer));
    if (answer.kind === "ok") {
      await remember(badge, pin, answer.body.user, answer.body.key);
      return sealed(answer.body.user, "pin", answer.body.key, said);
    }
    if (answer.status === 429) return { ok: false, reason: "locked" };
    const known = await recognise(badge, pin);
    if (!known.ok) return known;
    const { keySalt, coveredKey, rounds: times } = known.person;
    // Somebody who signed in before devices were handed keys has to be asked about by the server.
    return keySalt && coveredKey ? sealed(known.person, "pin", covered(coveredKey, await verifierOf(pin, keySalt, times)), said) : { ok: false, reason: "offline" };
  }

  /** The badge itself, scanned on the spot; only of somebody whom this device knows. @param {string} badge @param {unknown[]} said @returns {Promise<Proven>} */
  async function proveByBadge(badge, said) {
    const person = (await known()).find((one) => badgeKey(one.badge ?? "") === badgeKey(badge));
    if (!person) return { ok: false, reason: "offline" };
    if ((await now()) - person.provenAt > OFFLINE_MS) return { ok: false, reason: "too_old" };
    return sealed(person, "badge", sha256Hex(new TextEncoder().encode(badgeKey(badge))), said);
  }

  /** @param {User} user @param {'pin'|'badge'} by @param {string} key @param {unknown[]} said @returns {Promise<Proven>} */
  async function sealed(user, by, key, said) {
    const id = newId();
    const device = (await identity())?.device;
    const text = canonical(["stockhand-proof/1", device, id, user.id, by, ...said]);
    const imported = await environment.crypto.subtle.importKey("raw", unhex(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const seal = hex(new Uint8Array(await environment.crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text))));
    return { ok: true, user, id, proof: { user: user.id, by, seal } };
  }

  /** Only an answer with a user in it is one; a portal that answers everything is no server. @param {string} path @param {Record<string, unknown>} body @returns {Promise<import('../sync/wire.js').Answer>} */
  async function ask(path, body) {
    const answer = await createWire(environment, await identity()).ask(path, body);
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

  /** @param {string} badge @param {string} pin @param {User} user @param {string|undefined} key what they seal with here, as the server says */
  async function remember(badge, pin, user, key) {
    const [salt, keySalt] = [hex(filled(new Uint8Array(16))), hex(filled(new Uint8Array(16)))];
    // Covered by a figure of its own from the PIN, so that what is kept to recognise somebody does not uncover it.
    const kept = key ? { keySalt, coveredKey: covered(key, await verifierOf(pin, keySalt, rounds)) } : {};
    await keepOne({ ...user, badge, salt, rounds, verifier: await verifierOf(pin, salt, rounds), provenAt: await now(), tries: 0, ...kept });
  }

  /** A try is counted before it is judged, so that pulling the battery gives no free one. @param {string} badge @param {string} pin @returns {Promise<SignedIn>} */
  async function signInOffline(badge, pin) {
    const answer = await recognise(badge, pin);
    return answer.ok ? begin(answer.person, true) : answer;
  }

  /** @param {string} badge @param {string} pin @returns {Promise<{ok: true, person: Person} | {ok: false, reason: 'wrong'|'locked'|'offline'|'too_old'}>} */
  async function recognise(badge, pin) {
    const person = (await known()).find((one) => one.badge === badge);
    if (!person) return { ok: false, reason: "offline" };
    if ((await now()) - person.provenAt > OFFLINE_MS) return { ok: false, reason: "too_old" };
    if (person.tries >= TRIES) return { ok: false, reason: "locked" };
    await keepOne({ ...person, tries: person.tries + 1 });
    if (!(await fits(person, pin))) return { ok: false, reason: person.tries + 1 >= TRIES ? "locked" : "wrong" };
    await keepOne({ ...person, tries: 0 });
    return { ok: true, person };
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

/** A badge as the server compares it. @param {string} badge */
function badgeKey(badge) {
  return badge.trim().toUpperCase().replace(/^USR:/, "").trim();
}

/** A key under a cover, or from under it. @param {string} key @param {string} cover both in hexadecimal */
function covered(key, cover) {
  const under = unhex(cover);
  return hex(unhex(key).map((byte, i) => byte ^ under[i]));
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
