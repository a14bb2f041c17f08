import assert from "node:assert/strict";
import test from "node:test";

import * as pick from "../../../pwa/static/edge/session/pick.js";
import { correct, named } from "../../../pwa/static/edge/session/correction.js";
import { TODAY, bin, carton, cup, item, lying, other, place, play, tea, tote, unknown } from "./world.js";

const facts = { today: TODAY, bins: [] };
/** @param {any} session @param {any} one @returns {any} */
const scan = (session, one) => pick.scan(session, one, facts);
const cups = (on_hand = "30") => item(cup, { balances: [lying(cup, bin, on_hand)] });
const ready = () => play(pick.start(), [place(tote), place(bin)], scan).session;

test("tote and bin once, then every item is one scan", () => {
  const { all, session } = play(pick.start(), [place(tote), place(bin), cups(), cups()], scan);

  assert.equal(all.length, 2);
  assert.deepEqual(all[0], { kind: "stock.pick@1", args: { item: "i-1", quantity: "1", code: "CUP", source: "l-2", target: "l-4" } });
  assert.equal(session.picked, 2);
});

test("one scan takes as many as the scanned unit holds", () => {
  const { all } = play(ready(), [carton(cup, { balances: [lying(cup, bin, "30")] })], scan);

  assert.equal(all[0].args.quantity, "12");
});

test("the bin need not be scanned when the book knows one only", () => {
  const { session } = scan(pick.start(), place(tote));

  const one = pick.scan(session, cups(), { today: TODAY, bins: [bin] });
  const two = pick.scan(session, cups(), { today: TODAY, bins: [bin, other] });
  const none = pick.scan(session, cups(), { today: TODAY, bins: [] });

  assert.equal(one.operations[0].args.source, "l-2");
  assert.equal(two.feedback.key, "pick.which_bin");
  assert.equal(none.feedback.key, "pick.need_source");
});

test("from own bins every line is one scan, until somebody scans a bin", () => {
  const { session } = scan(pick.start(), place(tote));
  const first = pick.scan(session, cups(), { today: TODAY, bins: [bin] });
  const teas = item(tea, { lot: "L1", balances: [lying(tea, other, "5", { lot: "L1" })] });

  const second = pick.scan(first.session, teas, { today: TODAY, bins: [other] });
  const scanned = scan(second.session, place(bin)).session;
  const third = pick.scan(scanned, teas, { today: TODAY, bins: [other] });

  assert.deepEqual([first, second].map(({ operations }) => operations[0].args.source), [bin.id, other.id]);
  assert.equal(third.feedback.key, "source.not_in_book");
});

test("nothing is picked before there is a tote", () => {
  assert.equal(play(pick.start(), [place(bin), cups()], scan).feedback.key, "pick.need_target");
});

test("a wrong item is refused, and the next good scan clears it", () => {
  const wrong = scan(ready(), item(tea, { lot: "L1" }));
  assert.equal(wrong.feedback.tone, "bad");
  assert.deepEqual(wrong.operations, []);

  const good = scan(wrong.session, cups());

  assert.equal(good.feedback.tone, "good");
  assert.equal(good.session.doubt, null);
});

test("an expired lot is taken only when scanned twice", () => {
  const old = item(tea, { lot: "L1", expiry: "2026-11-21", balances: [lying(tea, bin, "5", { lot: "L1", expiry: "2026-11-21" })] });

  const first = scan(ready(), old);
  const second = scan(first.session, old);

  assert.equal(first.feedback.key, "source.expired");
  assert.equal(second.operations.length, 1);
});

test("another quantity corrects the last pick; what was undone cannot be corrected", () => {
  const picked = scan(ready(), cups());

  assert.equal(correct(named(picked.session, ["op-1"]), "5").operations[1].args.quantity, "5");
  assert.equal(correct(picked.session, "5").feedback.key, "scan.nothing_open");
});

test("short is written as seen: none of this item is left here, whatever else lies in the bin", () => {
  const { operations, feedback } = pick.short(ready(), tea, [lying(tea, bin, "2", { lot: "L1" }), lying(tea, bin, "1", { lot: "L2" }), lying(tea, other, "9", { lot: "L3" })]);

  assert.deepEqual(operations, [
    { kind: "stock.count@1", args: { location: "l-2", lines: [{ item: "i-2", lot: "L1", quantity: "0" }, { item: "i-2", lot: "L2", quantity: "0" }], complete: false } },
  ]);
  assert.equal(feedback.tone, "caution");
});

test("more than the book holds is picked with a warning", () => {
  const { operations, feedback } = scan(ready(), carton(cup, { balances: [lying(cup, bin, "5")] }));

  assert.equal(operations.length, 1);
  assert.equal(feedback.tone, "caution");
});

test("another tote begins another count of picks", () => {
  const { session } = play(ready(), [cups(), place({ ...tote, id: "l-5" })], scan);

  assert.equal(session.picked, 0);
  assert.equal(session.source, bin);
});

test("a code nobody knows is refused", () => {
  assert.equal(scan(ready(), unknown("?")).feedback.key, "scan.unknown");
});
