/**
 * What the reader has chosen. It lives in the address, so that a view can be shared and the back button works:
 * ?subject=taliban&dimension=recognition&as_of=2025-06-30&country=RU
 */
import { isAsOf, lastDay, today } from "./dates.js";
import { dimensions, isCountry } from "./words.js";

/**
 * @typedef {Object} Choice
 * @property {string|null} subject
 * @property {string} dimension
 * @property {string|null} asOf an EDTF date with a year; null is now
 * @property {string|null} country whose timeline is open
 */

const FIRST_DIMENSION = "recognition";
const listeners = [];
/** @type {Choice} */
let choice = { subject: null, dimension: FIRST_DIMENSION, asOf: null, country: null };
/** @type {(ignored: string[]) => void} */
let onIgnored = () => {};

/** Choose what the address asks for, once the words are known; says what of it cannot be. */
function enter() {
  const query = new URLSearchParams(location.search);
  const ignored = [];
  /** @param {string} name @param {(given: string) => string|null} meant @param {string} why */
  const take = (name, meant, why) => {
    const given = query.get(name);
    const found = given ? meant(given) : null;
    if (given && found === null) ignored.push(`${name}=${given.slice(0, 40)} (${why})`);
    return found;
  };
  const subject = query.get("subject")?.toLowerCase() || null; // main.js tells whether there is one
  const dimension = take("dimension", (id) => (dimensions.has(id.toLowerCase()) ? id.toLowerCase() : null), "no such dimension");
  const asOf = take("as_of", (date) => (isAsOf(date) && lastDay(date) < today() ? date : null), "no day before today");
  const country = take("country", (code) => (isCountry(code.toUpperCase()) ? code.toUpperCase() : null), "no code of a country");
  choice = { subject, dimension: dimension ?? FIRST_DIMENSION, asOf, country: subject && country };
  if (location.search) history.replaceState(null, "", href({}));
  return ignored;
}

/** Begin with what the address asks for. @param {(ignored: string[]) => void} tellIgnored what of an address cannot be */
export function begin(tellIgnored) {
  onIgnored = tellIgnored;
  onIgnored(enter());
}

/** @returns {Choice} */
export const chosen = () => choice;

/** The address of a choice. @param {Partial<Choice>} change */
export function href(change) {
  const next = { ...choice, ...change };
  const query = new URLSearchParams();
  if (next.subject) query.set("subject", next.subject);
  if (next.subject || next.dimension !== FIRST_DIMENSION) query.set("dimension", next.dimension);
  if (next.asOf) query.set("as_of", next.asOf);
  if (next.country) query.set("country", next.country);
  const search = query.toString();
  return search ? `?${search}` : location.pathname;
}

/**
 * Choose, and tell all who follow.
 * @param {Partial<Choice>} change
 * @param {{replace?: boolean}} [how] replace: no step of the back button (the first choice, a slider on its way)
 */
export function choose(change, { replace = false } = {}) {
  const before = choice;
  const address = href(change);
  choice = { ...choice, ...change };
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.search) history.pushState(null, "", address);
  tell(before, { replace });
}

/** @param {(choice: Choice, before: Choice, how: {replace: boolean}) => void} listener called after every change */
export function follow(listener) {
  listeners.push(listener);
}

function tell(before, how) {
  for (const listener of listeners) listener(choice, before, how);
}

addEventListener("popstate", () => {
  const before = choice;
  const ignored = enter();
  tell(before, { replace: false });
  onIgnored(ignored);
});
