/** Whose standing is shown: a list that is searched by typing and walked by keys (ARIA combobox with a listbox). */
import { byId, counted, el, fill } from "./dom.js";
import { folded } from "./rows.js";

/** @typedef {{id: string, name: string, kind: string, aliases: string[], countries: number, rows: number,
 *   updated: string|null, earliest?: string|null}} Subject */

const MOST = 80;

/** @type {Subject[]} */
let subjects = [];
let current = null;
/** @type {Subject[]} */
let offered = [];
let active = -1;
let choosing = () => {};

/** @param {(id: string) => void} onChoose */
export function setUpSubjects(onChoose) {
  choosing = onChoose;
  const input = byId("subject");
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open(""));
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("keydown", key);
  input.addEventListener("blur", close);
  // The focus stays in the field. A touch gives a mousedown only where it is a tap: the list can be scrolled by it.
  byId("subject-list").addEventListener("mousedown", (event) => event.preventDefault());
  byId("subject-list").addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(offered[Number(option.dataset.index)]);
  });
}

/** @param {Subject[]} list as the API has it @param {string|null} chosenId */
export function showSubjects(list, chosenId) {
  subjects = [...list.filter((one) => one.rows > 0), ...list.filter((one) => one.rows === 0)];
  current = subjects.find((one) => one.id === chosenId) ?? null;
  if (byId("subject-list").hidden) byId("subject").value = current?.name ?? "";
}

function key(event) {
  const isOpen = !byId("subject-list").hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!isOpen) open("");
    else activate(active + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter" && isOpen) take(offered[Math.max(active, 0)]);
  else if (event.key === "Escape" && isOpen) close();
  else return;
  event.preventDefault();
}

/** @param {string} text what to look for in names and aliases */
function open(text) {
  const asked = folded(text.trim());
  const rank = (one) => {
    const names = [one.name, one.id, ...one.aliases].map(folded);
    return names.some((name) => name.startsWith(asked)) ? 0 : names.some((name) => name.includes(asked)) ? 1 : 2;
  };
  const ranked = subjects.map((one) => [one, rank(one)]).filter(([, how]) => how < 2);
  ranked.sort(([one, how], [other, otherHow]) => Number(one.rows === 0) - Number(other.rows === 0) || how - otherHow);
  offered = ranked.slice(0, MOST).map(([one]) => one);
  const firstWithout = offered.findIndex((one) => one.rows === 0);
  const options = offered.flatMap((one, index) => [
    index === firstWithout && el("li", { role: "presentation", class: "group" }, "Watched, nothing read yet"),
    option(one, index),
  ]);
  fill(
    byId("subject-list"),
    ...options,
    offered.length === 0 && el("li", { role: "option", "aria-disabled": "true", class: "empty" }, "Nothing watched is called that."),
    ranked.length > MOST && el("li", { role: "presentation", class: "group" }, `${ranked.length - MOST} more: type to find them`),
  );
  byId("subject-list").hidden = false;
  byId("subject").setAttribute("aria-expanded", "true");
  activate(asked ? 0 : offered.indexOf(current));
}

/** @param {Subject} one @param {number} index */
function option(one, index) {
  return el(
    "li",
    { role: "option", id: `subject-${one.id}`, "data-index": index, "aria-selected": String(one === current) },
    el("span", { class: "name" }, one.name),
    el("span", { class: "muted" }, one.rows > 0 ? counted(one.countries, "country", "countries") : one.kind),
  );
}

function activate(index) {
  const options = byId("subject-list").querySelectorAll("[data-index]");
  active = Math.min(Math.max(index, -1), options.length - 1);
  for (const each of options) each.classList.toggle("active", Number(each.dataset.index) === active);
  const chosen = options[active];
  if (chosen) byId("subject").setAttribute("aria-activedescendant", chosen.id);
  else byId("subject").removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

/** @param {Subject|undefined} subject */
function take(subject) {
  if (!subject) return;
  current = subject;
  close();
  choosing(subject.id);
}

function close() {
  byId("subject-list").hidden = true;
  byId("subject").setAttribute("aria-expanded", "false");
  byId("subject").removeAttribute("aria-activedescendant");
  byId("subject").value = current?.name ?? "";
}
