import assert from "node:assert/strict";
import test from "node:test";

import * as move from "../../../pwa/static/edge/session/move.js";
import { TODAY, bin, cup, dock, item, lying, other, phone, place, play, tea, tote, unknown } from "./world.js";

/** @param {any} session @param {any} one @returns {any} */
const scan = (session, one) => move.scan(session, one, TODAY);
const cups = (on_hand = "10") => item(cup, { balances: [lying(cup, dock, on_hand)] });

test("two scans put an item away, and the source stays set", () => {
  const { all, session, feedback } = play(move.start(dock), [cups(), place(bin)], scan);

  assert.deepEqual(all, [{ kind: "stock.move@1", args: { item: "i-1", quantity: "1", code: "CUP", source: "l-1", target: "l-2" } }]);
  assert.equal(session.source, dock);
  assert.deepEqual(session.carried, []);
  assert.equal(feedback.tone, "good");
});

test("several items are carried and put down by one scan of the place", () => {
  const { all } = play(move.start(dock), [cups(), cups(), item(tea, { lot: "L1", balances: [lying(tea, dock, "3", { lot: "L1" })] }), place(bin)], scan);

  assert.deepEqual(all.map((/** @type {any} */ { args }) => [args.item, args.quantity, args.lot]), [["i-1", "2", undefined], ["i-2", "1", "L1"]]);
});

test("the only lot that lies there needs no question", () => {
  const balances = [lying(tea, dock, "3", { lot: "L1", expiry: "2027-01-01" }), lying(tea, bin, "3", { lot: "L2" })];

  const { all } = play(move.start(dock), [item(tea, { balances }), place(bin)], scan);

  assert.equal(all[0].args.lot, "L1");
});

test("of two lots the person says which; the first to expire stands first", () => {
  const balances = [lying(tea, dock, "3", { lot: "L2", expiry: "2027-08-01" }), lying(tea, dock, "3", { lot: "L1", expiry: "2027-01-01" })];
  const asked = play(move.start(dock), [item(tea, { balances })], scan);
  assert.deepEqual(asked.session.open.choices.map((/** @type {any} */ { lot }) => lot), ["L1", "L2"]);

  const chosen = move.setMarks(asked.session, { lot: "L2" });
  const done = scan(chosen.session, place(bin));

  assert.equal(done.operations[0].args.lot, "L2");
});

test("what the book does not know here is refused once and taken when scanned again", () => {
  const first = scan(move.start(dock), item(cup));
  assert.equal(first.feedback.tone, "bad");
  assert.equal(first.session.carried.length, 0);

  const second = scan(first.session, item(cup));

  assert.equal(second.session.carried.length, 1);
  assert.equal(second.feedback.tone, "caution");
});

test("a doubt about one item is not an answer for another", () => {
  const { session, feedback } = play(move.start(dock), [item(cup), item(phone, { serial: "SN1" })], scan);

  assert.equal(feedback.tone, "bad");
  assert.equal(session.carried.length, 0);
});

test("more than the book holds is said, not forbidden", () => {
  const { feedback, session } = play(move.start(dock), [cups("1"), cups("1")], scan);

  assert.equal(session.carried[0].quantity, "2");
  assert.notEqual(feedback.tone, "bad");
});

test("a place scanned with empty hands is the new source, and its own label no target", () => {
  assert.equal(scan(move.start(dock), place(bin)).session.source, bin);
  assert.equal(play(move.start(dock), [cups(), place(dock)], scan).feedback.key, "move.same_place");
});

test("without a source nothing is taken", () => {
  assert.equal(scan(move.start(null), cups()).feedback.key, "move.need_source");
});

test("a serial is carried once", () => {
  const balances = [lying(phone, dock, "1", { serial: "SN1" })];
  const { feedback, session } = play(move.start(dock), [item(phone, { serial: "SN1", balances }), item(phone, { serial: "SN1", balances })], scan);

  assert.equal(feedback.key, "reason.serial_twice");
  assert.equal(session.carried.length, 1);
});

test("the last thing taken can be put back or counted otherwise", () => {
  const taken = play(move.start(dock), [cups()], scan);

  assert.equal(move.setQuantity(taken.session, "4").session.carried[0].quantity, "4");
  assert.equal(move.cancel(taken.session).session.carried.length, 0);
  assert.equal(move.setQuantity(taken.session, "0").feedback.key, "scan.bad_quantity");
});

test("what was put down can be undone by its operation, and is forgotten then", () => {
  const { session } = play(move.start(dock), [cups(), place(bin)], scan);
  const kept = move.named(session, ["op-1"]);

  assert.deepEqual(kept.moved?.ids, ["op-1"]);
  assert.equal(move.forgotten(kept, "op-1").moved, null);
  assert.equal(move.forgotten(kept, "op-2"), kept);
});

test("an unknown code is the lot only while a lot is wanted", () => {
  const balances = [lying(tea, dock, "3", { lot: "L1" }), lying(tea, dock, "3", { lot: "L2" })];
  const asked = play(move.start(dock), [item(tea, { balances })], scan);

  assert.equal(scan(asked.session, unknown("L2")).session.carried[0].lot, "L2");
  assert.equal(scan(move.start(dock), unknown("L2")).feedback.key, "scan.unknown");
  assert.equal(scan(asked.session, place(other)).feedback.key, "move.want_mark");
});

test("goods brought from the dock to a bin name the receipt they came with", () => {
  const { session } = play(move.start(dock), [item(cup, { balances: [lying(cup, dock, "10")] })], (standing, one) => move.scan(standing, one, TODAY));

  const away = move.scan(session, place(bin), TODAY, { "i-1": "rc-7" });
  const aside = move.scan(session, place(tote), TODAY, { "i-1": "rc-7" });

  assert.equal(away.operations[0].args.document, "rc-7");
  assert.equal(aside.operations[0].args.document, undefined);
});
