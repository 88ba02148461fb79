/** Ties the parts of the page together: what is chosen, what is known, and who shows it. */
import { addLive, headline, rememberAlerts, showAlerts } from "./alerts.js";
import { address, get } from "./api.js";
import { announce, byId, counted, gathered } from "./dom.js";
import { written } from "./dates.js";
import { showLegend } from "./legend.js";
import { listen } from "./live.js";
import { loadMap, paint, select } from "./map.js";
import { closePanel, openPanel, refreshPanel, setUpPanel } from "./panel.js";
import { showSegments } from "./segments.js";
import { choose, chosen, follow } from "./state.js";
import { setUpSubjects, showSubjects } from "./subjects.js";
import { setUpTable, showTable } from "./table.js";
import { setUpTime, showTime } from "./timebar.js";
import { Table } from "./known.js";
import { dimensionLabel, dimensions, learn } from "./words.js";

const ALERTS = 20;
const SUBJECTS_EVERY_MS = 20_000;

/** @type {import("./subjects.js").Subject[]} */
let subjects = [];
/** The legend's choice: a value that is shown alone. @type {string|null} */
let only = null;
let failed = false;
const table = new Table();

const subjectName = (id) => subjects.find((one) => one.id === id)?.name ?? id;

function warn(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = text === "";
}

const open = (country) => choose({ country });

/** Show what is known of what is chosen. @param {Set<string>} [changed] countries to point out */
function render(changed = new Set()) {
  const { subject, dimension, asOf, country } = chosen();
  const rows = table.of(dimension);
  if (only !== null && !rows.some((row) => row.value === only)) only = null;
  const current = table.holds(subject, asOf);
  const name = subjects.length === 0 ? "Loading" : subject ? subjectName(subject) : "Nothing has been read yet";
  byId("headline").textContent = name;
  document.title = subject ? `${name}: ${dimensionLabel(dimension)} · Recognition Watch` : "Recognition Watch";
  byId("subline").textContent = subline(current ? rows : null, dimension, asOf);
  document.body.classList.toggle("behind", !current && !failed); // what is drawn is not yet what is asked for
  paint(rows, only);
  select(country);
  showLegend(rows, dimension, only, (value) => {
    only = value;
    render();
  });
  showTable(only === null ? rows : rows.filter((row) => row.value === only), { empty: emptyTable(), changed });
  showSegments(table.now, dimension);
  showTime(asOf, table.datesNow(dimension), subjects.find((one) => one.id === subject)?.earliest ?? null);
  byId("csv").href = address("/v1/status", { subject, dimension, as_of: asOf, limit: 1000, format: "csv" });
}

/** @param {import("./rows.js").Row[]|null} rows null until they are here @param {string} dimension @param {string|null} asOf */
function subline(rows, dimension, asOf) {
  const when = asOf ? `as of ${written(asOf)}, not now` : "now";
  const known = rows === null ? "loading"
    : rows.length === 0 ? "nothing is known of any country"
    : `${counted(rows.length, "country", "countries")} of which something is known`;
  return `${dimensionLabel(dimension)}, ${when}: ${known}`;
}

function emptyTable() {
  const { subject, dimension, asOf } = chosen();
  if (!table.loaded) return "Loading";
  if (!subject) return "Publish articles, for instance with: recognition replay seeds. Rows appear here as they are read.";
  if (asOf) return `Nothing is known to have held by ${written(asOf)}. Move the slider on, or press Now.`;
  if (table.now.length === 0) return `Nothing was read yet about ${subjectName(subject)}. Choose a subject with countries beside its name.`;
  const known = [...dimensions.values()].filter(({ id }) => table.now.some((row) => row.dimension === id)).map(({ label }) => label);
  return `Nothing was read about this dimension. Choose one with a count: ${known.join(", ")}.`;
}

/** Ask for the rows of what is chosen, and show them. */
async function load() {
  const { subject, asOf } = chosen();
  try {
    if (!(await table.load(subject, asOf))) return;
    if (failed) warn("");
    failed = false;
  } catch (error) {
    warn(`The table cannot be shown: ${error.message}`);
    failed = true;
  }
  render();
}

async function loadSubjects() {
  subjects = (await get("/v1/subjects")).data;
  showSubjects(subjects, chosen().subject);
}

/** The recent alerts; gives the cursor to go on from. */
async function loadAlerts() {
  const { data, next } = await get("/v1/alerts", { last: ALERTS });
  rememberAlerts(data);
  await showAlertsHere();
  return next;
}

/** The alerts of all, or those of the chosen subject alone, which are asked for where they are not here. */
async function showAlertsHere() {
  const subject = byId("alerts-here").checked ? chosen().subject : null;
  if (subject !== null) {
    const { data } = await get("/v1/alerts", { last: ALERTS, subject });
    rememberAlerts(data, subject);
  }
  showAlerts(subject, subjectName);
}

/** @param {any} alert as the stream brought it */
function onAlert(alert) {
  if (!addLive(alert)) return;
  say(headline(alert, subjectName));
  drawAlerts();
  refreshSubjects();
  if (chosen().subject === null) first();
  else if (alert.data.subject === chosen().subject) table.expect(alert.data);
}

const drawAlerts = gathered(() => showAlerts(byId("alerts-here").checked ? chosen().subject : null, subjectName), 100);
const say = gathered((text) => announce(`Alert: ${text}`), 300); // of a burst, the last one
const refreshSubjects = gathered(() => loadSubjects().catch(() => {}), 1000);

table.onChange = (countries) => {
  render(countries);
  if (countries.has(chosen().country)) refreshPanel(chosen(), subjectName(chosen().subject));
};

/** Choose a subject where the address names none: the one whose rows changed last. */
async function first() {
  await loadSubjects();
  const known = subjects.filter((one) => one.rows > 0);
  known.sort((one, other) => (other.updated ?? "").localeCompare(one.updated ?? "") || other.rows - one.rows);
  if (known.length > 0 && chosen().subject === null) choose({ subject: known[0].id }, { replace: true });
}

/** @param {import("./state.js").Choice} now @param {import("./state.js").Choice} before */
function onChoice(now, before) {
  if (now.subject !== before.subject) {
    only = null;
    showSubjects(subjects, now.subject);
    if (byId("alerts-here").checked) showAlertsHere();
  }
  if (now.dimension !== before.dimension) only = null;
  if (now.subject !== before.subject || now.asOf !== before.asOf) load();
  render();
  if (now.country === null) closePanel();
  else if (now.country !== before.country || now.subject !== before.subject) openPanel(now, subjectName(now.subject));
  else if (now.asOf !== before.asOf || now.dimension !== before.dimension) refreshPanel(now, subjectName(now.subject));
}

async function start() {
  const [ontology, countries] = await Promise.all([get("/v1/ontology"), get("/v1/countries"), loadMap(open)]);
  learn(ontology.data, countries.data);
  setUpSubjects((subject) => choose({ subject, country: null }));
  setUpTable(open);
  setUpTime((asOf, how) => choose({ asOf }, how));
  setUpPanel(() => choose({ country: null }));
  follow(onChoice);
  byId("alerts-here").addEventListener("change", showAlertsHere);
  byId("alerts").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-view]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const query = new URLSearchParams(new URL(link.href).search);
    choose({ subject: query.get("subject"), dimension: query.get("dimension"), country: query.get("country"), asOf: null });
  });
  if (!dimensions.has(chosen().dimension)) choose({ dimension: [...dimensions.keys()][0] }, { replace: true });
  render();
  await loadSubjects();
  if (chosen().subject === null) await first();
  else if (!subjects.some((one) => one.id === chosen().subject)) {
    warn(`Nothing watched is called “${chosen().subject}”. Choose another subject.`);
    choose({ subject: null, country: null }, { replace: true });
    await first();
  } else await load();
  if (chosen().subject === null) await load(); // there is none: say so
  if (chosen().country) openPanel(chosen(), subjectName(chosen().subject));
  listen(await loadAlerts().catch(() => null), onAlert, loadAlerts);
  setInterval(() => document.hidden || loadSubjects().catch(() => {}), SUBJECTS_EVERY_MS);
}

start().catch((error) => warn(`The page cannot be shown: ${error.message}. Load it again.`));
