/** The alerts: the newest first, as they come; each leads to its timeline. */
import { byId, el, refill } from "./dom.js";
import { publishedOn, written } from "./dates.js";
import { quoted } from "./evidence.js";
import { href } from "./state.js";
import { toned } from "./tone.js";
import { countryName, dimensionLabel, valueLabel } from "./words.js";

const MOST = 50;
const KINDS = { new: "New", background: "Background", confirmed: "Confirmed" };

/** The newest first: of all subjects, and of the one that was asked for alone. */
let recent = [];
let ofSubject = { subject: null, alerts: [] };
/** Came while the page was open; and those of them that are drawn already, which flash no more. */
const arrived = new WeakSet();
const drawn = new WeakSet();

/** @param {any[]} list the newest ones, in the order of the API: oldest first @param {string|null} [subject] of it alone */
export function rememberAlerts(list, subject = null) {
  const newestFirst = [...list].reverse();
  if (subject === null) recent = newestFirst;
  else ofSubject = { subject, alerts: newestFirst };
}

/** @param {any} alert as it came just now @returns {boolean} whether it is one that was not here */
export function addLive(alert) {
  if (recent.some((one) => one.id === alert.id)) return false;
  arrived.add(alert);
  recent = [alert, ...recent].slice(0, MOST);
  if (alert.data.subject === ofSubject.subject) ofSubject.alerts = [alert, ...ofSubject.alerts].slice(0, MOST);
  return true;
}

/** "Taliban, Russia: recognized since 3 July 2025". @param {any} alert @param {(id: string) => string} subjectName */
export function headline({ data }, subjectName) {
  const since = data.since ? ` since ${written(data.since)}` : "";
  return `${subjectName(data.subject)}, ${countryName(data.country)}: ${valueLabel(data.dimension, data.value)}${since}`;
}

/** @param {string|null} subject only of this one; null for all @param {(id: string) => string} subjectName */
export function showAlerts(subject, subjectName) {
  const here = ofSubject.subject === subject ? ofSubject.alerts : recent.filter(({ data }) => data.subject === subject);
  const shown = subject === null ? recent : here;
  refill(byId("alerts"), "data-id", ...shown.map((alert) => line(alert, subjectName)));
  byId("alerts-empty").hidden = shown.length > 0;
  byId("alerts-empty").textContent = recent.length > 0
    ? "No alert is about this subject. Take the tick away to see the others."
    : "No alert yet. One comes when an article says something new about a country's stance.";
}

function line(alert, subjectName) {
  const { data } = alert;
  const evidence = data.evidence[0];
  const live = arrived.has(alert);
  const flash = live && !drawn.has(alert);
  drawn.add(alert);
  const view = href({ subject: data.subject, dimension: data.dimension, country: data.country, asOf: null });
  return el(
    "li",
    { class: `alert${live ? " arrived" : ""}${flash ? " changed" : ""}`, "data-kind": data.kind, "data-id": alert.id },
    el(
      "p",
      { class: "alert-head" },
      el("span", { class: "kind", "data-kind": data.kind }, KINDS[data.kind] ?? data.kind),
      el("a", { href: view, "data-view": true }, countryName(data.country)),
      toned(data),
      data.since && el("span", { class: "muted" }, `since ${written(data.since)}`),
    ),
    el("p", { class: "muted alert-sub" }, `${subjectName(data.subject)} · ${dimensionLabel(data.dimension)}`,
      data.previous && data.previous !== data.value && ` · before: ${valueLabel(data.dimension, data.previous)}`),
    evidence && el("p", { class: "alert-evidence" }, quoted(evidence),
      el("span", { class: "muted" }, ` ${evidence.source}, ${publishedOn(evidence.published)}`)),
  );
}
