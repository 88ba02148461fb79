/** Rows of the status table (StatusRow of the API) in words, in order, and counted. */
import { counted } from "./dom.js";
import { firstDay, written } from "./dates.js";
import { countryName, dimensions, valueLabel } from "./words.js";

/**
 * @typedef {{subject: string, country: string, dimension: string, value: string, since: string|null,
 *   precision: string, confidence: string, sources: number, independent: number, first_ever: boolean,
 *   revision: number, updated: string|null}} Row
 */

const CONFIDENCES = ["corroborated", "reported", "disputed"];

/** "recognized since 3 July 2025; corroborated, 5 sources". @param {Row} row */
export function inWords(row) {
  const since = row.since ? ` since ${written(row.since)}` : "";
  return `${valueLabel(row.dimension, row.value)}${since}; ${row.confidence}, ${counted(row.sources, "source")}`;
}

/** How many rows have each value, in the order of the ontology; values of no row are left out.
 * @param {Row[]} rows @param {string} dimension @returns {[string, number][]} */
export function counts(rows, dimension) {
  const found = new Map(dimensions.get(dimension)?.values.map(({ value }) => [value, 0]));
  for (const row of rows) found.set(row.value, (found.get(row.value) ?? 0) + 1);
  return [...found].filter(([, count]) => count > 0);
}

/** @type {Object<string, (one: Row, other: Row) => number>} ascending */
const ORDERS = {
  country: (one, other) => countryName(one.country).localeCompare(countryName(other.country), "en"),
  value: (one, other) => place(one) - place(other),
  since: (one, other) => (firstDay(one.since) ?? -Infinity) - (firstDay(other.since) ?? -Infinity),
  confidence: (one, other) => CONFIDENCES.indexOf(one.confidence) - CONFIDENCES.indexOf(other.confidence),
  sources: (one, other) => one.sources - other.sources,
};

/** @param {Row} row */
function place(row) {
  return dimensions.get(row.dimension)?.values.findIndex(({ value }) => value === row.value) ?? -1;
}

/**
 * A sorted copy. What is equal stays in the order of the countries' names; what has no date comes last either way.
 * @param {Row[]} rows @param {string} column @param {boolean} descending
 */
export function sorted(rows, column, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    if (column === "since" && (firstDay(one.since) === null) !== (firstDay(other.since) === null)) {
      return firstDay(one.since) === null ? 1 : -1;
    }
    return (sign * ORDERS[column](one, other) || 0) || ORDERS.country(one, other);
  });
}

/** Those whose country or words hold all that is asked for. @param {Row[]} rows @param {string} text */
export function filtered(rows, text) {
  const words = folded(text).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const label = valueLabel(row.dimension, row.value);
    const said = folded(`${countryName(row.country)} ${row.country} ${label} ${row.confidence} ${row.since ?? ""}`);
    return words.every((word) => said.includes(word));
  });
}

/** Without case and accents. @param {string} text */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
