/** The day that the map and the table show: a slider, a date field, and steps from change to change. */
import { byId, debounced, fill, svg } from "./dom.js";
import { firstDay, isoDay, lastDay, today, written } from "./dates.js";

const WAIT_MS = 120;
const REST_MS = 600; // a slider that stands still this long begins a new way
const TYPING_MS = 600;
const SHORTEST_DAYS = 365;
const MARGIN_DAYS = 30; // before the earliest change, so that the time before it can be seen

/** On which something changes. */
let days = [];
let range = { first: 0, last: 0 };
/** The day that is chosen. */
let shown = 0;
/** Where the slider is on its way to, which is chosen a moment later; null while it rests. @type {number|null} */
let sliding = null;

/** @param {(asOf: string|null, how: {replace: boolean}) => void} onChoose null is now */
export function setUpTime(onChoose) {
  const choose = (day, replace = false) => onChoose(day >= range.last ? null : isoDay(day), { replace });
  const slider = byId("time-slider");
  const pass = debounced(() => sliding !== null && choose(sliding, true), WAIT_MS);
  const rest = debounced(() => { sliding = null; }, REST_MS);
  slider.addEventListener("input", () => {
    const begins = sliding === null;
    sliding = Number(slider.value);
    describe(sliding);
    if (begins) choose(sliding); // one step of the back button for one way of the slider
    else pass();
    rest();
  });

  const date = byId("time-date");
  // Whoever types a date has said it when he rests, leaves the field or presses Enter: each digit makes a date.
  const take = () => {
    if (date.value && date.checkValidity() && firstDay(date.value) !== shown) choose(firstDay(date.value));
  };
  const takeLater = debounced(take, TYPING_MS);
  date.addEventListener("change", takeLater);
  date.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && date.reportValidity()) take();
  });
  date.addEventListener("blur", () => {
    take();
    date.value = isoDay(shown);
  });

  byId("time-now").addEventListener("click", () => choose(range.last));
  byId("time-back").addEventListener("click", () => {
    const before = days.filter((day) => day <= shown).at(-1);
    if (before !== undefined) choose(before - 1); // the eve of the last change
  });
  byId("time-on").addEventListener("click", () => choose(days.find((day) => day > shown) ?? range.last));
}

/**
 * @param {string|null} asOf EDTF; null is now
 * @param {string[]} changes the days on which something changes, for the ticks and the steps
 * @param {string|null} earliest of these days in any dimension
 */
export function showTime(asOf, changes, earliest) {
  const last = today();
  const asked = asOf === null ? last : lastDay(asOf);
  if (asked !== shown && asked !== sliding) sliding = null; // chosen in another way: a button, the date, Back
  shown = asked;
  days = changes.map(firstDay).filter((day) => day <= last);
  range = { first: Math.min((firstDay(earliest) ?? last) - MARGIN_DAYS, last - SHORTEST_DAYS), last };
  const slider = byId("time-slider");
  slider.min = String(range.first);
  slider.max = String(last);
  const date = byId("time-date");
  date.min = isoDay(range.first);
  date.max = isoDay(last);
  if (document.activeElement !== date) date.value = isoDay(shown);
  byId("time-first").textContent = isoDay(range.first).slice(0, 4);
  byId("time-now").setAttribute("aria-pressed", String(asOf === null));
  byId("time").classList.toggle("historical", asOf !== null);
  byId("time-back").disabled = !days.some((day) => day <= shown);
  byId("time-on").disabled = asOf === null;
  if (sliding === null) {
    slider.value = String(shown);
    describe(shown, asOf ?? undefined);
  }
  drawTicks();
}

function describe(day, asOf = isoDay(day)) {
  const text = day >= range.last ? "now" : written(asOf);
  byId("time-slider").setAttribute("aria-valuetext", text);
  byId("time-shown").textContent = text;
}

function drawTicks() {
  const ticks = byId("ticks");
  const width = 1000;
  ticks.setAttribute("viewBox", `0 0 ${width} 10`);
  fill(ticks, ...days.map((day) => {
    const x = ((day - range.first) / (range.last - range.first)) * width;
    return svg("line", { x1: x, x2: x, y1: 0, y2: 10, "vector-effect": "non-scaling-stroke" });
  }));
}
