/** The table beside the map: one row a country, sortable, filterable; each opens its timeline. */
import { byId, counted, el, fill, refill } from "./dom.js";
import { precisionNote, short, timeElement } from "./dates.js";
import { filtered, sorted } from "./rows.js";
import { chosen, href } from "./state.js";
import { toned } from "./tone.js";
import { countryName } from "./words.js";

const COLUMNS = [
  { id: "country", label: "Country" },
  { id: "value", label: "Stance" },
  { id: "since", label: "Since", descending: true },
  { id: "confidence", label: "Confidence" },
  { id: "sources", label: "Sources", descending: true, number: true },
];

let order = { column: "since", descending: true };
/** @type {import("./rows.js").Row[]} */
let rows = [];
let nothing = "";
let fresh = new Set();

/** @param {(country: string) => void} onOpen */
export function setUpTable(onOpen) {
  const head = COLUMNS.map(({ id, label, descending, number }) => {
    const button = el("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      order = { column: id, descending: order.column === id ? !order.descending : Boolean(descending) };
      draw();
    });
    return el("th", { scope: "col", "data-column": id, class: number && "number" }, button);
  });
  fill(byId("table").tHead.rows[0], ...head);
  byId("filter").addEventListener("input", draw);
  byId("table").tBodies[0].addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a new tab, as for any link
    const row = event.target.closest("tr");
    if (!row) return;
    event.preventDefault();
    onOpen(row.dataset.country);
  });
}

/**
 * @param {import("./rows.js").Row[]} shown of one dimension, and of one value where only that is asked for
 * @param {{empty: string, changed?: Set<string>}} how what to say when there is none; which countries just changed
 */
export function showTable(shown, { empty, changed = new Set() }) {
  rows = shown;
  nothing = empty;
  fresh = changed;
  draw();
  fresh = new Set();
}

function draw() {
  const body = byId("table").tBodies[0];
  const found = sorted(filtered(rows, byId("filter").value), order.column, order.descending);
  for (const cell of byId("table").tHead.rows[0].cells) {
    const by = cell.dataset.column === order.column;
    if (by) cell.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
  refill(body, "data-country", ...found.map(line));
  const all = counted(rows.length, "country", "countries");
  byId("table-count").textContent = found.length === rows.length ? all : `${found.length} of ${all}`;
  byId("table").hidden = found.length === 0;
  byId("table-empty").hidden = found.length > 0;
  byId("table-empty").textContent = rows.length > 0 ? "No country fits the filter. Empty it to see all." : nothing;
}

/** @param {import("./rows.js").Row} row */
function line(row) {
  const note = precisionNote(row.since);
  return el(
    "tr",
    {
      "data-country": row.country, "aria-current": row.country === chosen().country ? "true" : null,
      class: fresh.has(row.country) && "changed",
    },
    el("th", { scope: "row" }, el("a", { href: href({ country: row.country }) }, countryName(row.country))),
    el(
      "td",
      {},
      toned(row),
      row.first_ever && el("span", { class: "badge", title: "The first country ever to do so" }, "first"),
    ),
    el("td", { class: "date", title: note || null }, row.since ? timeElement(row.since, short(row.since)) : el("span", { class: "muted" }, "no date")),
    el("td", {}, el("span", { class: "confidence", "data-confidence": row.confidence }, row.confidence)),
    el("td", { class: "number", title: `${row.independent} of them independent` }, row.sources.toLocaleString("en")),
  );
}
