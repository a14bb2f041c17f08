/** Which handler answers a request: paths like /edge/items/:id, matched without looking at anything else. */

/**
 * @typedef {{method: string, path: string, handler: (context: any) => unknown}} Route
 * @typedef {{route: Route, params: Record<string, string>} | {route: null, allowed: string[]}} Match
 */

/** @param {Route[]} routes */
export function createTable(routes) {
  const entries = routes.map((route) => ({ route, parts: partsOf(route.path) }));
  return { find };

  /** The first route that fits; when only the method is wrong, which would be right. @param {string} method @param {string} path @returns {Match} */
  function find(method, path) {
    const parts = partsOf(path);
    const allowed = [];
    for (const { route, parts: pattern } of entries) {
      const params = paramsOf(pattern, parts);
      if (!params) continue;
      if (route.method === method) return { route, params };
      allowed.push(route.method);
    }
    return { route: null, allowed };
  }
}

/** @param {string} path */
function partsOf(path) {
  return path.split("/").filter(Boolean);
}

/** @param {string[]} pattern @param {string[]} parts @returns {Record<string, string>|null} */
function paramsOf(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (let i = 0; i < pattern.length; i += 1) {
    if (!pattern[i].startsWith(":")) {
      if (pattern[i] !== parts[i]) return null;
      continue;
    }
    const value = decoded(parts[i]);
    if (value === null) return null;
    params[pattern[i].slice(1)] = value;
  }
  return params;
}

/** A broken escape is an address of nothing. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
