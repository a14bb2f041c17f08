import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { canonical } from "../../pwa/static/edge/canonical.js";
import { attrs, html, raw } from "../../pwa/static/edge/html.js";
import { captured, measured, sighted } from "../../pwa/static/edge/outbox/clock.js";
import { idMaker } from "../../pwa/static/edge/outbox/operation.js";
import { createTable } from "../../pwa/static/edge/routing.js";
import { add, cmp, format, isQuantity, parse, sub, times } from "../../pwa/static/edge/session/quantity.js";
import { firstByte, hash64, sha256Hex, shortHash } from "../../pwa/static/edge/sha256.js";
import { createShell } from "../../pwa/static/edge/store/shell.js";
import { fakeCaches } from "./support/device.js";

test("our SHA-256 is SHA-256, at every length around a block", () => {
  for (let length = 0; length < 260; length += 1) {
    const text = "掌仓 stock ".repeat(40).slice(0, length);
    const expected = createHash("sha256").update(text).digest();
    assert.equal(sha256Hex(text), expected.toString("hex"));
    assert.equal(shortHash(text), expected.toString("hex").slice(0, 16));
    assert.equal(hash64(text), expected.readBigUInt64BE(0));
    assert.equal(firstByte(text), expected[0]);
  }
  const large = new Uint8Array(300_000).fill(7);
  assert.equal(sha256Hex(large), createHash("sha256").update(large).digest("hex"));
});

test("canonical JSON is that of RFC 8785", () => {
  const value = { "\u20ac": "Euro", "\r": "CR", "\ufb33": "Dalet", 1: "One", "\ud83d\ude00": "Smiley", "\u0080": "C", "\u00f6": "o", numbers: [333333333333, -0, 1], literals: [null, true, false], string: "\u20ac$\u000f\nA'B\"\\\"/", absent: undefined };

  assert.equal(
    canonical(value),
    '{"\\r":"CR","1":"One","literals":[null,true,false],"numbers":[333333333333,0,1],"string":"€$\\u000f\\nA\'B\\"\\\\\\"/","\u0080":"C","ö":"o","€":"Euro","😀":"Smiley","\ufb33":"Dalet"}',
  );
  assert.throws(() => canonical("\ud800"), /lone surrogate/);
  assert.throws(() => canonical([NaN]), /no NaN/);
});

test("a name that is a script is shown as text", () => {
  const name = `<img src=x onerror="alert('1')">`;

  assert.equal(String(html`<p ${attrs({ title: name, hidden: true, lang: null })}>${name}</p>`),
    "<p  title=\"&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;\" hidden>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;</p>");
  assert.throws(() => attrs({ onclick: "x" }), TypeError);
  assert.throws(() => attrs({ style: "x" }), TypeError);
  assert.throws(() => attrs({ 'x"><script': "x" }), TypeError);
});

test("lists are joined, nothing is nothing, and HTML inside HTML stays HTML", () => {
  assert.equal(String(html`${["a", html`<b>${"<"}</b>`, raw("<i>")]}${null}${false}${undefined}${0}`), "a<b>&lt;</b><i>0");
});

test("a route is found by method and path, with its parameters decoded", () => {
  const table = createTable([{ method: "GET", path: "/edge/items/:id", handler: () => "" }, { method: "POST", path: "/edge/scan", handler: () => "" }]);

  assert.deepEqual(table.find("GET", "/edge/items/i%2F1").params, { id: "i/1" });
  assert.deepEqual(table.find("GET", "/edge/scan"), { route: null, allowed: ["POST"] });
  assert.deepEqual(table.find("GET", "/edge/items/%E0%A4%A"), { route: null, allowed: [] });
  assert.deepEqual(table.find("GET", "/edge/items"), { route: null, allowed: [] });
});

test("quantities are exact", () => {
  assert.equal(add("0.1", "0.2"), "0.3");
  assert.equal(sub("1", "1.001"), "-0.001");
  assert.equal(times("2.5", "12"), "30");
  assert.equal(cmp("10", "9.999"), 1);
  assert.equal(format(parse("007.500")), "7.5");
  assert.equal(format(parse("-0")), "0");
  assert.ok(!isQuantity("1e3") && !isQuantity("1.0001") && !isQuantity(" 1") && !isQuantity(""));
  assert.throws(() => times("0.001", "0.5"), RangeError);
});

test("ids are ordered by time, within a millisecond and when the clock goes back", () => {
  let now = 1000;
  const newId = idMaker(() => now, (bytes) => bytes.fill(255));
  const ids = Array.from({ length: 5000 }, () => newId());
  now = 10;
  ids.push(newId());

  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
});

test("the offset is measured at half the round trip, and a better measurement is kept", () => {
  const first = measured(sighted(undefined, 0, () => "b1"), { sent: 1000, received: 1400, now: 50_000 }, () => "b2");
  assert.deepEqual(captured(first, 60_000, 1400), { wall: 60_000, monotonic: 1400, boot: "b1", offset: -9800, error: 200 });

  const better = measured(first, { sent: 2000, received: 2020, now: 50_850 }, () => "b2");
  const worse = measured(better, { sent: 3000, received: 5000, now: 52_900 }, () => "b2");

  assert.equal(captured(better, 60_000, 2020).error, 10);
  assert.equal(captured(worse, 60_000, 5000).error, 11);
  assert.equal(worse.boot, "b1");
});

test("the error of an offset grows with its age", () => {
  const clock = measured(sighted(undefined, 0, () => "b1"), { sent: 0, received: 20, now: 50_000 }, () => "b2");

  assert.equal(captured(clock, 0, 20 + 86_400_000).error, 10 + 4320);
});

test("a monotonic clock that went back, or contradicts the server, begins another boot", () => {
  const clock = measured(sighted(undefined, 90_000, () => "b1"), { sent: 90_000, received: 90_020, now: 500_000 }, () => "b2");

  assert.deepEqual(sighted(clock, 100, () => "b3"), { boot: "b3", monotonic: 100, ahead: null, error: null, at: null });
  assert.equal(sighted(clock, 89_500, () => "b3").boot, "b1");
  assert.equal(measured(clock, { sent: 95_000, received: 95_020, now: 900_000 }, () => "b4").boot, "b4");
});

test("a shell that the browser forgot is filled again at the next start, once", async () => {
  const [caches, asked] = [fakeCaches(), /** @type {string[]} */ ([])];
  const fetch = async (/** @type {any} */ url) => {
    asked.push(String(url));
    return new Response(String(url).endsWith("shell.json") ? JSON.stringify({ pages: ["/hand"], files: ["/static/r2/js/main.js"] }) : "");
  };
  const shell = createShell({ caches, fetch, base: "/static/r2/", release: "r2" });

  await shell.mend();
  await shell.mend();

  assert.deepEqual(asked, ["/static/r2/shell.json", "/static/r2/js/main.js", "/hand"]);
});

test("what only the camera needs is fetched after the start, and once", async () => {
  const [caches, asked] = [fakeCaches(), /** @type {string[]} */ ([])];
  const list = { pages: ["/hand"], files: [], later: ["/vendor/v/zxing/reader.wasm", "/vendor/v/zxing/share.js"] };
  const fetch = async (/** @type {any} */ url) => {
    asked.push(String(url));
    return new Response(String(url).endsWith("shell.json") ? JSON.stringify(list) : "code");
  };
  const shell = createShell({ caches, fetch, base: "/static/r2/", release: "r2" });
  await shell.install();
  assert.ok(!asked.some((url) => url.includes("zxing")));

  await shell.complete();
  await shell.complete();

  assert.deepEqual(asked.filter((url) => url.includes("zxing")), list.later);
  const request = /** @type {any} */ ({ url: "http://device/vendor/v/zxing/reader.wasm", mode: "no-cors", method: "GET" });
  assert.ok(shell.owns(request, "http://device"));
});

test("the shell is kept whole or not at all, and former releases are cleaned away", async () => {
  const caches = fakeCaches();
  const files = { "/static/r2/shell.json": JSON.stringify({ pages: ["/hand"], files: ["/static/r2/edge/router.js"] }), "/hand": "<html>", "/static/r2/edge/router.js": "code" };
  const fetch = async (url) => (files[url] ? new Response(files[url]) : new Response("", { status: 404 }));
  const shell = createShell({ caches, fetch, base: "/static/r2/", release: "r2" });
  await caches.open("stockhand-shell-r1");
  await caches.open("stockhand-journal");

  await shell.install();
  await shell.clean();

  assert.deepEqual((await caches.keys()).sort(), ["stockhand-journal", "stockhand-shell-r2"]);
  const page = { url: "http://device/hand/anything", mode: "navigate", method: "GET" };
  assert.equal(await (await shell.answer(page)).text(), "<html>");
  delete files["/hand"];
  await assert.rejects(createShell({ caches, fetch, base: "/static/r2/", release: "r2" }).install(), /\/hand: 404/);
});

test("the shell answers for the hand app and its files, and for nothing else", () => {
  const shell = createShell({ caches: fakeCaches(), fetch: async () => new Response(""), base: "/static/r/", release: "r" });
  const owns = (path, mode = "cors", method = "GET") => shell.owns({ url: `https://house${path}`, mode, method }, "https://house");

  assert.ok(owns("/hand", "navigate") && owns("/hand/x", "navigate") && owns("/static/r/a.js"));
  assert.ok(!owns("/items", "navigate") && !owns("/handbook", "navigate") && !owns("/sync/pull") && !owns("/static/r/a.js", "cors", "POST"));
});
