import assert from "node:assert/strict";
import test from "node:test";

import * as receive from "../../../pwa/static/edge/session/receive.js";
import { named } from "../../../pwa/static/edge/session/correction.js";
import { TODAY, bin, carton, command, cup, customer, dock, item, lying, phone, place, play, rice, tea, unknown } from "./world.js";

/** @param {any} session @param {any} one @returns {any} */
const scan = (session, one) => receive.scan(session, one, TODAY);
const begin = () => receive.start(dock);

test("a plain item is received by one scan, as many as the scanned carton holds", () => {
  const { all, feedback } = play(begin(), [carton(cup)], scan);

  assert.deepEqual(all, [{ kind: "stock.receive@1", args: { item: "i-1", quantity: "12", target: "l-1", unit: "箱", factor: "12", code: "CUP" } }]);
  assert.equal(feedback.tone, "good");
  assert.equal(feedback.numeral, "+12");
});

test("a GS1 code with lot and expiry leaves nothing to ask", () => {
  const { all } = play(begin(), [item(tea, { lot: "L1", expiry: "2027-03-31" })], scan);

  assert.equal(all[0].args.lot, "L1");
  assert.equal(all[0].args.expiry, "2027-03-31");
});

test("without GS1 a lot-tracked line takes two scans and six digits", () => {
  const asked = play(begin(), [item(tea), unknown("L2412B")], scan);
  assert.equal(asked.all.length, 0);
  assert.equal(asked.feedback.key, "receive.want_expiry");

  const done = receive.setMarks(asked.session, { expiry: "270930" }, TODAY);

  assert.equal(done.operations[0].args.lot, "L2412B");
  assert.equal(done.operations[0].args.expiry, "2027-09-30");
});

test("a lot this device has seen brings its expiry along", () => {
  const balances = [lying(tea, bin, "5", { lot: "L1", expiry: "2027-03-31" })];

  const { all } = play(begin(), [item(tea, { lot: "L1", balances })], scan);

  assert.equal(all[0].args.expiry, "2027-03-31");
});

test("the quantity is not counted finer than the item is", () => {
  const cups = play(begin(), [item(cup)], scan);
  const grains = play(begin(), [item(rice)], scan);

  assert.equal(receive.setQuantity(named(cups.session, ["op-1"]), "1.5").feedback.key, "scan.bad_quantity");
  assert.equal(receive.setQuantity(named(grains.session, ["op-1"]), "1.25").feedback.key, "scan.corrected");
});

test("another quantity undoes the booking and writes it anew, together or not at all", () => {
  const first = play(begin(), [item(cup)], scan);

  const { operations, feedback } = receive.setQuantity(named(first.session, ["op-1"]), "48");

  assert.deepEqual(operations.map(({ kind, group }) => [kind, group]), [["op.undo@1", true], ["stock.receive@1", true]]);
  assert.equal(operations[0].args.operation, "op-1");
  assert.equal(operations[1].args.quantity, "48");
  assert.equal(feedback.tone, "good");
});

test("the command QTY says the quantity hands free", () => {
  const first = play(begin(), [item(cup)], scan);

  const { operations } = scan(named(first.session, ["op-1"]), command("QTY", "7"));

  assert.equal(operations[1].args.quantity, "7");
});

test("while a line is open the same item adds up and another item has to wait", () => {
  const open = play(begin(), [item(tea), item(tea)], scan);
  assert.equal(open.session.open.quantity, "2");

  const wrong = scan(open.session, item(cup));

  assert.equal(wrong.feedback.tone, "bad");
  assert.equal(wrong.feedback.key, "receive.finish_first");
  assert.deepEqual(wrong.session, open.session);
});

test("a serial is one piece, asked for and not taken twice", () => {
  const first = play(begin(), [item(phone, { quantity: "12" }), unknown("SN1")], scan);
  assert.deepEqual([first.all[0].args.serial, first.all[0].args.quantity], ["SN1", "1"]);

  const again = play(first.session, [item(phone), unknown("SN1")], scan);

  assert.equal(again.feedback.key, "reason.serial_twice");
  assert.equal(again.all.length, 0);
});

test("a lot that may have swallowed its neighbour is asked for again", () => {
  const { all, session } = play(begin(), [item(tea, { lot: "L2026A21S1", expiry: "2027-01-01", suspect: ["lot"] })], scan);

  assert.equal(all.length, 0);
  assert.equal(session.open.lot, null);
});

test("expired goods are received, since they stand there, but not silently", () => {
  const { all, feedback } = play(begin(), [item(tea, { lot: "L1", expiry: "2026-11-21" })], scan);

  assert.equal(all.length, 1);
  assert.equal(feedback.tone, "caution");
  assert.equal(play(begin(), [item(tea, { lot: "L1", expiry: TODAY })], scan).feedback.tone, "good");
});

test("nothing is received without a place, or into a place that only the book knows", () => {
  assert.equal(scan(receive.start(null), item(cup)).feedback.key, "receive.need_dock");
  assert.equal(scan(begin(), place(customer)).feedback.key, "scan.not_a_place");
  assert.equal(scan(begin(), place({ ...bin, active: false })).feedback.key, "reason.inactive_location");
  assert.equal(scan(begin(), place(bin)).session.target, bin);
});

test("a wrong scan changes nothing, and the next good scan goes on", () => {
  const { all, session } = play(begin(), [unknown("???"), item(cup)], scan);

  assert.equal(all.length, 1);
  assert.equal(session.last.line.item, cup);
});

test("an open line can be given up; nothing was booked", () => {
  const open = play(begin(), [item(tea)], scan);

  const { session, operations } = receive.cancel(open.session);

  assert.equal(session.open, null);
  assert.deepEqual(operations, []);
});

test("what is received for a chosen delivery names it and its line", () => {
  const delivery = { id: "rc-7", number: "RC-1", partner: "华南", lines: [{ id: "12", item: "i-1" }] };
  const chosen = receive.choose(begin(), delivery);

  const { all, feedback } = play(chosen.session, [item(cup)], scan);

  assert.deepEqual([all[0].args.document, all[0].args.line], ["rc-7", "12"]);
  assert.equal(feedback.tone, "good");
});

test("an item that a delivery does not expect is booked all the same, and it is said", () => {
  const delivery = { id: "rc-7", number: "RC-1", partner: "华南", lines: [{ id: "12", item: "i-1" }] };

  const { all, feedback } = play(receive.choose(begin(), delivery).session, [item(rice)], scan);

  assert.deepEqual([all[0].args.document, all[0].args.line], ["rc-7", undefined]);
  assert.deepEqual([feedback.tone, feedback.key], ["caution", "receive.not_expected"]);
});

test("a delivery is let go by a tap, but not while a line is open", () => {
  const delivery = { id: "rc-7", number: "RC-1", partner: "华南", lines: [] };
  const open = play(receive.choose(begin(), delivery).session, [item(tea)], scan);

  assert.equal(receive.choose(open.session, null).feedback.key, "receive.finish_first");
  assert.equal(receive.choose(receive.choose(begin(), delivery).session, null).session.receipt, null);
});
