/**
 * The first base of a device with much to know: the server's snapshot, a few dozen immutable files of
 * chunks, in place of a hundred pages of rows. Files are checked and put aside one by one, so a line that
 * breaks costs only what was on its way; the base and its cursor change together when everything is there.
 */

import { isWhole, columnsOf } from "../store/ground.js";
import { preparation } from "../store/laying.js";
import { sha256Hex } from "../sha256.js";
import { PROTOCOL } from "./wire.js";

/** Below this the feed's own pages are quicker. */
const FEW_ROWS = 2000;
const AT_ONCE = 6;
const LINE_END = 10;
const ATTEMPTS = 3;
const OURS = /^\/sync\/snapshot\/[^/?#]+\/[0-9a-f]{64}$/;

/**
 * @typedef {{kind: string, rows: number, url: string, sha256: string, bytes: number}} Chunk
 * @typedef {{generation: number, subscription: number, seq: number, scopes: {scope: string, rows: number, sum: string, chunks: Chunk[]}[]}} Manifest
 * @typedef {Chunk & {scope: string}} Wanted
 * @typedef {{kind: 'stop', state: 'later'|'sign-in'|'revoked', after?: number|null, reached?: boolean}} Stop
 * @typedef {{kind: 'laid', rows: number} | {kind: 'pages'} | Stop} Ending   pages: the feed's own pages are the way
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../store/rows.js').createRows>} given.rows
 * @param {(options?: {handshake?: boolean}) => Promise<{state: string}>} given.push
 * @param {(answer: Exclude<import('./wire.js').Answer, {kind: 'ok'}>) => Stop} given.stopped
 */
export function createBootstrap({ environment, rows, push, stopped }) {
  const { laying } = rows;

  return { run };

  /** @param {ReturnType<typeof import('./wire.js').createWire>} wire @returns {Promise<Ending>} */
  async function run(wire) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await wire.get("/sync/snapshot");
      if (answer.kind !== "ok") return isNotOffered(answer) ? { kind: "pages" } : stopped(answer);
      const manifest = answer.body;
      if (!isManifest(manifest) || rowsOf(manifest) <= FEW_ROWS) return { kind: "pages" };
      const gathered = await gather(wire, manifest);
      if (gathered.kind === "stop") return gathered;
      if (gathered.kind === "ready") return become(manifest, gathered.ready);
    }
    return { kind: "pages" };
  }

  /**
   * Every file of the manifest, from here or from the server. `replaced`: what it names is not what is
   * there, so it has to be asked for again.
   * @param {ReturnType<typeof import('./wire.js').createWire>} wire @param {Manifest} manifest
   * @returns {Promise<{kind: 'ready', ready: import('../store/laying.js').Ready[]} | {kind: 'replaced'} | Stop>}
   */
  async function gather(wire, manifest) {
    const wanted = manifest.scopes.flatMap(({ scope, chunks }) => chunks.map((chunk) => ({ ...chunk, scope })));
    const prepared = preparation(plansOf(manifest));
    const here = byFile(await laying.here());
    for (const { sha256 } of wanted) {
      for (const name of here.get(sha256) ?? []) prepared.add(name, await laying.read(name));
    }
    const ending = await fetchAll(wire, wanted.filter(({ sha256 }) => !here.has(sha256)), prepared);
    return ending ?? { kind: "ready", ready: prepared.ready() };
  }

  /**
   * Several files at once, so that the line is never idle; each is stored as soon as it has come.
   * @param {ReturnType<typeof import('./wire.js').createWire>} wire @param {Wanted[]} missing @param {ReturnType<typeof preparation>} prepared
   * @returns {Promise<{kind: 'replaced'} | Stop | null>} null when all have come
   */
  async function fetchAll(wire, missing, prepared) {
    const queue = [...missing];
    /** @type {{kind: 'replaced'} | Stop | null} */
    let ending = null;
    let storing = Promise.resolve();
    await Promise.all(Array.from({ length: AT_ONCE }, fetchOn));
    await storing;
    return ending;

    async function fetchOn() {
      for (let file = queue.shift(); file && !ending; file = queue.shift()) {
        const fetched = await fetchFile(wire, file);
        if (fetched.kind !== "arrived") {
          ending ??= fetched;
          return;
        }
        for (const { name, columns } of fetched.chunks) prepared.add(name, columns);
        await store(fetched.chunks);
      }
    }

    /** What waits goes up in between: a long first sync never holds up a scan. @param {import('../store/laying.js').Arrived[]} chunks */
    function store(chunks) {
      storing = storing.then(async () => {
        await laying.keep(chunks);
        await push();
      });
      return storing;
    }
  }

  /**
   * @param {ReturnType<typeof import('./wire.js').createWire>} wire @param {Wanted} file
   * @returns {Promise<{kind: 'arrived', chunks: import('../store/laying.js').Arrived[]} | {kind: 'replaced'} | Stop>}
   */
  async function fetchFile(wire, { url, sha256, scope, kind, rows: count }) {
    const answer = await wire.file(url);
    if (answer.kind === "refused" && answer.status === 404) return { kind: "replaced" };
    if (answer.kind !== "ok") return stopped(answer);
    const bytes = /** @type {ArrayBuffer} */ (answer.body);
    if ((await hashed(bytes)) !== sha256) return { kind: "replaced" };
    const chunks = linesOf(bytes).map((line, i) => ({ name: `${sha256}.${i}`, bytes: line, columns: columnsOf(line) }));
    const total = chunks.reduce((sum, { columns }) => sum + (columns?.keys?.length ?? 0), 0);
    const isGood = total === count && chunks.every(({ columns }) => isWhole(columns, scope, kind));
    return isGood ? { kind: "arrived", chunks } : { kind: "replaced" };
  }

  /** The browser's own digest where there is one (a page without a certificate has none). @param {ArrayBuffer} bytes @returns {Promise<string>} */
  async function hashed(bytes) {
    const { subtle } = environment.crypto;
    if (!subtle) return sha256Hex(new Uint8Array(bytes));
    const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /**
   * As with pages: rows may only be put in place while no operation is in doubt, and another generation may
   * have forgotten operations, so it is asked first.
   * @param {Manifest} manifest @param {import('../store/laying.js').Ready[]} ready @returns {Promise<Ending>}
   */
  async function become(manifest, ready) {
    const { generation } = await rows.base();
    const handshake = generation !== 0 && generation !== manifest.generation;
    if ((await push({ handshake })).state !== "done") return { kind: "stop", state: "later", reached: true };
    await rows.lay(ready, manifest);
    return { kind: "laid", rows: rowsOf(manifest) };
  }
}

/** An older server, or one that has none now: pages are always there. @param {Exclude<import('./wire.js').Answer, {kind: 'ok'}>} answer */
function isNotOffered(answer) {
  return answer.kind === "refused" && answer.status !== 401 && answer.status !== 403;
}

/** @param {Manifest} manifest */
function rowsOf({ scopes }) {
  return scopes.reduce((sum, { rows }) => sum + rows, 0);
}

/** @param {Manifest} manifest @returns {import('../store/laying.js').Plan[]} */
function plansOf({ scopes }) {
  return scopes.flatMap(({ scope, chunks }) => {
    const kinds = [...new Set(chunks.map(({ kind }) => kind))];
    return kinds.map((kind) => ({ scope, kind, rows: chunks.reduce((sum, chunk) => sum + (chunk.kind === kind ? chunk.rows : 0), 0) }));
  });
}

/** The chunks that are stored already, by the file they came in; a file is stored whole or not at all. @param {Set<string>} names @returns {Map<string, string[]>} */
function byFile(names) {
  const files = new Map();
  for (const name of names) {
    const [file] = name.split(".", 1);
    files.set(file, [...(files.get(file) ?? []), name]);
  }
  return files;
}

/** JSON has no raw line end, so the chunks of a file are found without reading them. @param {ArrayBuffer} bytes @returns {ArrayBuffer[]} */
function linesOf(bytes) {
  const view = new Uint8Array(bytes);
  const lines = [];
  let start = 0;
  for (let end = view.indexOf(LINE_END); end >= 0; end = view.indexOf(LINE_END, start)) {
    lines.push(bytes.slice(start, end));
    start = end + 1;
  }
  return start < bytes.byteLength ? [...lines, bytes.slice(start)] : lines;
}

/** @param {any} body @returns {body is Manifest} */
function isManifest(body) {
  const { protocol, generation, subscription, seq, scopes } = body;
  if (protocol !== PROTOCOL || ![generation, subscription, seq].every(Number.isInteger) || !Array.isArray(scopes)) return false;
  return scopes.every(({ rows, sum, chunks }) =>
    Number.isInteger(rows) && /^[0-9a-f]{16}$/.test(sum) && Array.isArray(chunks) &&
    chunks.every(({ url }) => OURS.test(url)) &&
    chunks.reduce((/** @type {number} */ total, /** @type {Chunk} */ chunk) => total + chunk.rows, 0) === rows);
}
