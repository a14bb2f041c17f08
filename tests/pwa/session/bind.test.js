import assert from "node:assert/strict";
import test from "node:test";

import { normalise } from "../../../pwa/static/edge/session/barcode.js";
import { bindable, boundTo, choose, chooseUnit, confirm, scan, start, unitsOf } from "../../../pwa/static/edge/session/bind.js";
import { cup, item, place, bin, play, unknown } from "./world.js";

const crate = { ...cup, units: [{ name: "箱", factor: "12" }, { name: "托", factor: "480" }] };
const stranger = (code = "X-77") => ({ ...start(), code, from: "receive" });
const unknownCode = (given = {}) => ({ text: "X-77", reason: "not_known", expected: null, gtin: null, ...given });

/** As the device stores it. @param {string} code @param {object} [given] @param {string} [outcome] */
const written = (code, given = {}, outcome = undefined) =>
  ({ text: JSON.stringify({ kind: "barcode.bind@1", args: { code, item: "i-1", unit: "箱", factor: "12", ...given } }), outcome });

test("the GTIN inside a label is bound, so that the next lot is known too", () => {
  assert.equal(bindable(unknownCode({ text: "01069012345678921 0L77", gtin: "06901234567892" })), "06901234567892");
  assert.equal(bindable(unknownCode()), "X-77");
});

test("what was misread, torn, or is a label of our own is not bound", () => {
  for (const reason of ["check_digit", "too_long", "empty", "bad_command", "no_item"]) assert.equal(bindable(unknownCode({ reason })), null, reason);
  assert.equal(bindable(unknownCode({ text: "LOC-Z-99", expected: "location" })), null);
});

test("a carton code is bound in a scan of the item, a tap on the unit and a tap on yes", () => {
  const chosen = play(stranger(), [item(crate)], scan).session;
  const outcome = confirm(chooseUnit(chosen, "箱").session);

  assert.deepEqual(outcome.operations, [{ kind: "barcode.bind@1", args: { code: "X-77", item: "i-1", unit: "箱", factor: "12" } }]);
  assert.equal(outcome.feedback.tone, "good");
  assert.equal(outcome.session.from, "receive");
  assert.equal(outcome.session.code, "");
});

test("the code of an outer box proposes the first larger unit, any other the piece", () => {
  assert.equal(choose(stranger("16901234567899"), crate).session.unit, "箱");
  assert.equal(choose(stranger("06901234567892"), crate).session.unit, "个");
  assert.deepEqual(unitsOf(crate).map(({ factor }) => factor), ["1", "12", "480"]);
});

test("no place, no stranger, no switched-off item takes a code", () => {
  for (const one of [place(bin), unknown("Y-1"), item({ ...cup, active: false })]) {
    const outcome = play(stranger(), [one], scan);
    assert.equal(outcome.feedback.tone, "bad");
    assert.equal(outcome.session.item, null);
  }
  assert.equal(chooseUnit(choose(stranger(), cup).session, "吨").feedback.tone, "bad");
  assert.equal(confirm(stranger()).feedback.tone, "bad");
});

test("a code means what was bound last and not refused", () => {
  const found = (/** @type {any[]} */ records) => boundTo(normalise("6901234567892"), records, normalise);

  assert.deepEqual(found([written("06901234567892"), written("6901234567892", { unit: "个", factor: "1" })]), { item: "i-1", unit: "个", factor: "1" });
  assert.equal(found([written("06901234567892", {}, "rejected")]), null);
  assert.equal(found([written("06901234567885")]), null);
});
