/** The shell: pages and files that let the app start without a network, kept per release. */

const PREFIX = "stockhand-shell-";
const HOME = "/hand";

/**
 * @typedef {{pages: string[], files: string[], later: string[]}} List  `later`: what the camera needs, large
 */

/**
 * @param {object} given
 * @param {CacheStorage} given.caches
 * @param {typeof globalThis.fetch} given.fetch
 * @param {string} given.base     address of the release's folder, with a slash at its end
 * @param {string} given.release
 */
export function createShell({ caches, fetch, base, release }) {
  const name = PREFIX + release;

  return { install, mend, complete, clean, answer, owns };

  /** All of it or nothing: a shell with a hole would fail when nobody can fetch. */
  async function install() {
    const { pages, files } = listOf(await (await fetched(`${base}shell.json`)).json());
    const cache = await caches.open(name);
    const keep = async (/** @type {string} */ url) => cache.put(url, await fetched(url));
    await Promise.all(files.map(keep));
    await Promise.all(pages.map(keep)); // at last: a page in the cache stands for a whole shell
  }

  /**
   * Browsers write down which caches there are seconds after they were filled: a battery that dies right after
   * enrolment leaves a worker without its shell, and nothing would fill it again before the next release.
   */
  async function mend() {
    const cache = await caches.open(name);
    if (!(await cache.match(HOME))) await install();
  }

  /** What is large and not needed to begin: fetched when nobody waits, so that the camera reads in a cold store too. */
  async function complete() {
    const cache = await caches.open(name);
    const list = await fetched(`${base}shell.json`);
    for (const url of listOf(await list.json()).later) {
      if (!(await cache.match(url))) await cache.put(url, await fetched(url));
    }
  }

  /** @param {string} url */
  async function fetched(url) {
    // Files carry the release in their address and may come from the browser's cache; pages must be new.
    const response = await fetch(url, { cache: url.startsWith("/static/") || url.startsWith("/vendor/") ? "default" : "reload" });
    if (!response.ok || response.redirected) throw new Error(`${url}: ${response.status}`);
    return response;
  }

  /** Former releases go, when this one has taken over. */
  async function clean() {
    const old = (await caches.keys()).filter((other) => other.startsWith(PREFIX) && other !== name);
    await Promise.all(old.map((other) => caches.delete(other)));
  }

  /** Whether a request is one for the shell. @param {Request} request @param {string} origin */
  function owns(request, origin) {
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== origin) return false;
    if (request.mode === "navigate") return isHand(url.pathname);
    return url.pathname.startsWith("/static/") || url.pathname.startsWith("/vendor/") || url.pathname === "/manifest.webmanifest";
  }

  /** From the cache first; what is not in it (a page's own file of a newer release) from the network. @param {Request} request @returns {Promise<Response>} */
  async function answer(request) {
    const cache = await caches.open(name);
    const { pathname } = new URL(request.url);
    const kept = request.mode === "navigate"
      ? ((await cache.match(pathname)) ?? (pathname === "/hand/enrol" ? undefined : await cache.match(HOME)))
      : await cache.match(request);
    return kept ?? fetch(request);
  }
}

/** @param {string} pathname */
function isHand(pathname) {
  return pathname === HOME || pathname.startsWith("/hand/");
}

/** A plain list of addresses, or pages and files apart. @param {any} answer @returns {List} */
function listOf(answer) {
  if (Array.isArray(answer)) return { pages: [], files: answer, later: [] };
  return { pages: answer.pages ?? [], files: answer.files ?? [], later: answer.later ?? [] };
}
