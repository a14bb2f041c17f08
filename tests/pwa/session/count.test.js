import assert from "node:assert/strict";
import test from "node:test";

import * as count from "../../../pwa/static/edge/session/count.js";
import { bin, carton, command, cup, item, lying, other, phone, place, play, tea, unknown } from "./world.js";

const scan = count.scan;

test("the place, then every scan adds its unit, then one tap", () => {
  const counted = play(count.start(), [place(bin), item(cup), item(cup), carton(cup)], scan);
  assert.equal(counted.session.lines[0].quantity, "14");

  const { operations, session } = count.done(counted.session);

  assert.deepEqual(operations, [{ kind: "stock.count@1", args: { location: "l-2", lines: [{ item: "i-1", quantity: "14" }], complete: true } }]);
  assert.equal(session.location, null);
});

test("an empty bin is one tap, but not when goods were counted", () => {
  const { session } = scan(count.start(), place(bin));

  assert.deepEqual(count.empty(session).operations[0].args, { location: "l-2", lines: [], complete: true });
  assert.equal(count.empty(scan(session, item(cup)).session).feedback.key, "count.not_empty");
  assert.equal(count.done(session).feedback.key, "count.nothing_counted");
});

test("the figure of the book is nowhere in the session", () => {
  const balances = [lying(tea, bin, "97531", { lot: "L1" })];

  const { session } = play(count.start(), [place(bin), item(tea, { balances })], scan);

  assert.deepEqual(session.open.lots, ["L1"]);
  assert.ok(!JSON.stringify(session).includes("97531"));
});

test("another place has to wait until this one is done; the same label says done", () => {
  const counting = play(count.start(), [place(bin), item(cup)], scan).session;

  assert.equal(scan(counting, place(other)).feedback.key, "count.finish_first");
  assert.equal(scan(counting, place(bin)).operations.length, 1);
  assert.equal(scan(counting, command("OK")).operations.length, 1);
});

test("the line counted last can be mended, and zero takes it off the list", () => {
  const counting = play(count.start(), [place(bin), item(cup), item(tea, { lot: "L1" })], scan).session;

  assert.equal(count.setQuantity(counting, "40").session.lines[0].quantity, "40");
  assert.deepEqual(count.setQuantity(counting, "0").session.lines.map((/** @type {any} */ line) => line.item.id), ["i-1"]);
  assert.equal(count.choose(counting, 1).session.lines[0].item, cup);
});

test("lots are counted apart and a serial once", () => {
  const lots = play(count.start(), [place(bin), item(tea, { lot: "L1" }), item(tea, { lot: "L2" })], scan);
  const pieces = play(count.start(), [place(bin), item(phone), unknown("SN1"), item(phone, { serial: "SN1" })], scan);

  assert.equal(lots.session.lines.length, 2);
  assert.equal(pieces.feedback.key, "reason.serial_twice");
});

test("goods without a place are not counted", () => {
  assert.equal(scan(count.start(), item(cup)).feedback.key, "count.need_place");
});

test("a place that somebody asked for is counted for that task, and the same person is told of it", () => {
  const counting = scan(count.start(), place(bin), { id: "t-5", again: false });
  const again = scan(count.start(), place(bin), { id: "t-5", again: true });

  assert.equal(count.empty(counting.session).operations[0].args.task, "t-5");
  assert.deepEqual([again.feedback.tone, again.feedback.key], ["caution", "reason.second_opinion"]);
  assert.equal(again.session.location.id, bin.id);
});
