/**
 * Dates as the API gives them: EDTF, as precise as is known (2025-07-03, 2025-04, 2003, XXXX-07-03).
 * They are written out with the month's name, so that nobody takes a day for a month. The days of the slider are
 * counted from 1970-01-01 in UTC.
 */
import { el } from "./dom.js";

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];
const DAY_MS = 86_400_000;

/** @param {string} edtf @returns {[string, number|null, number|null]} year (or XXXX), month, day */
function parts(edtf) {
  const [year, month, day] = edtf.split("-");
  return [year, month ? Number(month) : null, day ? Number(day) : null];
}

/** "3 July 2025", "April 2025", "2003", "3 July, year unknown". @param {string|null|undefined} edtf */
export function written(edtf) {
  if (!edtf) return "date unknown";
  const [year, month, day] = parts(edtf);
  const known = [day, month && MONTHS[month - 1]].filter(Boolean).join(" ");
  return year === "XXXX" ? `${known}, year unknown` : [known, year].filter(Boolean).join(" ");
}

/** The same with the month's first three letters: "3 Jul 2025". @param {string|null|undefined} edtf */
export const short = (edtf) => MONTHS.reduce((text, month) => text.replace(month, month.slice(0, 3)), written(edtf));

/** What of a date is known, said only where it is not a day. @param {string|null|undefined} edtf */
export function precisionNote(edtf) {
  if (!edtf) return "";
  const [year, month, day] = parts(edtf);
  if (year === "XXXX") return "";
  return day ? "" : month ? "day unknown" : "only the year is known";
}

/** A <time> where HTML has a form for it. @param {string|null|undefined} edtf @param {string} [text] @returns {HTMLElement} */
export function timeElement(edtf, text = written(edtf)) {
  const machine = edtf && !edtf.startsWith("XXXX") ? edtf : null;
  return machine ? el("time", { datetime: machine }, text) : el("span", {}, text);
}

/** Day of publication, of an ISO 8601 date or date-time: "4 July 2025". @param {string|null|undefined} timestamp */
export function publishedOn(timestamp) {
  return timestamp ? written(timestamp.slice(0, 10)) : "publication date unknown";
}

/** Days since 1970 of a day; months count from 0. Date.UTC would take the years 0 to 99 for 1900 to 1999. */
const dayNumber = (year, month, day) => new Date(0).setUTCFullYear(year, month, day) / DAY_MS;

/** Days since 1970 of the first day that a date can mean; null without a year. @param {string|null|undefined} edtf */
export function firstDay(edtf) {
  if (!edtf || edtf.startsWith("XXXX")) return null;
  const [year, month, day] = parts(edtf);
  return dayNumber(Number(year), (month ?? 1) - 1, day ?? 1);
}

/** Days since 1970 of the last day that a date can mean; null without a year. @param {string|null|undefined} edtf */
export function lastDay(edtf) {
  if (!edtf || edtf.startsWith("XXXX")) return null;
  const [year, month, day] = parts(edtf);
  if (day) return firstDay(edtf);
  return dayNumber(Number(year) + (month ? 0 : 1), month ?? 0, 1) - 1;
}

/** 2025-07-03 of days since 1970. @param {number} day */
export const isoDay = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Days since 1970 of today, where the reader sits. */
export function today() {
  const now = new Date();
  return dayNumber(now.getFullYear(), now.getMonth(), now.getDate());
}

/** Whether this is a date that the API takes for `as_of`: EDTF with a year from 1 on, and a day that exists. @param {string} text */
export function isAsOf(text) {
  if (!/^(?!0000)\d{4}(-\d{2}(-\d{2})?)?$/.test(text)) return false;
  const day = firstDay(text);
  return Number.isFinite(day) && isoDay(day).startsWith(text);
}
