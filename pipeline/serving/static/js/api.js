/**
 * The HTTP API of the same server. A request that meets a server which is away or catching up is tried again until it
 * is answered or given up; meanwhile `onConnection` tells how things stand.
 */

/** @typedef {{state: "live"|"stale"|"catching-up"|"offline", lag?: number}} Connection */

/** Told of every reply. Set by the part of the page that shows it. @type {{onConnection: (how: Connection) => void}} */
export const listeners = { onConnection: () => {} };

const FIRST_RETRY_SECONDS = 1;
const LAST_RETRY_SECONDS = 20;
const PAGE = 1000;

/** A reply that says no, in the words of the API (RFC 9457). */
export class Refused extends Error {
  /** @param {number} status @param {{title?: string, detail?: string}} problem */
  constructor(status, problem) {
    super(problem.detail || problem.title || `the server answered ${status}`);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {Object<string, string|number|null|undefined>} [query] what has no value is left out
 * @returns {string} the address
 */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/**
 * One reply of the API.
 * @param {string} path @param {Object} [query] @param {AbortSignal} [signal]
 * @returns {Promise<{data: any, next?: string|null, offsets: string|null}>} offsets: up to which it holds everything
 * @throws {Refused} for an answer of 400 and above that waiting does not mend
 */
export async function get(path, query = {}, signal = undefined) {
  for (let attempt = 0; ; attempt += 1) {
    let response;
    try {
      response = await fetch(address(path, query), { signal, headers: { Accept: "application/json" } });
    } catch (error) {
      if (signal?.aborted) throw error;
      const seconds = Math.min(FIRST_RETRY_SECONDS * 2 ** attempt, LAST_RETRY_SECONDS);
      listeners.onConnection({ state: "offline" });
      await pause(seconds, signal);
      continue;
    }
    if (response.status === 503) {
      const seconds = Number(response.headers.get("Retry-After")) || FIRST_RETRY_SECONDS;
      const lag = Number(response.headers.get("Recognition-Lag")) || undefined;
      listeners.onConnection({ state: "catching-up", lag });
      await pause(seconds, signal);
      continue;
    }
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(response.status, body);
    // From the headers: the body of a reply that has not changed (304) is the one that was kept, with its old freshness.
    const { headers } = response;
    const stale = headers.get("Recognition-Stale") === "true";
    listeners.onConnection({ state: stale ? "stale" : "live", lag: Number(headers.get("Recognition-Lag")) });
    return { ...body, offsets: headers.get("Recognition-As-Of-Offset") };
  }
}

/**
 * All pages of a list.
 * @param {string} path @param {Object} query @param {AbortSignal} [signal] @param {number} [limit] rows of a page
 * @returns {Promise<any[]>}
 */
export async function getAll(path, query, signal = undefined, limit = PAGE) {
  const rows = [];
  let cursor = null;
  do {
    const page = await get(path, { ...query, limit, cursor }, signal);
    rows.push(...page.data);
    cursor = page.next;
  } while (cursor);
  return rows;
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
