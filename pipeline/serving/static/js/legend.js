/** The legend: what each colour means, how many countries have it; a press shows these alone. */
import { byId, counted, el, refill } from "./dom.js";
import { counts } from "./rows.js";
import { toneMark, valueOf } from "./words.js";

/**
 * @param {import("./rows.js").Row[]} rows of one dimension @param {string} dimension
 * @param {string|null} only the value that is shown alone @param {(value: string|null) => void} onOnly
 */
export function showLegend(rows, dimension, only, onOnly) {
  const keys = counts(rows, dimension).map(([value, count]) => {
    const { label, tone } = valueOf(dimension, value);
    const button = el(
      "button",
      { type: "button", "data-legend": value, "aria-pressed": String(only === value), title: `Show only: ${label}` },
      el("span", { class: "swatch", "data-tone": tone, "aria-hidden": "true" }, toneMark(tone)),
      el("span", {}, label),
      el("strong", {}, count.toLocaleString("en")),
      el("span", { class: "hidden-text" }, count === 1 ? " country" : " countries"),
    );
    button.addEventListener("click", () => onOnly(only === value ? null : value));
    return el("li", {}, button);
  });
  const disputed = rows.filter((row) => row.confidence === "disputed").length;
  refill(
    byId("legend"),
    "data-legend",
    ...keys,
    disputed > 0 && el("li", { class: "key" }, el("span", { class: "swatch disputed", "aria-hidden": "true" }), `disputed: ${disputed}`),
    el("li", { class: "key" }, el("span", { class: "swatch", "aria-hidden": "true" }), "nothing read"),
    el("li", { class: "hidden-text" }, counted(rows.length, "country", "countries"), " in all"),
  );
}
