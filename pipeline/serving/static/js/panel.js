/** The timeline of one country: every Fact, what it rests on, and what speaks against it. */
import { address, get } from "./api.js";
import { byId, counted, el, entry as entryOf, fill } from "./dom.js";
import { firstDay, lastDay, precisionNote, timeElement, written } from "./dates.js";
import { sourcesOf } from "./evidence.js";
import { toned } from "./tone.js";
import { countryName, dimensionLabel, dimensions } from "./words.js";

const ROLES = {
  current: "now",
  history: "earlier",
  dissent: "contradicts what holds now",
};
const narrow = matchMedia("(max-width: 52rem)");

let request = null;
/** Gives the focus back to where it was, though that may have been drawn anew. @type {() => void} */
let goBack = () => {};

/** @param {() => void} onClose */
export function setUpPanel(onClose) {
  const panel = byId("panel");
  byId("panel-close").addEventListener("click", onClose);
  panel.addEventListener("cancel", (event) => {
    event.preventDefault();
    onClose();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onClose();
  });
  narrow.addEventListener("change", () => {
    if (!panel.open) return;
    panel.close();
    open(panel);
  });
}

/** A sheet that holds the focus on a phone; beside the map on a wide screen, where both can be used. */
function open(panel) {
  document.body.classList.add("with-panel");
  if (narrow.matches) panel.showModal();
  else panel.show();
}

/** @param {import("./state.js").Choice} choice with a country @param {string} subjectName */
export function openPanel(choice, subjectName) {
  const panel = byId("panel");
  byId("panel-title").textContent = countryName(choice.country);
  byId("panel-sub").textContent = `Stance towards ${subjectName}`;
  fill(byId("panel-body"), el("p", { class: "empty" }, "Loading"));
  if (!panel.open) {
    goBack = wayBack(document.activeElement);
    open(panel);
  }
  byId("panel-body").scrollTop = 0;
  byId("panel-title").focus();
  return refreshPanel(choice, subjectName);
}

export function closePanel() {
  request?.abort();
  if (!byId("panel").open) return;
  byId("panel").close();
  document.body.classList.remove("with-panel");
  goBack();
}

/** @param {Element} from */
function wayBack(from) {
  for (const [id, key] of [["table", "data-country"], ["alerts", "data-id"]]) {
    const held = byId(id).contains(from) && from.closest(`[${key}]`)?.getAttribute(key);
    if (typeof held === "string") return () => entryOf(byId(id), key, held)?.focus();
  }
  return () => from?.focus?.();
}

/** Ask for the timeline and show it; keeps what was unfolded. @param {import("./state.js").Choice} choice @param {string} subjectName */
export async function refreshPanel(choice, subjectName) {
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  const { subject, country } = choice;
  try {
    const { data } = await get(`/v1/status/${subject}/${country}/history`, {}, signal);
    show(data, choice, subjectName);
  } catch (error) {
    if (signal.aborted) return;
    const nothing = error.status === 404;
    const text = nothing
      ? `Nothing was read yet about ${countryName(country)} and ${subjectName}. It appears here with the first article that says something of it.`
      : `The timeline cannot be shown: ${error.message}`;
    fill(byId("panel-body"), el("p", { class: "empty" }, text));
  }
}

function show(facts, choice, subjectName) {
  const body = byId("panel-body");
  const unfolded = new Set([...body.querySelectorAll("details[open][data-fact]")].map((one) => one.dataset.fact));
  const order = [choice.dimension, ...[...dimensions.keys()].filter((id) => id !== choice.dimension)];
  const sections = order
    .map((dimension) => [dimension, facts.filter((fact) => fact.dimension === dimension)])
    .filter(([, found]) => found.length > 0);
  fill(
    body,
    choice.asOf && el("p", { class: "notice" }, `The map shows ${written(choice.asOf)}; the timeline shows all that is known, later facts paler.`),
    sections.length === 0 && el("p", { class: "empty" }, `Nothing was read yet about ${countryName(choice.country)} and ${subjectName}.`),
    ...sections.map(([dimension, found]) => el(
      "section",
      { class: "dimension", "data-dimension": dimension },
      el("h3", {}, dimensionLabel(dimension)),
      el("ol", { class: "timeline" }, ...found.map((fact, index) => entry(fact, choice.asOf, `${dimension}-${index}`, unfolded))),
    )),
    sections.length > 0 && asData(choice),
  );
}

/** The same for programs and spreadsheets. @param {import("./state.js").Choice} choice */
function asData({ subject, country }) {
  const history = `/v1/status/${subject}/${country}/history`;
  return el(
    "p",
    { class: "muted as-data" },
    "As data: ",
    el("a", { href: address(history, { format: "csv" }), download: "" }, "timeline (CSV)"),
    ", ",
    el("a", { href: history }, "with its sources (JSON)"),
    ", ",
    el("a", { href: address("/v1/claims", { subject, country }) }, "every claim (JSON)"),
  );
}

function entry(fact, asOf, key, unfolded) {
  const later = asOf !== null && firstDay(fact.since) !== null && firstDay(fact.since) > lastDay(asOf);
  const others = fact.dates.filter(({ date }) => date !== fact.since);
  const note = precisionNote(fact.since);
  return el(
    "li",
    { class: "fact", "data-role": fact.role, "data-later": later },
    el(
      "p",
      { class: "fact-head" },
      el("span", { class: "when" }, fact.since ? timeElement(fact.since) : "No date given"),
      note && el("span", { class: "muted" }, ` (${note})`),
      el("span", { class: "role" }, ROLES[fact.role] ?? fact.role),
    ),
    el(
      "p",
      { class: "fact-value" },
      toned(fact),
      fact.first_ever && el("span", { class: "badge" }, "the first country ever"),
      el("span", { class: "confidence", "data-confidence": fact.confidence }, fact.confidence),
    ),
    others.length > 0 && el("p", { class: "muted" }, "Also dated: ", ...others.flatMap(({ date, independent }, index) => [
      index > 0 ? ", " : "", timeElement(date), ` (${counted(independent, "independent source")})`,
    ])),
    evidence(fact, key, unfolded),
  );
}

function evidence(fact, key, unfolded) {
  const copies = Math.max(fact.sources - fact.independent, 0);
  const told = `${counted(fact.independent, "independent source")}${copies > 0 ? `, ${counted(copies, "copy", "copies")}` : ""}`;
  return el(
    "details",
    { "data-fact": key, open: fact.role === "current" || unfolded.has(key) },
    el("summary", {}, told),
    sourcesOf(fact),
  );
}
