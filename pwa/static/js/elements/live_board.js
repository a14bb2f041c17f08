/**
 * The live board: hx-ws swaps what the server pushes; this keeps the connection honest.
 * It resumes from the last cursor, notices a line that is open but dead, and says so.
 */

/** The server speaks at least every 15 s. */
const SILENCE_MS = 35_000;
const LOOK_MS = 1000;
/** After so many refusals in a row, ask whether we are still signed in. */
const REFUSALS = 3;

/** @typedef {{url: string, socket: WebSocket|null}} Connection */
/** @typedef {CustomEvent<{connection: Connection, message?: {data: unknown}}>} SocketEvent */

class LiveBoard extends HTMLElement {
  #heard = performance.now();
  #refused = 0;
  #isNews = false;
  /** The server's clock less ours, so that a board with a wrong clock shows the right time. */
  #offset = 0;
  /** @type {Connection|null} */
  #connection = null;

  connectedCallback() {
    this.addEventListener("htmx:ws:before:connection", (event) => this.#dial(/** @type {SocketEvent} */ (event)));
    this.addEventListener("htmx:ws:after:connection", () => this.#open());
    this.addEventListener("htmx:ws:before:message:incoming", (event) => this.#hear(/** @type {SocketEvent} */ (event)));
    this.addEventListener("htmx:ws:after:message:incoming", (event) => this.#flash(/** @type {SocketEvent} */ (event)));
    this.addEventListener("htmx:ws:close", () => this.#lose());
    // The extension may have loaded after htmx had looked at the page.
    document.addEventListener("DOMContentLoaded", () => window.htmx.process(this));
    addEventListener("online", () => this.#hangUp());
    setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** @param {SocketEvent} event */
  #dial({ detail }) {
    this.#connection = detail.connection;
    this.#aim();
  }

  /** Let the next connection start where this one has come to. */
  #aim() {
    if (!this.#connection) return;
    const url = new URL(this.#connection.url);
    url.searchParams.set("cursor", this.dataset.cursor ?? "");
    this.#connection.url = url.href;
  }

  #open() {
    this.#refused = 0;
    this.#heard = performance.now();
  }

  /** @param {SocketEvent} event */
  #hear({ detail }) {
    const { cursor, now } = JSON.parse(String(detail.message?.data));
    // What was missed while away comes at once and is no news.
    this.#isNews = this.dataset.state === "live";
    this.#heard = performance.now();
    this.#offset = now - Date.now();
    this.dataset.cursor = cursor;
    this.dataset.state = "live";
    this.#aim();
  }

  /** Let the rows that just changed be seen. @param {SocketEvent} event */
  #flash({ detail }) {
    if (!this.#isNews) return;
    const { content } = JSON.parse(String(detail.message?.data));
    for (const [, id] of content.matchAll(/<tr id="(stock-\d+)"/g)) document.getElementById(id)?.classList.add("fresh");
  }

  #lose() {
    this.dataset.state = "lost";
    this.#refused += 1;
    if (this.#refused === REFUSALS && navigator.onLine) this.#askWhy();
  }

  /** The browser does not tell why a socket was refused; the page itself does. */
  async #askWhy() {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && (answer.redirected || answer.status === 401 || answer.status === 403)) location.reload();
    this.#refused = 0;
  }

  #look() {
    if (performance.now() - this.#heard > SILENCE_MS) this.#hangUp();
    const now = new Date(Date.now() + this.#offset);
    const zone = { timeZone: this.dataset.zone, hourCycle: /** @type {const} */ ("h23") };
    this.#tell("time", now.toLocaleTimeString(this.dataset.lang, { ...zone, hour: "2-digit", minute: "2-digit" }));
    this.#tell("date", now.toLocaleDateString(this.dataset.lang, { ...zone, month: "long", day: "numeric", weekday: "long" }));
  }

  /** A line that is open but dead: hang up, hx-ws dials again. */
  #hangUp() {
    this.#heard = performance.now();
    if (this.#connection?.socket?.readyState !== WebSocket.OPEN) return;
    this.dataset.state = "lost";
    this.#connection.socket.close();
  }

  /** @param {string} name @param {string} text */
  #tell(name, text) {
    const place = this.querySelector(`[data-clock="${name}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

customElements.define("live-board", LiveBoard);
