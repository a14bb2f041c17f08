import assert from "node:assert/strict";
import test from "node:test";

import { dayFromDigits, isExpired } from "../../../pwa/static/edge/session/expiry.js";

test("six digits are year, month, day; day 00 is the end of the month", () => {
  assert.equal(dayFromDigits("270930"), "2027-09-30");
  assert.equal(dayFromDigits("280200"), "2028-02-29");
  assert.equal(dayFromDigits("20270930"), "2027-09-30");
  assert.equal(dayFromDigits("2027-09-30"), "2027-09-30");
});

test("a day that does not exist is none", () => {
  for (const text of ["270230", "271301", "2709", "abcdef", ""]) assert.equal(dayFromDigits(text), null);
});

test("the expiry day is the last good day", () => {
  assert.equal(isExpired("2026-11-22", "2026-11-22"), false);
  assert.equal(isExpired("2026-11-21", "2026-11-22"), true);
  assert.equal(isExpired(null, "2026-11-22"), false);
});
