import assert from "node:assert/strict";
import test from "node:test";

import { empty, fallSilent, finish, press } from "../../../pwa/static/js/burst.js";

/**
 * Type a text with so many milliseconds between keys; `holes` lengthens the gap before an index.
 * @param {string} text @param {number} gap @param {Record<number, number>} [holes]
 */
function typed(text, gap, holes = {}) {
  let at = 1000;
  let burst = empty();
  for (const [index, char] of [...text].entries()) {
    at += holes[index] ?? gap;
    burst = press(burst, char, at);
  }
  return { burst, at };
}

/** The same, then Enter. @param {string} text @param {number} gap @param {Record<number, number>} [holes] @returns {any} */
function entered(text, gap, holes) {
  const { burst, at } = typed(text, gap, holes);
  return finish(burst, at + gap);
}

/** @param {import("../../../pwa/static/js/burst.js").Meaning} meaning */
function textOf(meaning) {
  return meaning.kind === "scan" ? meaning.text : meaning.kind;
}

test("a scanner at 3, 20 or 60 ms per character is a scan", () => {
  for (const gap of [3, 20, 60]) assert.equal(entered("6901234567892", gap).text, "6901234567892");
});

test("a hand that types and presses Enter is no scan", () => {
  for (const gap of [120, 130, 300]) assert.equal(entered("123456", gap).kind, "typing");
});

test("a hole of 180 ms breaks the scan, so that its tail is never taken for a code", () => {
  assert.equal(entered("6901234567892", 10, { 6: 180 }).kind, "broken");
  assert.equal(entered("6901234567892", 10, { 1: 180 }).kind, "broken");
});

test("a scanner without suffix is finished by silence", () => {
  const { burst } = typed("LOC-A-01", 15);

  for (const inField of [false, true]) assert.equal(textOf(fallSilent(burst, { inField })), "LOC-A-01");
});

test("a fast typist in a field is not mistaken for a scanner without suffix", () => {
  assert.equal(fallSilent(typed("test", 60).burst, { inField: true }).kind, "typing");
});

test("what a person typed long before does not become part of the scan", () => {
  const { burst, at } = typed("12", 200);

  const later = [..."A-01-02"].reduce((state, char, index) => press(state, char, at + 1000 + index * 5), burst);

  assert.equal(textOf(finish(later, at + 1100)), "A-01-02");
});

test("a person's key right before a scan asks for another scan and does not spoil the code", () => {
  const { burst, at } = typed("7", 0);

  const scanned = [..."A-01-02"].reduce((state, char, index) => press(state, char, at + 200 + index * 5), burst);

  assert.equal(finish(scanned, at + 300).kind, "broken");
});

test("separators stay in the text", () => {
  assert.equal(entered("0106901234567892\x1d10L1", 4).text, "0106901234567892\x1d10L1");
});

test("an Enter long after the keys belongs to nobody", () => {
  const { burst, at } = typed("A-01-02", 5);

  assert.equal(finish(burst, at + 2000).kind, "typing");
});
