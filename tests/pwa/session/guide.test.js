import assert from "node:assert/strict";
import test from "node:test";

import * as guide from "../../../pwa/static/edge/session/guide.js";
import { isOpen, standing } from "../../../pwa/static/edge/session/pick_task.js";
import { TODAY, bin, carton, cup, dock, item, lying, other, phone, place, tea, tote, unknown } from "./world.js";

const SECOND = { ...tote, id: "l-5", code: "T-8" };
const THIRD = { id: "l-6", code: "C-03", kind: "bin", active: true };
const TASK = /** @type {any} */ ({ id: "sn-1", number: "SN-1", kind: "single", notices: ["sn-1"], places: 2, holder: "nobody" });

/** So much of an item is to be taken there. @param {any} row @param {any} at @param {string} quantity @param {object} [given] @returns {any} */
function line(row, at, quantity, given = {}) {
  return { id: `a-${row.id}-${at.id}`, notice: "sn-1", line: `1${row.id.slice(2)}`, item: row.id, location: at.id, lot: "", serial: "", quantity, picked: "0", position: 0, state: "open", ...given };
}

/**
 * A picker with lines to walk: what was written down follows at once, as on the device.
 * @param {any[]} lines @param {{task?: any, balances?: any[], totes?: Record<string, any>, zones?: Record<string, string>}} [given]
 */
function floor(lines, { task = TASK, balances = [], totes = {}, zones = {} } = {}) {
  const items = new Map([cup, tea, phone].map((row) => [row.id, row]));
  const places = new Map([bin, other, THIRD].map((row) => [row.id, { ...row, zone: zones[row.id] }]));
  let session = guide.take(task, totes).session;
  let number = 0;
  /** @type {{id: string, draft: any}[]} */
  const written = [];
  const self = { visits, scan, act, get session() { return session; }, get written() { return written.map(({ draft }) => draft); } };
  return self;

  /** @returns {any[]} */
  function acts() {
    const undone = new Set(written.filter(({ draft }) => draft.kind === "op.undo@1").map(({ draft }) => draft.args.operation));
    return written.filter(({ id }) => !undone.has(id)).map(({ draft }) => ({ ...draft, sign: 1 }));
  }

  function visits() {
    return guide.visitsOf(session, standing(lines, acts()).filter(isOpen), items, places);
  }

  /** @param {any} [scanned] @returns {any} */
  function facts(scanned) {
    const now = visits();
    const here = balances.filter(({ location }) => location === (session.source?.id ?? now[0]?.place.id));
    const holding = new Set(balances.filter((one) => one.item === now[0]?.item.id).map(({ location }) => location));
    return { today: TODAY, visits: now, here, backs: [], isOwn: holding.size < 2, holds: holding.has(scanned?.location?.id) };
  }

  /** @param {(session: any, facts: any) => any} action */
  function act(action) {
    const outcome = action(session, facts());
    return keep(outcome);
  }

  /** @param {any} scanned */
  function scan(scanned) {
    return keep(guide.scan(session, scanned, facts(scanned)));
  }

  /** @param {any} outcome */
  function keep(outcome) {
    const ids = outcome.operations.map(() => `op-${(number += 1)}`);
    outcome.operations.forEach((/** @type {any} */ draft, /** @type {number} */ index) => written.push({ id: ids[index], draft }));
    session = guide.named(outcome.session, ids);
    return outcome;
  }
}

const cups = (/** @type {any} */ ...balances) => item(cup, { balances });
const two = () => floor([line(cup, bin, "5"), line(tea, other, "2", { position: 1, lot: "L1" })], {
  balances: [lying(cup, bin, "30"), lying(tea, other, "9", { lot: "L1", expiry: "2027-01-01" })],
});

test("taking a task is a claim; one that was given to me needs none", () => {
  assert.deepEqual(guide.take(TASK, {}).operations, [{ kind: "task.take@1", args: { task: "sn-1" } }]);
  assert.deepEqual(guide.take({ ...TASK, holder: "me" }, {}).operations, []);
});

test("the tote once, then one scan takes the whole line and leads on", () => {
  const walk = two();

  walk.scan(place(tote));
  const first = walk.scan(cups(lying(cup, bin, "30")));
  const second = walk.scan(item(tea, { balances: [lying(tea, other, "9", { lot: "L1" })] }));

  assert.deepEqual(first.operations, [{ kind: "stock.pick@1", args: { item: "i-1", quantity: "5", code: "CUP", source: "l-2", target: "l-4", document: "sn-1", line: "11" } }]);
  assert.equal(second.operations[0].args.lot, "L1");
  assert.deepEqual(walk.visits(), []);
});

test("nothing is picked before there is a tote", () => {
  assert.equal(two().scan(cups()).feedback.key, "pick.need_target");
});

test("a wrong item or bin is refused, nothing is written, and the next good scan goes on", () => {
  const walk = two();
  walk.scan(place(tote));

  const wrong = [walk.scan(item(tea, { lot: "L1" })), walk.scan(place(THIRD)), walk.scan(unknown("?"))];

  assert.deepEqual(wrong.map(({ feedback }) => [feedback.tone, feedback.key]), [["bad", "guide.wrong_item"], ["bad", "guide.wrong_bin"], ["bad", "scan.unknown"]]);
  assert.deepEqual(walk.written, []);
  assert.equal(walk.scan(cups(lying(cup, bin, "30"))).feedback.tone, "good");
});

test("where the goods do not say in which bin one stands, the bin is scanned first", () => {
  const balances = [lying(cup, bin, "30"), lying(cup, THIRD, "4")];
  const walk = floor([line(cup, bin, "5")], { balances });
  walk.scan(place(tote));

  assert.equal(walk.scan(cups(...balances)).feedback.key, "guide.scan_bin");
  walk.scan(place(bin));
  assert.equal(walk.scan(cups(...balances)).operations[0].args.source, "l-2");
});

test("another bin that holds it may be used instead", () => {
  const balances = [lying(cup, bin, "30"), lying(cup, THIRD, "8")];
  const walk = floor([line(cup, bin, "5")], { balances });
  walk.scan(place(tote));

  assert.equal(walk.scan(place(THIRD)).feedback.key, "guide.other_bin");
  walk.scan(cups(...balances));

  assert.equal(walk.written[0].args.source, THIRD.id);
  assert.deepEqual(walk.visits(), []);
});

test("a bin further on may be picked first", () => {
  const walk = two();
  walk.scan(place(tote));

  walk.scan(place(other));

  assert.equal(walk.visits()[0].item, tea);
});

test("another lot is refused once and taken when it is scanned again, no more than lies there", () => {
  const balances = [lying(tea, other, "9", { lot: "L1", expiry: "2027-01-01" }), lying(tea, other, "1", { lot: "L2", expiry: "2027-02-01" })];
  const walk = floor([line(tea, other, "2", { lot: "L1" })], { balances });
  walk.scan(place(tote));
  const swapped = item(tea, { lot: "L2", balances });

  assert.equal(walk.scan(swapped).feedback.key, "guide.other_lot");
  walk.scan(swapped);

  assert.deepEqual([walk.written[0].args.lot, walk.written[0].args.quantity], ["L2", "1"]);
  assert.equal(walk.visits()[0].quantity, "1");
});

test("an expired lot needs a second scan", () => {
  const balances = [lying(tea, other, "9", { lot: "L1", expiry: "2026-11-21" })];
  const walk = floor([line(tea, other, "2", { lot: "L1" })], { balances });
  walk.scan(place(tote));

  assert.equal(walk.scan(item(tea, { balances })).feedback.key, "source.expired");
  assert.equal(walk.scan(item(tea, { balances })).feedback.tone, "good");
});

test("which lot is asked only where several lie together and the scan does not say", () => {
  const balances = [lying(tea, other, "9", { lot: "L1", expiry: "2027-01-01" }), lying(tea, other, "1", { lot: "L2", expiry: "2027-02-01" })];
  const walk = floor([line(tea, other, "2", { lot: "L1" })], { balances });
  walk.scan(place(tote));

  assert.equal(walk.scan(item(tea, { balances })).feedback.key, "move.want_lot");
  walk.act((session, facts) => guide.setMarks(session, { lot: "L1" }, facts));

  assert.equal(walk.written[0].args.lot, "L1");
});

test("pieces with serials are a scan each", () => {
  const pieces = ["S1", "S2"].map((serial) => lying(phone, bin, "1", { serial }));
  const walk = floor(["S1", "S2"].map((serial) => line(phone, bin, "1", { id: `a-${serial}`, serial })), { balances: pieces });
  walk.scan(place(tote));

  walk.scan(item(phone, { serial: "S2", balances: pieces }));
  assert.equal(walk.visits()[0].quantity, "1");
  walk.scan(item(phone, { serial: "S1", balances: pieces }));

  assert.deepEqual(walk.written.map(({ args }) => [args.serial, args.quantity]), [["S2", "1"], ["S1", "1"]]);
  assert.deepEqual(walk.visits(), []);
});

test("what is counted piece by piece takes what was scanned, and no more than is asked", () => {
  const walk = floor([line({ ...cup, each: true }, bin, "13")], { balances: [lying(cup, bin, "30")] });
  const each = { ...cup, each: true };
  walk.scan(place(tote));

  walk.scan(carton(each, { balances: [lying(cup, bin, "30")] }));
  const over = walk.scan(carton(each, { balances: [lying(cup, bin, "30")] }));

  assert.equal(walk.written[0].args.quantity, "12");
  assert.equal(over.feedback.key, "guide.more_than_asked");
});

test("another quantity is booked anew, never more than was asked; what is left is to be picked still", () => {
  const walk = two();
  walk.scan(place(tote));
  walk.scan(cups(lying(cup, bin, "30")));

  assert.equal(walk.act((session) => guide.setQuantity(session, "6")).feedback.key, "guide.more_than_asked");
  const { operations } = walk.act((session) => guide.setQuantity(session, "3"));

  assert.deepEqual(operations.map(({ kind, group }) => [kind, group]), [["op.undo@1", true], ["stock.pick@1", true]]);
  assert.deepEqual([walk.visits()[0].item, walk.visits()[0].quantity], [cup, "2"]);
});

test("undone, a line stands there again", () => {
  const walk = two();
  walk.scan(place(tote));
  walk.scan(cups(lying(cup, bin, "30")));

  walk.act(guide.undo);

  assert.equal(walk.visits()[0].item, cup);
  assert.equal(walk.act(guide.undo).feedback.key, "reason.nothing_to_undo");
});

test("none left is told with its reason, and counted in the same breath", () => {
  const walk = two();
  walk.scan(place(tote));

  const { operations } = walk.act((session, facts) => guide.short(session, guide.NONE, facts));

  assert.deepEqual(operations, [
    { kind: "stock.count@1", group: true, args: { location: "l-2", lines: [{ item: "i-1", quantity: "0" }], complete: false } },
    { kind: "stock.pick@1", group: true, args: { item: "i-1", quantity: "0", source: "l-2", target: "l-4", document: "sn-1", line: "11", short_reason: "none_left" } },
  ]);
  assert.equal(walk.visits()[0].item, tea);
});

test("damaged goods are there: nothing is counted", () => {
  const { operations } = two().act((session, facts) => guide.short(session, "damaged", facts));

  assert.deepEqual(operations.map(({ kind, group }) => [kind, group]), [["stock.pick@1", undefined]]);
});

test("what is skipped comes last, in whatever order the rest is walked", () => {
  const walk = floor([line(cup, bin, "1"), line(tea, other, "1", { position: 1 }), line(phone, THIRD, "1", { position: 2 })]);
  const [first, second, third] = walk.visits().map(({ key }) => key);

  walk.act((session) => guide.skip(session, first, [third, second]));

  assert.deepEqual(walk.visits().map(({ key }) => key), [third, second, first]);
});

test("a bin that should be empty is asked about, and the next scan may pass over it", () => {
  const walk = floor([line(cup, bin, "5"), line(tea, other, "2", { position: 1, lot: "L1" })], { balances: [lying(cup, bin, "5"), lying(tea, other, "9", { lot: "L1" })] });
  walk.scan(place(tote));
  walk.scan(cups(lying(cup, bin, "5")));
  assert.equal(walk.session.emptied?.place.id, bin.id);

  const passed = walk.scan(item(tea, { balances: [lying(tea, other, "9", { lot: "L1" })] }));

  assert.equal(passed.feedback.tone, "good");
  assert.equal(walk.session.emptied, null);
});

test("one tap says that it is empty, another that it is not", () => {
  const walk = () => {
    const one = floor([line(cup, bin, "5")], { balances: [lying(cup, bin, "5")] });
    one.scan(place(tote));
    one.scan(cups(lying(cup, bin, "5")));
    return one;
  };

  assert.deepEqual(walk().act((session) => guide.answerEmpty(session, true)).operations, [{ kind: "stock.count@1", args: { location: "l-2", lines: [], complete: true } }]);
  assert.equal(walk().act((session) => guide.answerEmpty(session, false)).operations[0].args.short_reason, "not_empty");
});

test("a batch for several notices is one scan, and each gets its part", () => {
  const task = { ...TASK, id: "wv-1", kind: "batch", notices: ["sn-1", "sn-2"] };
  const walk = floor([line(cup, bin, "2"), line(cup, bin, "3", { id: "a-x", notice: "sn-2", line: "21" })], { task, balances: [lying(cup, bin, "30")] });
  walk.scan(place(tote));

  const { operations } = walk.scan(cups(lying(cup, bin, "30")));

  assert.deepEqual(operations.map(({ args, group }) => [args.document, args.quantity, group]), [["sn-1", "2", true], ["sn-2", "3", true]]);
  assert.equal(walk.act(guide.undo).operations.length, 2);
});

test("on a trolley each notice has its tote, scanned after the goods; a new one becomes theirs", () => {
  const task = { ...TASK, id: "wv-1", kind: "cluster", notices: ["sn-1", "sn-2"] };
  const lines = [line(cup, bin, "2"), line(cup, bin, "3", { id: "a-x", notice: "sn-2", line: "21" }), line(tea, other, "1", { id: "a-y", notice: "sn-2", line: "22", lot: "L1", position: 1 })];
  const balances = [lying(cup, bin, "30"), lying(tea, other, "9", { lot: "L1" })];
  const walk = floor(lines, { task, balances });

  walk.scan(cups(balances[0]));
  walk.scan(place(tote));
  walk.scan(place(SECOND));
  walk.scan(item(tea, { balances: [balances[1]] }));
  const wrong = walk.scan(place(tote));
  walk.scan(place(SECOND));

  assert.equal(wrong.feedback.key, "guide.tote_wrong");
  assert.deepEqual(walk.written.map(({ args }) => [args.document, args.quantity, args.target]), [["sn-1", "2", tote.id], ["sn-2", "3", SECOND.id], ["sn-2", "1", SECOND.id]]);
});

test("goods in the hand go into a tote before anything else is scanned", () => {
  const task = { ...TASK, id: "wv-1", kind: "cluster", notices: ["sn-1", "sn-2"] };
  const walk = floor([line(cup, bin, "2"), line(tea, other, "1", { position: 1 })], { task, balances: [lying(cup, bin, "30")] });
  walk.scan(cups(lying(cup, bin, "30")));

  assert.deepEqual([cups(), place(other), place(dock)].map((one) => walk.scan(one).feedback.tone), ["bad", "bad", "good"]);
});

test("what nobody wants any more goes from the tote to the bin that is scanned", () => {
  const back = { notice: "sn-1", reason: "cancelled", item: cup, quantity: "2", source: tote, target: bin, lot: "", serial: "" };
  const session = guide.take({ ...TASK, kind: "back" }, {}).session;

  const { operations } = guide.scan(session, place(other), { today: TODAY, visits: [], isOwn: false, here: [], backs: [back], holds: false });

  assert.deepEqual(operations, [{ kind: "stock.move@1", args: { item: "i-1", quantity: "2", source: "l-4", target: "l-3", document: "sn-1" } }]);
});

test("once another is at the task, nothing is picked for it", () => {
  const { feedback } = guide.scan(guide.take(TASK, {}).session, cups(), { today: TODAY, visits: [], isOwn: false, here: [], backs: [], holds: false, lost: "王芳" });

  assert.deepEqual([feedback.key, feedback.args], ["guide.lost", { who: "王芳" }]);
});

test("whatever hands do in whatever order, a line is never overfilled and the walk ends with all of it picked", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const roll = dice(seed);
    const wave = roll(2) ? { ...TASK, id: "wv-1", kind: roll(2) ? "batch" : "cluster", notices: ["sn-1", "sn-2"] } : TASK;
    const lines = wave.notices.flatMap((/** @type {string} */ notice, /** @type {number} */ at) => [
      line(cup, bin, String(1 + roll(9)), { id: `a${at}1`, notice, line: `${at}1` }),
      line(tea, other, String(1 + roll(9)), { id: `a${at}2`, notice, line: `${at}2`, lot: "L1", position: 1 }),
    ]);
    const walk = floor(lines, { task: wave, balances: [lying(cup, bin, "99"), lying(tea, other, "99", { lot: "L1" })] });
    const scans = [place(tote), place(SECOND), place(bin), place(other), cups(lying(cup, bin, "99")), item(tea, { balances: [lying(tea, other, "99", { lot: "L1" })] }), unknown("?")];
    const taps = [guide.undo, guide.cancel, (/** @type {any} */ session) => guide.setQuantity(session, String(1 + roll(9))), (/** @type {any} */ session) => guide.skip(session, walk.visits()[0]?.key ?? "", [])];
    for (let step = 0; step < 60; step += 1) roll(4) ? walk.scan(scans[roll(scans.length)]) : walk.act(taps[roll(taps.length)]);
    walk.act(guide.cancel);
    for (let step = 0; walk.visits().length && step < 60; step += 1) for (const one of [place(tote), place(SECOND), ...scans.slice(4, 6), place(tote), place(SECOND)]) walk.scan(one);

    const undone = new Set(walk.written.filter(({ kind }) => kind === "op.undo@1").map(({ args }) => args.operation));
    const picked = walk.written.map((draft, index) => ({ ...draft, id: `op-${index + 1}` })).filter(({ id, kind }) => kind === "stock.pick@1" && !undone.has(id));
    for (const { notice, line: id, quantity } of lines) {
      const sum = picked.filter(({ args }) => args.document === notice && args.line === id).reduce((total, { args }) => total + Number(args.quantity), 0);
      assert.equal(sum, Number(quantity), `seed ${seed}, line ${id} of ${notice}`);
    }
  }
});

/** Numbers that are the same each time. @param {number} seed */
function dice(seed) {
  let state = seed * 2654435761;
  return (/** @type {number} */ sides) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return state % sides;
  };
}

test("a wave by zones is picked zone by zone, and its totes are handed on at the border", () => {
  const task = { ...TASK, id: "wv-1", kind: "zone" };
  const lines = [line(cup, bin, "1"), line(tea, other, "1", { lot: "L1", position: 1 }), line(phone, THIRD, "1", { serial: "S1", position: 2 })];
  const walk = floor(lines, { task, zones: { [bin.id]: "A", [other.id]: "B", [THIRD.id]: "A" }, balances: [lying(cup, bin, "9"), lying(tea, other, "9", { lot: "L1" })] });
  walk.scan(place(tote));
  walk.scan(cups(lying(cup, bin, "9")));
  assert.equal(guide.isAtBorder(walk.session, walk.visits()), false, "the other place of the zone comes first");

  walk.scan(item(phone, { serial: "S1", balances: [lying(phone, THIRD, "1", { serial: "S1" })] }));

  assert.equal(guide.isAtBorder(walk.session, walk.visits()), true);
  assert.deepEqual(guide.leave(walk.session).operations, [{ kind: "task.take@1", args: { task: "wv-1", leave: true } }]);
  walk.act(guide.goOn);
  assert.equal(guide.isAtBorder(walk.session, walk.visits()), false);
});
