/** Stripes for the tones that stand between two others or undo one, so that colour is not all that tells. */
import { svg } from "./dom.js";

/** <defs> with a pattern for each striped tone; css/map.css fills with them. */
export function tonePatterns() {
  return svg("defs", {}, stripes("leaning", 45, 5, 2.4), stripes("undone", 135, 4, 1.1), stripes("no-code", 45, 3, 0.8));
}

function stripes(name, angle, every, width) {
  return svg(
    "pattern",
    {
      id: `tone-${name}`, width: every, height: every, patternUnits: "userSpaceOnUse",
      patternTransform: `rotate(${angle})`,
    },
    svg("rect", { class: `pattern-${name}-ground`, width: every, height: every }),
    svg("rect", { class: `pattern-${name}-stripe`, width, height: every }),
  );
}
