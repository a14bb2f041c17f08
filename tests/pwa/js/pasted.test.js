/** Rows of a spreadsheet become lines of an order. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isTable, linesOf } from "../../../pwa/static/js/pasted.js";

test("a code alone is no table", () => {
  assert.equal(isTable("CUP-1"), false);
  assert.equal(isTable("CUP-1\n"), false);
  assert.equal(isTable("CUP-1\t2"), true);
  assert.equal(isTable("CUP-1\nCUP-2"), true);
});

test("code, quantity and price are read, whatever ends the lines", () => {
  assert.deepEqual(linesOf("CUP\t2\t3.50\r\nPOT\t1\n"), [
    { code: "CUP", quantity: "2", price: "3.50", unit: "" },
    { code: "POT", quantity: "1", price: "", unit: "" },
  ]);
});

test("a fourth column is the unit of the price", () => {
  assert.deepEqual(linesOf("CUP\t2\t10\t箱\t茶杯"), [{ code: "CUP", quantity: "2", price: "10", unit: "箱" }]);
});

test("a first row of names is left out", () => {
  assert.deepEqual(linesOf("编码\t数量\t单价\nCUP\t2\t1"), [{ code: "CUP", quantity: "2", price: "1", unit: "" }]);
});

test("thousands, currency signs and wide digits are understood", () => {
  assert.deepEqual(linesOf("CUP\t1,200\t￥１２.50\nPOT\t2\t1"), [
    { code: "CUP", quantity: "1200", price: "12.50", unit: "" },
    { code: "POT", quantity: "2", price: "1", unit: "" },
  ]);
});

test("what is no number stays as it is, to be refused where it stands", () => {
  assert.deepEqual(linesOf("CUP\tmany\nPOT\tfew"), [
    { code: "CUP", quantity: "many", price: "", unit: "" },
    { code: "POT", quantity: "few", price: "", unit: "" },
  ]);
});

test("empty rows are no lines", () => {
  assert.deepEqual(linesOf("\n\nCUP\t1\n\t\t\n"), [{ code: "CUP", quantity: "1", price: "", unit: "" }]);
});
