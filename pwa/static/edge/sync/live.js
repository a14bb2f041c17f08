/**
 * The live socket of the page that leads. A line can be dead without saying so: both sides speak every
 * 15 seconds, and silence for 35 ends it.
 */

const PING_MS = 15_000;
const SILENCE_MS = 35_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * @typedef {object} Line
 * @property {() => Promise<Record<string, unknown>|null>} hello   what to say first; null while not enrolled
 * @property {(frame: any) => void} frame      rows or a poke
 * @property {(connected: boolean) => void} connected
 * @property {() => WebSocket} open
 * @property {() => boolean} online            false: there is certainly no network
 * @property {{wall: () => number, monotonic: () => number, random: () => number,
 *   later: (action: () => void, delay: number) => any, never: (timer: any) => void}} time
 */

/** @param {Line} line */
export function createLive({ hello, frame, connected, open, online, time }) {
  /** @type {WebSocket|null} */
  let socket = null;
  /** @type {any} */
  let pulse = null;
  /** @type {any} */
  let reconnect = null;
  let heard = 0;
  let failures = 0;
  let isWanted = false;
  let isConnected = false;

  return { start, stop, nudge };

  function start() {
    if (isWanted) return;
    isWanted = true;
    connect();
  }

  function stop() {
    isWanted = false;
    time.never(reconnect);
    reconnect = null;
    hangUp();
  }

  /** The network is back, or somebody looks: do not wait out the pause. */
  function nudge() {
    if (!isWanted || socket) return;
    time.never(reconnect);
    failures = 0;
    connect();
  }

  async function connect() {
    reconnect = null;
    if (socket) return;
    // A store that cannot be read is tried again like a bad line.
    const first = online() ? await hello().catch(() => null) : null;
    if (!isWanted || socket) return;
    if (first) listenTo(open(), first);
    else connectLater();
  }

  /** @param {WebSocket} line @param {Record<string, unknown>} first */
  function listenTo(line, first) {
    socket = line;
    heard = time.monotonic();
    line.onopen = () => line.send(JSON.stringify(first));
    line.onmessage = ({ data }) => {
      if (line === socket) said(data);
    };
    line.onclose = line.onerror = () => {
      if (line === socket) hangUp();
    };
    pulse = time.later(beat, PING_MS);
  }

  function beat() {
    if (!socket) return;
    if (time.monotonic() - heard > SILENCE_MS) return hangUp();
    if (socket.readyState === 1) socket.send(JSON.stringify({ ping: Math.round(time.wall()) }));
    // Silence is looked for more often than we speak, so that 35 seconds do not become 45.
    pulse = time.later(beat, Math.min(PING_MS, Math.max(1000, heard + SILENCE_MS + 1 - time.monotonic())));
  }

  /** @param {unknown} data */
  function said(data) {
    heard = time.monotonic();
    const message = parsed(data);
    if (!message) return;
    failures = 0;
    if (!isConnected) connected((isConnected = true));
    if (Array.isArray(message.rows) || typeof message.poke === "number") frame(message);
  }

  function hangUp() {
    const line = socket;
    socket = null;
    time.never(pulse);
    if (isConnected) connected((isConnected = false));
    if (line) line.close();
    if (isWanted) connectLater();
  }

  /** Full jitter: after a restart of the server all devices come back, but not at once. */
  function connectLater() {
    if (reconnect) return;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
    failures += 1;
    reconnect = time.later(connect, FIRST_PAUSE_MS + time.random() * longest);
  }
}

/** @param {unknown} data @returns {any} */
function parsed(data) {
  if (typeof data !== "string") return null;
  try {
    const message = JSON.parse(data);
    return message && typeof message === "object" ? message : null;
  } catch {
    return null; // a torn message; the digest will tell if anything was in it
  }
}
