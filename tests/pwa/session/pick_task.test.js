import assert from "node:assert/strict";
import test from "node:test";

import { backsOf, elsewhere, isOpen, nextTask, restOf, standing, takenByOther, tasksOf } from "../../../pwa/static/edge/session/pick_task.js";
import { layOut, metres, orderFrom } from "../../../pwa/static/edge/session/pick_walk.js";

/** @param {string} id @param {object} [given] @returns {any} */
function notice(id, given = {}) {
  return { id, number: id.toUpperCase(), state: "released", customer: "金鼎", lines: [], ...given };
}

/** @param {string} id @param {object} [given] @returns {any} */
function line(id, given = {}) {
  return { id, notice: "sn-1", line: "1", item: "i-1", location: "l-1", lot: "", serial: "", quantity: "5", picked: "0", position: 0, state: "open", ...given };
}

/** @param {string} quantity @param {object} [args] @param {1|-1} [sign] @returns {any} */
function pick(quantity, args = {}, sign = 1) {
  return { kind: "stock.pick@1", sign, args: { item: "i-1", quantity, source: "l-1", target: "l-9", document: "sn-1", line: "1", ...args } };
}

/** @param {string} notice @returns {any} */
const place = (notice) => line(`a-${notice}`, { notice });

test("my own task comes first, then the urgent, then the earliest due; those of others last", () => {
  const notices = [
    notice("sn-1", { due: "2026-11-25" }), notice("sn-2", { due: "2026-11-23" }), notice("sn-3", { priority: 5 }),
    notice("sn-4", { taken: "u-7" }), notice("sn-5", { priority: 9, taken: "u-8", taker: "王芳" }),
  ];

  const found = tasksOf(notices, notices.map(({ id }) => place(id)), "u-7", []);

  assert.deepEqual(found.map(({ id }) => id), ["sn-4", "sn-3", "sn-2", "sn-1", "sn-5"]);
  assert.equal(nextTask(found)?.id, "sn-4");
  assert.equal(nextTask(found, "sn-4")?.id, "sn-3");
  assert.equal(nextTask(found.slice(4)), null);
});

test("notices of a wave are one task, as urgent as the most urgent of them", () => {
  const notices = ["sn-1", "sn-2"].map((id, index) => notice(id, { wave: "wv-1", wave_number: "WV-1", wave_kind: "cluster", priority: index * 3, due: `2026-11-2${5 - index}` }));

  const [task] = tasksOf(notices, notices.map(({ id }) => place(id)), "u-7", []);

  assert.deepEqual([task.id, task.number, task.kind, task.priority, task.due, task.notices], ["wv-1", "WV-1", "cluster", 3, "2026-11-24", ["sn-1", "sn-2"]]);
});

test("what is picked, or claimed on this device, is known before the server says so", () => {
  const claim = { kind: "task.take@1", sign: /** @type {1} */ (1), args: { task: "sn-1" } };
  const given = /** @type {const} */ ([[notice("sn-1")], [place("sn-1")], "u-7"]);

  assert.equal(tasksOf(...given, [claim])[0].holder, "me");
  assert.equal(tasksOf(...given, [claim, { ...claim, args: { task: "sn-1", leave: true } }])[0].holder, "nobody");
  assert.deepEqual(tasksOf([notice("sn-1", { state: "picked" })], [place("sn-1")], "u-7", []), []);
  assert.deepEqual(tasksOf([notice("sn-1")], standing([place("sn-1")], [pick("5")]), "u-7", []), []);
});

test("somebody else is at it once the rows say so", () => {
  assert.equal(takenByOther([notice("sn-1", { taken: "u-8", taker: "王芳" })], "u-7"), "王芳");
  assert.equal(takenByOther([notice("sn-1", { taken: "u-7" })], "u-7"), null);
  assert.equal(takenByOther([notice("sn-1", { taken: "u-8", state: "picked" })], "u-7"), null);
});

test("a pick serves the very place first, then whichever was asked for", () => {
  const lines = [line("a-1", { quantity: "3" }), line("a-2", { location: "l-2", quantity: "4", position: 1 })];

  const rests = (/** @type {any[]} */ ...acts) => standing(lines, acts).map(restOf);

  assert.deepEqual(rests(pick("2", { source: "l-2" })), ["3", "2"]);
  assert.deepEqual(rests(pick("4", { source: "l-5" })), ["0", "3"]);
  assert.deepEqual(rests(pick("9")), ["0", "0"]);
  assert.deepEqual(rests(pick("2", { document: "sn-2" })), ["3", "4"]);
});

test("a pick that the rows show and was taken back is to be picked again", () => {
  const [back] = standing([line("a-1", { picked: "5", state: "done" })], [pick("2", {}, -1)]);

  assert.deepEqual([back.state, restOf(back)], ["open", "2"]);
});

test("where too little was found, other bins that hold it stand there, the first to expire first", () => {
  const acts = [pick("2"), pick("0", { short_reason: "none_left" })];
  const lines = standing([line("a-1"), line("a-2", { line: "2", location: "l-2", quantity: "1", notice: "sn-2" })], acts);
  const balances = new Map([["i-1", [
    { item: "i-1", location: "l-1", on_hand: "9" }, { item: "i-1", location: "l-3", on_hand: "9", expiry: "2027-05-01" },
    { item: "i-1", location: "l-4", on_hand: "1", expiry: "2027-01-01" },
  ]]]);

  const found = elsewhere(lines, acts, balances);

  assert.equal(isOpen(lines[0]), false);
  assert.deepEqual(found.map(({ location, quantity }) => [location, quantity]), [["l-4", "1"], ["l-3", "2"]]);
});

test("that a bin was not empty says nothing against its line", () => {
  const [still] = standing([line("a-1")], [pick("0", { short_reason: "not_empty" })]);

  assert.equal(restOf(still), "5");
});

test("goods that are to go back are a task of whoever picked them, less what they brought back already", () => {
  const row = { document: "sn-1", number: "SN-1", reason: "cancelled", people: ["u-7"], takes: [{ item: "i-1", quantity: "3", source: "l-9", target: "l-1" }, { item: "i-2", quantity: "1", source: "l-9", target: "l-2" }] };
  const moved = { kind: "stock.move@1", sign: /** @type {1} */ (1), args: { item: "i-1", quantity: "3", source: "l-9", target: "l-5", document: "sn-1" } };

  assert.deepEqual(backsOf([row], [moved]).map(({ item, quantity }) => [item, quantity]), [["i-2", "1"]]);
  assert.deepEqual(tasksOf([notice("sn-2", { priority: 9 })], [place("sn-2")], "u-7", [], [row]).map(({ id, kind, holder }) => [id, kind, holder]), [["sn-1", "back", "me"], ["sn-2", "single", "nobody"]]);
});

const SPOTS = ["A", "B", "C"].flatMap((aisle) => [1, 2, 3].map((bay) => ({ id: `${aisle}${bay}`, code: `${aisle}-${bay}`, kind: "bin", aisle, bay })));

test("the rest is walked the shortest way from where one stands, and out by the door", () => {
  const floor = layOut(SPOTS);
  const wanted = ["C3", "A3", "C1"].map((id) => /** @type {any} */ (SPOTS.find((spot) => spot.id === id)));

  assert.deepEqual(orderFrom(floor, wanted, /** @type {any} */ (SPOTS.find(({ id }) => id === "C2"))).map((index) => wanted[index].id), ["C1", "C3", "A3"]);
});

test("metres walked are those of the way that was taken, saved ones against the order of the codes", () => {
  const floor = layOut(SPOTS, [3000, 1000]);
  const way = ["A3", "B3", "B1"].map((id) => /** @type {any} */ (SPOTS.find((spot) => spot.id === id)));

  const found = metres(floor, way);

  assert.deepEqual(found, { walked: 14, saved: 4 });
});
