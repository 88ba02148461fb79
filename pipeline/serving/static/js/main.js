/** Ties the parts of the page together: what is chosen, what is known, and who shows it. */
import { addLive, headline, rememberAlerts, showAlerts } from "./alerts.js";
import { address, get } from "./api.js";
import { announce, byId, counted, gathered } from "./dom.js";
import { written } from "./dates.js";
import { showLegend } from "./legend.js";
import { listen } from "./live.js";
import { loadMap, paint, select } from "./map.js";
import { closePanel, enterPanel, openPanel, refreshPanel, setUpPanel } from "./panel.js";
import { showSegments } from "./segments.js";
import { begin, choose, chosen, follow } from "./state.js";
import { setUpSubjects, showSubjects } from "./subjects.js";
import { setUpTable, showTable } from "./table.js";
import { setUpTime, showTime } from "./timebar.js";
import { Table } from "./known.js";
import { dimensionLabel, dimensions, learn, valueLabel } from "./words.js";

const ALERTS = 20;
const LOOK_EVERY_MS = 10_000;

/** @type {import("./subjects.js").Subject[]} */
let subjects = [];
/** The legend's choice: a value that is shown alone. @type {string|null} */
let only = null;
let failed = false;
/** How far the live table was when it was last looked at: the offsets of its topic. @type {string|null} */
let place = null;
const table = new Table();

const subjectName = (id) => subjects.find((one) => one.id === id)?.name ?? id;

/** @param {string[]} ignored what of the address cannot be */
function warnOfIgnored(ignored) {
  if (ignored.length > 0) warn(`Of the address was left out: ${ignored.join("; ")}.`);
}

function warn(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = text === "";
}

const open = (country) => (country === chosen().country ? enterPanel() : choose({ country }));

/** Show what is known of what is chosen. @param {Set<string>} [changed] countries to point out */
function render(changed = new Set()) {
  const { subject, dimension, asOf, country } = chosen();
  const rows = table.of(dimension);
  if (only !== null && !rows.some((row) => row.value === only)) only = null;
  const current = table.holds(subject, asOf);
  const name = subjects.length === 0 ? "Loading" : subject ? subjectName(subject) : "Nothing has been read yet";
  byId("headline").textContent = name;
  document.title = subject ? `${name}: ${dimensionLabel(dimension)} · Recognition Watch` : "Recognition Watch";
  byId("subline").textContent = subline(current ? rows : null, asOf);
  document.body.classList.toggle("behind", !current && !failed); // what is drawn is not yet what is asked for
  paint(rows, only);
  select(country);
  showLegend(rows, dimension, only, (value) => {
    only = value;
    render();
  });
  showTable(only === null ? rows : rows.filter((row) => row.value === only), { empty: emptyTable(), changed });
  showSegments(table.shown, dimension);
  showTime(asOf, table.daysOf(dimension), table.earliest);
  byId("csv").href = address("/v1/status", { subject, dimension, value: only, as_of: asOf, limit: 1000, format: "csv" });
}

/** @param {import("./rows.js").Row[]|null} rows null until they are here @param {string|null} asOf */
function subline(rows, asOf) {
  const { dimension } = chosen();
  const when = asOf ? `as of ${written(asOf)}, not now` : "now";
  const many = counted(rows?.length ?? 0, "country", "countries");
  const known = rows === null ? "loading"
    : rows.length === 0 ? "nothing is known of any country"
    : only === null ? `${many} of which something is known`
    : `${valueLabel(dimension, only)} alone, ${rows.filter((row) => row.value === only).length} of ${many}`;
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

/** Ask for the rows of what is chosen, and show them. @param {{again?: boolean}} [how] again: what is here is outdated */
async function load(how) {
  const { subject, asOf } = chosen();
  const before = new Set(table.shown.map(whatIsSeen));
  let changed = new Set();
  try {
    if (!(await table.load(subject, asOf, how))) return;
    if (how?.again) changed = new Set(table.shown.filter((row) => !before.has(whatIsSeen(row))).map(({ country }) => country));
    if (failed) warn("");
    failed = false;
  } catch (error) {
    warn(`The table cannot be shown: ${error.message}`);
    failed = true;
  }
  render(changed);
}

const whatIsSeen = (row) => [row.country, row.dimension, row.value, row.since, row.confidence, row.sources].join(" ");

/** Read the list of subjects; gives how far the live table is, null where there are too many partitions to tell. */
async function loadSubjects() {
  const { data, offsets } = await get("/v1/subjects");
  subjects = data;
  showSubjects(subjects, chosen().subject);
  return /status="([^"]*)"/.exec(offsets)?.[1] ?? null;
}

let looking = false;

/** See whether anything is new, which need not raise an alert. While the server is away one such look waits for it. */
async function look() {
  if (looking || document.hidden) return;
  looking = true;
  try {
    const before = place;
    place = await loadSubjects();
    if (place === null || place !== before) {
      await load({ again: true });
      if (chosen().country !== null) await refreshPanel(chosen(), subjectName(chosen().subject));
    }
  } catch {
    // the next look tells
  } finally {
    looking = false;
  }
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
  countSoon();
  if (chosen().subject === null) first();
  else if (alert.data.subject === chosen().subject) table.expect(alert.data);
}

const drawAlerts = gathered(() => showAlerts(byId("alerts-here").checked ? chosen().subject : null, subjectName), 100);
const say = gathered((text) => announce(`Alert: ${text}`), 300); // of a burst, the last one
const countSoon = gathered(() => loadSubjects().catch(() => {}), 1000); // the next look tells

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

/**
 * @param {import("./state.js").Choice} now @param {import("./state.js").Choice} before
 * @param {{replace: boolean}} how replace: not the reader's step
 */
function onChoice(now, before, { replace }) {
  if (!failed && !replace) warn("");
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
  begin(warnOfIgnored);
  render();
  place = await loadSubjects();
  if (chosen().subject === null) await first();
  else if (!subjects.some((one) => one.id === chosen().subject)) {
    warn(`Nothing watched is called “${chosen().subject}”. Choose another subject.`);
    choose({ subject: null, country: null }, { replace: true });
    await first();
  } else await load();
  if (chosen().subject === null) await load(); // there is none: say so
  if (chosen().country) openPanel(chosen(), subjectName(chosen().subject));
  listen(await loadAlerts().catch(() => null), onAlert, loadAlerts);
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
}

start().catch((error) => warn(`The page cannot be shown: ${error.message}. Load it again.`));
