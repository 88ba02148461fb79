/**
 * What the reader has chosen. It lives in the address, so that a view can be shared and the back button works:
 * ?subject=taliban&dimension=recognition&as_of=2025-06-30&country=RU
 */
import { isAsOf, lastDay, today } from "./dates.js";

/**
 * @typedef {Object} Choice
 * @property {string|null} subject
 * @property {string} dimension
 * @property {string|null} asOf an EDTF date with a year; null is now
 * @property {string|null} country whose timeline is open
 */

const listeners = [];
let choice = read();

/** @returns {Choice} */
function read() {
  const query = new URLSearchParams(location.search);
  const asOf = query.get("as_of");
  const subject = query.get("subject");
  return {
    subject,
    dimension: query.get("dimension") || "recognition",
    asOf: asOf && isAsOf(asOf) && lastDay(asOf) < today() ? asOf : null,
    country: subject && query.get("country"),
  };
}

/** @returns {Choice} */
export const chosen = () => choice;

/** The address of a choice. @param {Partial<Choice>} change */
export function href(change) {
  const next = { ...choice, ...change };
  const query = new URLSearchParams();
  if (next.subject) query.set("subject", next.subject);
  if (next.subject || next.dimension !== "recognition") query.set("dimension", next.dimension);
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
  tell(before);
}

/** @param {(choice: Choice, before: Choice) => void} listener called after every change */
export function follow(listener) {
  listeners.push(listener);
}

function tell(before) {
  for (const listener of listeners) listener(choice, before);
}

addEventListener("popstate", () => {
  const before = choice;
  choice = read();
  tell(before);
});
