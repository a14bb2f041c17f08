/** A server that keeps the contract of stockhand-sync/1, small enough to read, with a network that may fail. */

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { canonical } from "../../../pwa/static/edge/canonical.js";

const PROTOCOL = "stockhand-sync/1";
const WRAP = (1n << 64n) - 1n;
const sha = (data) => createHash("sha256").update(data).digest();

/** Everything that a restore brings back. */
function emptyState() {
  return { generation: 1, seq: 0, replicas: new Map(), operations: new Map(), rows: new Map(), raw: new Map() };
}

/** @param {{wall?: () => number}} [options] @returns {any} */
export function createServer({ wall = () => 1_790_000_000_000 } = {}) {
  let state = emptyState();
  const server = {
    devices: new Map([["d-1", { secret: "s-1", revoked: false }]]),
    tokens: new Set(["token-1"]),
    users: new Map([["B-7", { pin: "1234", user: { id: "u-7", name: "李伟", role: "storekeeper", language: "zh" } }]]),
    scopes: ["catalogue", "warehouse:w-1"],
    requests: [],
    received: [],
    repairs: [],
    lost: [],
    /** Offered when true; kept files answer by their name, as the server's folder does. */
    snapshots: false,
    files: new Map(),
    pictures: [],
    quarantined: new Map(),
    safeLag: 0,
    decide: () => ({ outcome: "applied" }),
    get state() {
      return state;
    },
    put, drop, backup, restore, rebuild, fetch: answer, balance, digests,
  };
  /** @type {Record<string, (request: any) => Response>} */
  const routes = {
    "POST /sync/push": push,
    "POST /sync/quarantine": (request) => push(request, { quarantine: true }),
    "GET /sync/pull": pull,
    "GET /sync/digest": digest,
    "GET /sync/snapshot": snapshot,
    "POST /sync/enrol": enrol,
    "POST /sync/incarnation": incarnation,
    "POST /sync/session": session,
  };
  return server;

  // --- the feed ---

  function put(scope, kind, key, body) {
    state.seq += 1;
    state.rows.set(`${scope}\n${kind}\n${key}`, { scope, kind, key, seq: state.seq, deleted: false, body });
  }

  function drop(scope, kind, key) {
    state.seq += 1;
    state.rows.set(`${scope}\n${kind}\n${key}`, { scope, kind, key, seq: state.seq, deleted: true, body: {} });
  }

  function balance(item, location, lot = "", serial = "") {
    const row = state.rows.get(`warehouse:w-1\nbalance\n${item}/${location}/${lot}/${serial}`);
    return row && !row.deleted ? Number(row.body.on_hand) : 0;
  }

  function change(item, location, lot, quantity) {
    const key = `${item}/${location}/${lot ?? ""}/`;
    const raw = (state.raw.get(key) ?? 0) + quantity;
    state.raw.set(key, raw);
    if (raw > 0) put("warehouse:w-1", "balance", key, { on_hand: String(raw), held: "0" });
    else drop("warehouse:w-1", "balance", key);
  }

  function rowHash({ kind, key, body }) {
    return BigInt(`0x${sha(canonical([kind, key, body])).subarray(0, 8).toString("hex")}`);
  }

  function liveRows(scope) {
    return [...state.rows.values()].filter((row) => row.scope === scope && !row.deleted);
  }

  function summed(rows) {
    const sum = rows.reduce((total, row) => (total + rowHash(row)) & WRAP, 0n);
    return { rows: rows.length, sum: sum.toString(16).padStart(16, "0") };
  }

  function digests() {
    return Object.fromEntries(server.scopes.map((scope) => [scope, summed(liveRows(scope))]));
  }

  // --- being restored ---

  function backup() {
    return structuredClone(state);
  }

  function restore(copy) {
    const generation = state.generation + 1;
    state = structuredClone(copy);
    state.generation = generation;
    state.seq += 1000;
  }

  /** The feed is numbered anew; nothing is lost. */
  function rebuild() {
    state.generation += 1;
    for (const row of [...state.rows.values()]) row.seq = state.seq += 1;
  }

  // --- answering ---

  async function answer(address, init = {}) {
    const url = new URL(address, "http://server");
    const request = { path: url.pathname, query: url.searchParams, method: init.method ?? "GET", bytes: unpacked(init), headers: new Headers(init.headers) };
    server.requests.push(request);
    if (request.method === "PUT") return picture(request);
    const route = request.path.startsWith("/sync/snapshot/") ? file : routes[`${request.method} ${request.path}`];
    if (!route) return problem(404, "not-found");
    return route(request);
  }

  /** Bytes by their own name, once. */
  function picture({ path, bytes }) {
    const name = path.split("/").pop();
    if (sha(bytes).toString("hex") !== name) return problem(422, "broken");
    server.pictures.push(name);
    server.files.set(name, bytes);
    return json(200, { kept: name });
  }

  function device({ headers }) {
    const [id, secret] = (headers.get("Authorization") ?? "").replace("Bearer ", "").split(".");
    const found = server.devices.get(id);
    return found && found.secret === secret ? { id, ...found } : null;
  }

  function push(request, { quarantine = false } = {}) {
    const who = device(request);
    if (!who) return problem(401, "unauthorized");
    if (who.revoked !== quarantine) return problem(403, "revoked");
    if (request.bytes.length > 256 * 1024) return problem(413, "too-large");
    const body = JSON.parse(request.bytes);
    if (body.operations.length > 200) return problem(413, "too-many");
    server.repairs.push(...(body.repairs ?? []));
    const name = `${who.id}/${body.incarnation}`;
    const replica = state.replicas.get(name);
    if (!replica) return problem(409, "incarnation", { reason: "incarnation", generation: state.generation, ack: 0 });
    if (body.generation !== state.generation) return problem(409, "generation", { reason: "generation", generation: state.generation, ack: replica.ack });
    const verdicts = [];
    for (const operation of body.operations) {
      const bytes = canonical(operation);
      if (operation.n <= replica.ack) {
        const stored = replica.log[operation.n - 1];
        if (stored.bytes !== bytes) return problem(409, "cloned");
        verdicts.push(stored.verdict);
        continue;
      }
      if (operation.n > replica.ack + 1) break;
      const previous = replica.ack ? sha(replica.log[replica.ack - 1].bytes).toString("hex").slice(0, 16) : "";
      if (operation.previous !== previous) return problem(409, "cloned");
      const verdict = quarantine ? hold(operation) : post(operation);
      replica.ack = operation.n;
      replica.log.push({ bytes, verdict });
      verdicts.push(verdict);
    }
    server.received.push({ incarnation: body.incarnation, count: body.operations.length, bytes: request.bytes.length, clock: body.clock, queue: body.queue });
    return json(200, {
      protocol: PROTOCOL, batch: sha(request.bytes).toString("hex"), generation: state.generation, ack: replica.ack,
      safe: Math.max(0, replica.ack - server.safeLag), verdicts, head: state.seq, now: wall(), oldest_app: "2026.5.0",
    });
  }

  function hold(operation) {
    server.quarantined.set(operation.id, operation);
    return { n: operation.n, id: operation.id, outcome: "held", seq: null, reason: "quarantine", task: null };
  }

  /** Once per id, whatever replica brings it. */
  function post(operation) {
    const known = state.operations.get(operation.id);
    if (known) {
      known.times += 1;
      return { ...known.verdict, n: operation.n };
    }
    const { outcome, reason = null, task = null } = server.decide(operation);
    if (outcome === "applied" || outcome === "warning") apply(operation);
    const verdict = { n: operation.n, id: operation.id, outcome, seq: state.seq, reason, task };
    state.operations.set(operation.id, { operation, verdict, times: 1, effects: 1 });
    return verdict;
  }

  function apply({ kind, args }) {
    const quantity = Number(args.quantity);
    if (kind === "stock.receive@1") change(args.item, args.target, args.lot, quantity);
    if (kind === "stock.move@1") {
      change(args.item, args.source, args.lot, -quantity);
      change(args.item, args.target, args.lot, quantity);
    }
    if (kind === "stock.adjust@1") change(args.item, args.location, args.lot, quantity);
    if (kind === "op.undo@1") {
      const target = state.operations.get(args.operation)?.operation;
      if (target?.kind === "stock.receive@1") change(target.args.item, target.args.target, target.args.lot, -Number(target.args.quantity));
    }
  }

  function pull(request) {
    const who = device(request);
    if (!who) return problem(401, "unauthorized");
    const cursor = Number(request.query.get("cursor"));
    const limit = Number(request.query.get("limit"));
    const generation = Number(request.query.get("generation"));
    const base = { protocol: PROTOCOL, generation: state.generation, subscription: 1 };
    if (cursor > state.seq || (request.query.has("generation") && generation !== state.generation)) return json(200, { ...base, reset: true });
    const after = [...state.rows.values()].filter((row) => row.seq > cursor && server.scopes.includes(row.scope)).sort((left, right) => left.seq - right.seq);
    const rows = after.slice(0, limit);
    const more = after.length > limit;
    return json(200, { ...base, rows, next: more ? rows.at(-1).seq : state.seq, more, ...(more ? {} : { digests: digests() }) });
  }

  function snapshot(request) {
    if (!device(request)) return problem(401, "unauthorized");
    if (!server.snapshots) return problem(404, "not-found");
    const scopes = server.scopes.map((scope) => ({ scope, ...summed(liveRows(scope)), chunks: chunksOf(scope), indexes: [] }));
    return json(200, { protocol: PROTOCOL, generation: state.generation, subscription: 1, seq: state.seq, scopes });
  }

  function chunksOf(scope) {
    const kinds = [...new Set(liveRows(scope).map(({ kind }) => kind))].sort();
    return kinds.flatMap((kind) => {
      const rows = liveRows(scope).filter((row) => row.kind === kind);
      return Array.from({ length: Math.ceil(rows.length / 500) }, (_, i) => chunkOf(scope, kind, rows.slice(500 * i, 500 * i + 500)));
    });
  }

  function chunkOf(scope, kind, rows) {
    const text = [rows.slice(0, 200), rows.slice(200)].filter((part) => part.length).map((part) => columns(scope, kind, part)).join("\n");
    const name = sha(text).toString("hex");
    const url = `/sync/snapshot/${scope}/${name}`;
    server.files.set(url, text);
    return { kind, rows: rows.length, url, sha256: name, bytes: text.length };
  }

  function columns(scope, kind, rows) {
    const fields = [...new Set(rows.flatMap(({ body }) => Object.keys(body)))].sort();
    return JSON.stringify({
      scope, kind, keys: rows.map(({ key }) => key), fields,
      columns: fields.map((field) => rows.map(({ body }) => body[field] ?? null)),
      absent: fields.map((field) => rows.flatMap(({ body }, line) => (field in body ? [] : [line]))),
    });
  }

  function file(request) {
    if (!device(request)) return problem(401, "unauthorized");
    const text = server.files.get(request.path);
    return text === undefined ? problem(404, "replaced") : new Response(text, { headers: { "Content-Type": "application/json" } });
  }

  function digest(request) {
    if (!device(request)) return problem(401, "unauthorized");
    const rows = liveRows(request.query.get("scope"));
    const partOf = ({ kind, key }) => sha(`${kind}/${key}`)[0];
    if (request.query.has("part")) return json(200, { rows: rows.filter((row) => partOf(row) === Number(request.query.get("part"))) });
    const parts = Array.from({ length: 256 }, () => []);
    for (const row of rows) parts[partOf(row)].push(row);
    return json(200, { scope: request.query.get("scope"), cursor: state.seq, parts: parts.map((part) => Object.values(summed(part))) });
  }

  function enrol(request) {
    const { token, incarnation } = JSON.parse(request.bytes);
    if (!server.tokens.delete(token)) return problem(403, "token");
    const id = `d-${server.devices.size + 1}`;
    server.devices.set(id, { secret: `s-${id}`, revoked: false });
    state.replicas.set(`${id}/${incarnation}`, { ack: 0, log: [] });
    return json(201, { device: id, secret: `s-${id}`, generation: state.generation, subscription: 1, user: { id: "u-7", name: "李伟", language: "zh", warehouses: ["w-1"] } });
  }

  function incarnation(request) {
    const who = device(request);
    if (!who) return problem(401, "unauthorized");
    const body = JSON.parse(request.bytes);
    const name = `${who.id}/${body.incarnation}`;
    if (body.lost) server.lost.push(body.lost);
    if (!state.replicas.has(name)) state.replicas.set(name, { ack: 0, log: [] });
    return json(200, { generation: state.generation, earlier: [] });
  }

  function session(request) {
    if (!device(request)) return problem(401, "unauthorized");
    const { badge, pin } = JSON.parse(request.bytes);
    const found = server.users.get(badge);
    return found?.pin === pin ? json(200, { user: found.user, ...(found.key && { key: found.key }) }) : problem(401, "wrong", { reason: "wrong" });
  }
}

function unpacked({ body, headers }) {
  if (!body) return Buffer.alloc(0);
  const bytes = Buffer.from(body);
  return new Headers(headers).get("Content-Encoding") === "gzip" ? gunzipSync(bytes) : bytes;
}

function json(status, body) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

function problem(status, code, more = {}) {
  return new Response(JSON.stringify({ type: `urn:stockhand:${code}`, status, ...more }), { status, headers: { "Content-Type": "application/problem+json" } });
}
