/** The day that the map and the table show: a slider, a date field, and steps from change to change. */
import { byId, debounced, fill, svg } from "./dom.js";
import { firstDay, isoDay, lastDay, today, written } from "./dates.js";

const WAIT_MS = 120;
const SHORTEST_DAYS = 365;
const MARGIN_DAYS = 30; // before the earliest date, so that the time before it can be seen

let days = [];
let range = { first: 0, last: 0 };
let sliding = false;

/** @param {(asOf: string|null, how: {replace: boolean}) => void} onChoose null is now */
export function setUpTime(onChoose) {
  const slider = byId("time-slider");
  const pass = debounced((day, replace) => onChoose(day >= range.last ? null : isoDay(day), { replace }), WAIT_MS);
  slider.addEventListener("input", () => {
    describe(Number(slider.value));
    pass(Number(slider.value), sliding);
    sliding = true; // one step of the back button for one way of the slider
  });
  slider.addEventListener("change", () => {
    sliding = false;
  });
  byId("time-date").addEventListener("change", (event) => {
    const day = firstDay(event.target.value || null);
    onChoose(day === null || day >= range.last ? null : isoDay(day), { replace: false });
  });
  byId("time-now").addEventListener("click", () => onChoose(null, { replace: false }));
  byId("time-back").addEventListener("click", () => {
    const before = days.filter((day) => day <= shownDay()).at(-1);
    if (before !== undefined) onChoose(isoDay(before - 1), { replace: false }); // the eve of the last change
  });
  byId("time-on").addEventListener("click", () => {
    const next = days.find((day) => day > shownDay());
    onChoose(next === undefined || next >= range.last ? null : isoDay(next), { replace: false });
  });
}

const shownDay = () => Number(byId("time-slider").value);

/**
 * @param {string|null} asOf EDTF; null is now
 * @param {(string|null)[]} dates of what is known of the subject, for the ticks and the steps
 * @param {string|null} earliest of all that is known of it
 */
export function showTime(asOf, dates, earliest) {
  const last = today();
  days = [...new Set(dates.map(firstDay).filter((day) => day !== null && day <= last))].sort((one, other) => one - other);
  const asked = asOf === null ? last : Math.min(lastDay(asOf), last);
  const known = [days[0], firstDay(earliest)].filter((day) => day !== null && day !== undefined);
  const first = Math.min(...known.map((day) => day - MARGIN_DAYS), last - SHORTEST_DAYS, asked);
  range = { first, last };
  const slider = byId("time-slider");
  slider.min = String(first);
  slider.max = String(last);
  if (!sliding) slider.value = String(asked);
  byId("time-date").min = isoDay(first);
  byId("time-date").max = isoDay(last);
  byId("time-date").value = isoDay(asked);
  byId("time-first").textContent = isoDay(first).slice(0, 4);
  byId("time-now").setAttribute("aria-pressed", String(asOf === null));
  byId("time").classList.toggle("historical", asOf !== null);
  byId("time-back").disabled = !days.some((day) => day <= shownDay());
  byId("time-on").disabled = asOf === null;
  if (!sliding) describe(asked, asOf ?? undefined);
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
