/** The timeline of one country: every Fact, what it rests on, and what speaks against it. */
import { address, get, getAll } from "./api.js";
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
const narrow = matchMedia("(max-width: 60rem)"); // as css/panel.css has it

let request = null;
/** What is drawn, as JSON: the same is not drawn again. */
let drawn = "";
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
  document.addEventListener("keydown", (event) => {
    const clears = event.target.matches("input[type=search]") && event.target.value !== "";
    if (event.key === "Escape" && panel.open && !event.defaultPrevented && !clears) onClose();
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
  say("Loading");
  if (!panel.open) {
    goBack = wayBack(document.activeElement, choice.country);
    open(panel);
  }
  byId("panel-body").scrollTop = 0;
  enterPanel();
  return refreshPanel(choice, subjectName);
}

/** Put the focus into the open timeline. */
export function enterPanel() {
  byId("panel-title").focus();
}

/** @param {string} text in the place of the timeline */
function say(text) {
  drawn = "";
  fill(byId("panel-body"), el("p", { class: "empty" }, text));
}

export function closePanel() {
  request?.abort();
  if (!byId("panel").open) return;
  byId("panel").close();
  document.body.classList.remove("with-panel");
  goBack();
}

/** @param {Element} from @param {string} country which the table names, where nothing had the focus */
function wayBack(from, country) {
  const lists = [["table", "data-country"], ["alerts", "data-id"]];
  const row = () => (entryOf(byId("table"), "data-country", country) ?? byId("table-title")).focus();
  if (from === document.body) return row;
  for (const [id, key] of lists) {
    const held = byId(id).contains(from) && from.closest(`[${key}]`)?.getAttribute(key);
    if (typeof held === "string") return () => (entryOf(byId(id), key, held) ?? byId("table-title")).focus();
  }
  return () => (from.isConnected ? from.focus() : row());
}

/** Ask for the timeline and show it; keeps what was unfolded. @param {import("./state.js").Choice} choice @param {string} subjectName */
export async function refreshPanel(choice, subjectName) {
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  const { subject, country, asOf } = choice;
  try {
    const [{ data: facts }, then] = await Promise.all([
      get(historyOf(choice), {}, signal),
      asOf === null ? null : getAll("/v1/status", { subject, country, as_of: asOf }, signal),
    ]);
    const next = JSON.stringify([facts, then, choice]);
    if (next === drawn) return;
    show(facts, then, choice, subjectName);
    drawn = next;
  } catch (error) {
    if (!signal.aborted) say(`The timeline cannot be shown: ${error.message}`);
  }
}

const historyOf = ({ subject, country }) =>
  `/v1/status/${encodeURIComponent(subject)}/${encodeURIComponent(country)}/history`;

/** @param {any[]} facts @param {import("./rows.js").Row[]|null} then the rows of the chosen day; null is now */
function show(facts, then, choice, subjectName) {
  const body = byId("panel-body");
  const folds = new Map([...body.querySelectorAll("details[data-key]")].map((one) => [one.dataset.key, one.open]));
  const giveBack = focusWithin(body);
  const order = [choice.dimension, ...[...dimensions.keys()].filter((id) => id !== choice.dimension)];
  const sections = order
    .map((dimension) => [dimension, facts.filter((fact) => fact.dimension === dimension)])
    .filter(([, found]) => found.length > 0);
  const nothing = `Nothing was read yet about ${countryName(choice.country)} and ${subjectName}.`;
  fill(
    body,
    choice.asOf && el("p", { class: "notice" }, `The map shows ${written(choice.asOf)}; the timeline shows all that is known by now.`),
    sections.length === 0 && el("p", { class: "empty" }, `${nothing} It appears here with the first article that says something of it.`),
    ...sections.map(([dimension, found]) => el(
      "section",
      { class: "dimension", "data-dimension": dimension },
      el("h3", {}, dimensionLabel(dimension)),
      el("ol", { class: "timeline" }, ...found.map((fact) => entry(fact, roleOf(fact, choice.asOf, then)))),
    )),
    sections.length > 0 && asData(choice),
  );
  for (const one of body.querySelectorAll("details[data-key]")) one.open = folds.get(one.dataset.key) ?? one.open;
  giveBack();
}

const FOCUSABLE = "a, summary";

/** Gives the focus back to what stands for the same once a part of the page is drawn anew. @param {Element} body */
function focusWithin(body) {
  const active = document.activeElement;
  if (!body.contains(active) || active === body) return () => {};
  const key = active.closest("[data-key]")?.dataset.key;
  const inKey = () => (key === undefined ? body : body.querySelector(`[data-key="${CSS.escape(key)}"]`));
  const place = [...inKey().querySelectorAll(FOCUSABLE)].indexOf(active);
  return () => (inKey()?.querySelectorAll(FOCUSABLE)[place] ?? body).focus({ preventScroll: true });
}

/**
 * What a Fact is on the day that the map shows, in words, and whether it is what the map shows.
 * @param {any} fact @param {string|null} asOf @param {import("./rows.js").Row[]|null} then
 * @returns {{text: string, shown: boolean, later: boolean}}
 */
function roleOf(fact, asOf, then) {
  const text = ROLES[fact.role] ?? fact.role;
  if (then === null) return { text, shown: fact.role === "current", later: false };
  const row = then.find(({ dimension }) => dimension === fact.dimension);
  if (row?.value === fact.value && row.since === fact.since) return { text: "on the map", shown: true, later: false };
  const later = knownFrom(fact) > lastDay(asOf);
  return { text: later ? (fact.role === "current" ? "later, and now" : "later") : text, shown: false, later };
}

/** The day from which on a Fact is known to have been so: an event that is dated vaguely had happened when it was told. */
function knownFrom({ aspect, since, support }) {
  const first = firstDay(since);
  const told = support.map(({ published }) => firstDay(published?.slice(0, 10))).filter((day) => day !== null);
  if (first !== null && aspect === "state") return first;
  if (first !== null) return Math.min(lastDay(since), ...told.filter((day) => day >= first));
  return Math.min(...told); // Infinity where nothing tells a day
}

/** The same for programs and spreadsheets. @param {import("./state.js").Choice} choice */
function asData({ subject, country }) {
  const history = historyOf({ subject, country });
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

/** @param {any} fact @param {ReturnType<typeof roleOf>} role */
function entry(fact, role) {
  const others = fact.dates.filter(({ date }) => date !== fact.since);
  const note = precisionNote(fact.since);
  return el(
    "li",
    { class: "fact", "data-role": fact.role, "data-shown": role.shown, "data-later": role.later },
    el(
      "p",
      { class: "fact-head" },
      el("span", { class: "when" }, fact.since ? timeElement(fact.since) : "No date given"),
      note && el("span", { class: "muted" }, ` (${note})`),
      el("span", { class: "role" }, role.text),
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
    evidence(fact),
  );
}

function evidence(fact) {
  const copies = Math.max(fact.sources - fact.independent, 0);
  const told = `${counted(fact.independent, "independent source")}${copies > 0 ? `, ${counted(copies, "copy", "copies")}` : ""}`;
  const key = [fact.dimension, fact.value, fact.since, fact.aspect].join(" ");
  return el(
    "details",
    { "data-key": key, open: fact.role === "current" },
    el("summary", {}, told),
    sourcesOf(fact),
  );
}
