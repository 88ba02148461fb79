/** The dimensions, as a row of radio buttons with how many countries have a value in each. */
import { byId, el, fill } from "./dom.js";
import { choose } from "./state.js";
import { dimensions } from "./words.js";

/** @param {import("./rows.js").Row[]} rows of the subject, of all dimensions @param {string} chosen */
export function showSegments(rows, chosen) {
  const box = byId("dimensions");
  if (box.childElementCount !== dimensions.size) {
    fill(box, ...[...dimensions.values()].map(segment));
    box.addEventListener("change", (event) => choose({ dimension: event.target.value }));
  }
  for (const input of box.querySelectorAll("input")) {
    const count = rows.filter((row) => row.dimension === input.value).length;
    input.checked = input.value === chosen;
    const label = input.nextElementSibling;
    label.classList.toggle("none", count === 0);
    label.querySelector(".count").textContent = count.toLocaleString("en");
  }
}

function segment({ id, label, about }) {
  return el(
    "span",
    { class: "segment" },
    el("input", { type: "radio", name: "dimension", id: `dimension-${id}`, value: id }),
    el("label", { for: `dimension-${id}`, title: about }, label, " ", el("span", { class: "count" }, "0")),
  );
}
