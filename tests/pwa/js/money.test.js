/** Money on the page agrees with the server to the cent. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { centsOf, scaled, written } from "../../../pwa/static/js/money.js";

const line = { quantity: "1", price: "1", discount: "" };

test("a line costs quantity by price, less its discount", () => {
  assert.equal(centsOf({ ...line, quantity: "2", price: "42", discount: "10" }), 7560n);
});

test("half a cent is rounded up", () => {
  assert.equal(centsOf({ ...line, price: "0.005" }), 1n);
  assert.equal(centsOf({ ...line, price: "0.004999" }), 0n);
});

test("large amounts are exact", () => {
  assert.equal(centsOf({ ...line, quantity: "99999999.999", price: "99999.999999" }), 999999999980000n);
});

for (const [field, text] of [["quantity", "x"], ["quantity", ""], ["price", ""], ["price", "1.0000001"], ["discount", "1.234"], ["quantity", "-1"]]) {
  test(`a line whose ${field} is "${text}" has no amount`, () => {
    assert.equal(centsOf({ ...line, [String(field)]: String(text) }), null);
  });
}

test("cents are written as people read them", () => {
  assert.equal(written(123456705n, "en"), "1,234,567.05");
  assert.equal(written(0n, "zh-CN"), "0.00");
});

test("a decimal is read in its last place", () => {
  assert.equal(scaled("-1.5", 3), -1500n);
  assert.equal(scaled(" 2 ", 2), 200n);
  assert.equal(scaled("1e3", 2), null);
});
