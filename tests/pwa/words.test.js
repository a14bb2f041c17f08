import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { reasonWords, t, WORDS } from "../../pwa/static/edge/words.js";

const EDGE = new URL("../../pwa/static/edge/", import.meta.url);
const JS = new URL("../../pwa/static/js/", import.meta.url);

/** Words whose key is put together at run time. */
const BUILT = [
  ...["receive", "move", "pick", "count"].map((name) => `${name}.title`),
  ...["lot", "serial", "expiry"].map((mark) => `receive.want_${mark}`),
  ...["queued", "applied", "warning", "held", "rejected", "superseded", "duplicate"].map((state) => `state.${state}`),
  ...["bin", "dock", "tote", "carton", "supplier", "customer", "production", "transit", "scrap", "adjustment", "suspense"].map((kind) => `place.kind.${kind}`),
  ...["enrolment", "sign-in", "revoked"].map((need) => `waiting.needs.${need}`),
];

const REASONS = `suspense time_doubtful time_off expired_lot lot_missing lot_expiry_differs inactive_location inactive_item not_permitted
  out_of_scope user_disabled unknown_user unknown_item unknown_location unknown_lot serial_elsewhere serial_twice serial_quantity malformed
  too_large unknown_kind not_available internal group dependency same_act older_count already_undone not_own not_found nothing_to_undo
  barcode_taken version factor_differs fraction code_differs cloned`.split(/\s+/);

/** @param {URL} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".js") && entry.name !== "words.js")
    .map((entry) => readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`, "utf8"));
}

test("every text exists in Chinese and in English", () => {
  for (const [key, both] of Object.entries(WORDS)) {
    assert.equal(both.length, 2, key);
    assert.ok(both.every((text) => text.trim()), key);
  }
});

test("both languages fill in the same things", () => {
  for (const [key, [zh, en]] of Object.entries(WORDS)) {
    const holes = (/** @type {string} */ text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    assert.deepEqual(holes(zh), holes(en), key);
  }
});

test("every key that the code names has words", () => {
  const topics = new Set(Object.keys(WORDS).map((key) => key.split(".")[0]));
  const named = [...sources(EDGE), ...sources(JS)].flatMap((source) => [...source.matchAll(/"([a-z]+\.[a-z_]+(?:\.[a-z_]+)*)"/g)].map(([, key]) => key));
  const missing = named.filter((key) => topics.has(key.split(".")[0]) && !key.endsWith(".js") && !WORDS[key] && !/^(stock|op|print\.request|order|task|quota|barcode)\b/.test(key));
  assert.deepEqual([...new Set(missing)], []);
});

test("keys that are put together at run time have words", () => {
  assert.deepEqual(BUILT.filter((key) => !WORDS[key]), []);
});

test("every reason of a verdict can be read by a person, and a new one is shown as it came", () => {
  /** @param {string} key @param {Record<string, unknown>} [args] */
  const say = (key, args) => t("zh", key, args);

  assert.deepEqual(REASONS.filter((reason) => !WORDS[`reason.${reason}`]), []);
  assert.match(reasonWords(say, "something_new"), /something_new/);
});
