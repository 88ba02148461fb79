/** A value with the sign and colour of its tone, the same everywhere but on the map. */
import { el } from "./dom.js";
import { toneMark, valueOf } from "./words.js";

/** @param {{dimension: string, value: string}} row */
export function toned({ dimension, value }) {
  const { label, tone } = valueOf(dimension, value);
  return el("span", { class: "tone", "data-tone": tone }, el("span", { class: "mark", "aria-hidden": "true" }, toneMark(tone)), label);
}
