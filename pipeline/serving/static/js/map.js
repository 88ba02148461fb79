/** The map: colours, what the pointer or the focus is on, and the way by arrow keys. */
import { byId, el, fill, svg } from "./dom.js";
import { written } from "./dates.js";
import { inWords } from "./rows.js";
import { toned } from "./tone.js";
import { countryName, valueOf } from "./words.js";
import { zoomable } from "./zoom.js";
import { tonePatterns } from "./patterns.js";

/** @typedef {{element: SVGElement, code: string, x: number, y: number, dot: boolean, size: number}} Place size: of what is no dot */

const DOT_PX = 3.4;
const EMPTY_DOT_PX = 2; // nothing read
const RING_PX = 3; // around a small country
const LABEL_PX = 11;
const TINY_PX = 6; // across: met and ringed like a dot
const REACH_PX = 12; // of a dot, around its middle: a target of 24 px
const REACH_ON_LAND_PX = 8; // so that a dot on a large country leaves the rest of it to be met

/** @type {Map<string, Place>} */
const places = new Map();
/** @type {Map<string, import("./rows.js").Row>} */
let rows = new Map();
let drawing = null;
let hovering = null;
let selected = null;
let view = null;

/** Put the drawing into the page. @param {(country: string) => void} onOpen */
export async function loadMap(onOpen) {
  const response = await fetch("/static/map.svg");
  const parsed = new DOMParser().parseFromString(await response.text(), "image/svg+xml");
  drawing = document.importNode(parsed.documentElement, true);
  drawing.setAttribute("role", "group");
  drawing.setAttribute("aria-label", "World map");
  drawing.setAttribute("aria-describedby", "map-help");
  for (const element of drawing.querySelectorAll("[data-code]")) {
    const dot = element.localName === "circle";
    const [x, y] = dot ? ["cx", "cy"] : ["data-x", "data-y"];
    places.set(element.dataset.code, {
      element, dot, code: element.dataset.code, x: Number(element.getAttribute(x)), y: Number(element.getAttribute(y)),
    });
  }
  const union = places.get("EU");
  drawing.append(svg("text", { class: "union-label", x: union.x + 9, y: union.y + 4, "aria-hidden": "true" }, "EU"));
  drawing.prepend(tonePatterns());
  drawing.append(svg("g", { class: "rings", "aria-hidden": "true" }));
  byId("map").prepend(drawing);
  for (const place of places.values()) {
    const { width, height } = place.element.getBBox();
    place.size = Math.max(width, height);
  }
  view = zoomable(drawing, byId("map"), resizeDots, () => places.get(selected));
  drawing.addEventListener("pointermove", (event) => point(event.pointerType === "touch" ? null : pick(event)));
  drawing.addEventListener("pointerleave", () => point(null));
  drawing.addEventListener("click", (event) => {
    const place = view.dragged() ? null : pick(event);
    if (place) onOpen(place.code);
  });
  // On the frame: a drawing that listens for the focus itself would be a stop of the Tab key in Chromium.
  byId("map").addEventListener("focusin", (event) => point(places.get(event.target.dataset.code), true));
  byId("map").addEventListener("focusout", () => point(null));
  drawing.addEventListener("keydown", (event) => key(event, onOpen));
}

/** Colour the map. @param {import("./rows.js").Row[]} shown of one dimension @param {string|null} value only this one */
export function paint(shown, value) {
  rows = new Map(shown.map((row) => [row.country, row]));
  const held = drawing.contains(document.activeElement) ? document.activeElement.dataset.code : null;
  for (const { element, code } of places.values()) {
    const row = rows.get(code);
    const faded = row && value !== null && row.value !== value;
    set(element, "data-tone", row && valueOf(row.dimension, row.value).tone);
    set(element, "data-confidence", row?.confidence);
    set(element, "data-faded", faded ? "" : null);
    set(element, "role", row && "button");
    set(element, "aria-label", row && `${countryName(code)}: ${inWords(row)}`);
    set(element, "aria-hidden", row ? null : "true");
    set(element, "tabindex", row && (code === held ? "0" : "-1"));
  }
  resizeDots(view.scale());
  const entry = rows.has(held) ? held : rows.has(selected) ? selected : first();
  if (entry) places.get(entry).element.setAttribute("tabindex", "0");
  if (held && !rows.has(held)) places.get(entry)?.element.focus();
  if (hovering) tell(hovering);
}

/** Ring the country whose timeline is open. @param {string|null} code */
export function select(code) {
  selected = code;
  ring("selected", places.get(code));
}

function set(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** The first by name: where the focus comes in. */
function first() {
  return [...rows.keys()].filter((code) => places.has(code))
    .sort((one, other) => countryName(one).localeCompare(countryName(other), "en"))[0];
}

/** Dots and rings keep their size on the screen. @param {number} scale pixels to a unit of the drawing */
function resizeDots(scale) {
  for (const place of places.values()) {
    const { element, dot, code } = place;
    element.toggleAttribute("data-small", small(place));
    if (dot) element.setAttribute("r", String((rows.has(code) ? DOT_PX : EMPTY_DOT_PX) / scale));
  }
  drawing.querySelector(".union-label").style.fontSize = `${LABEL_PX / scale}px`;
  ring("selected", places.get(selected));
  if (hovering) ring("pointed", hovering);
}

/** As css/map.css has it: a dependent territory is there when something was read about it. @param {Place} place */
const hidden = ({ element, code }) => element.classList.contains("territory") && !rows.has(code);

/** Whether a country is a dot, or hardly more. @param {Place} place */
const small = ({ dot, size }) => dot || size * view.scale() < TINY_PX;

/** What the pointer means: the nearest small country within reach, else the country under it. @returns {Place|null} */
function pick(event) {
  const { x, y, scale } = view.locate(event);
  const under = places.get(event.target.dataset?.code) ?? null;
  const land = under && !small(under);
  let best = land ? under : null;
  let least = land ? Math.min(Math.hypot(under.x - x, under.y - y) * scale, REACH_ON_LAND_PX) : REACH_PX;
  for (const place of places.values()) {
    if (!small(place) || hidden(place)) continue;
    const distance = Math.hypot(place.x - x, place.y - y) * scale;
    if (distance <= least) [best, least] = [place, distance];
  }
  return best;
}

/** @param {Place|null|undefined} place @param {boolean} [byKey] */
function point(place, byKey = false) {
  hovering = place ?? null;
  drawing.classList.toggle("on-country", Boolean(place) && !byKey);
  ring("pointed", hovering);
  if (!hovering) {
    byId("tooltip").hidden = true;
    return;
  }
  if (byKey) view.reveal(hovering);
  tell(hovering);
}

/** @param {Place} place */
function tell(place) {
  const row = rows.get(place.code);
  const tooltip = byId("tooltip");
  fill(
    tooltip,
    el("strong", {}, countryName(place.code)),
    row ? toned(row) : el("span", { class: "muted" }, "nothing read about it"),
    row && el("span", {}, row.since ? `since ${written(row.since)}` : "no date given"),
    row && el("span", { class: "muted" }, `${row.confidence}, ${row.independent} independent of ${row.sources} sources`),
  );
  tooltip.hidden = false;
  view.placeBeside(place, tooltip);
}

/** Draw an outline above all others. @param {string} kind @param {Place|null|undefined} place */
function ring(kind, place) {
  const rings = drawing.querySelector(".rings");
  rings.querySelector(`.${kind}`)?.remove();
  if (!place || hidden(place)) return;
  const radius = place.dot ? Number(place.element.getAttribute("r")) * 1.7 : place.size / 2 + RING_PX / view.scale();
  const shape = small(place)
    ? svg("circle", { cx: place.x, cy: place.y, r: radius })
    : svg("path", { d: place.element.getAttribute("d") });
  shape.setAttribute("class", kind);
  rings.append(shape);
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event, onOpen) {
  const here = places.get(event.target.dataset.code);
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") onOpen(here.code);
  else if (event.key === "Escape" && !byId("tooltip").hidden) byId("tooltip").hidden = true;
  else if (event.key === "Home") move(here, places.get(first()));
  else if (WAYS[event.key]) move(here, neighbour(here, WAYS[event.key]));
  else return;
  event.preventDefault();
}

/** The nearest country with a row in a direction, what lies straight ahead before what lies aside. */
function neighbour(here, [right, down]) {
  let best = null;
  let least = Infinity;
  for (const code of rows.keys()) {
    const place = places.get(code);
    if (!place || place === here) continue;
    const ahead = (place.x - here.x) * right + (place.y - here.y) * down;
    const aside = Math.abs((place.x - here.x) * down) + Math.abs((place.y - here.y) * right);
    const cost = ahead + 2 * aside;
    if (ahead > 0 && aside <= 2 * ahead && cost < least) [best, least] = [place, cost];
  }
  return best;
}

function move(from, to) {
  if (!to) return;
  from.element.setAttribute("tabindex", "-1");
  to.element.setAttribute("tabindex", "0");
  to.element.focus();
}
