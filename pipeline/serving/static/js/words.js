/** The words of the data as people read them, and the tone that a value has on the map. Filled from the API. */

/** @typedef {{value: string, label: string, tone: string}} Value */
/** @typedef {{id: string, label: string, about: string, values: Value[]}} DimensionWords */

/** By id, in the order of the API. @type {Map<string, DimensionWords>} */
export const dimensions = new Map();

/** @type {Map<string, string>} */
const countries = new Map();

/**
 * The tone of each value (css/tokens.css has its colours and patterns): closer to the subject is blue, against it is
 * orange to red; halfway is striped. A value that is not here takes a spare tone.
 */
const TONES = {
  recognition: { recognized: "strong", considering: "leaning", not_recognized: "against", withdrawn: "undone" },
  relations: { established: "strong", downgraded: "against", severed: "undone" },
  accreditation: { ambassador: "strong" },
  presence: { ambassador: "strong", embassy: "middle", mission: "weak", closed: "undone" },
  terrorism_listing: { delisted: "strong", listed: "undone" },
  sanctions: { lifted: "strong", imposed: "undone" },
};
const SPARE = ["middle", "weak", "leaning", "against", "undone"];
const MARKS = { strong: "●", middle: "◕", weak: "◔", leaning: "◐", against: "○", undone: "✕" };

/**
 * @param {{dimension: string, label: string, about: string, values: {value: string, label: string}[]}[]} ontology
 * data of /v1/ontology
 * @param {{code: string, name: string}[]} names data of /v1/countries
 */
export function learn(ontology, names) {
  for (const { dimension, label, about, values } of ontology) {
    const spare = [...SPARE];
    dimensions.set(dimension, {
      id: dimension,
      label,
      about,
      values: values.map(({ value, label: name }) => ({
        value,
        label: name,
        tone: TONES[dimension]?.[value] ?? spare.shift() ?? "weak",
      })),
    });
  }
  for (const { code, name } of names) countries.set(code, name);
}

/** @param {string} code */
export const countryName = (code) => countries.get(code) ?? code;

/** @param {string} code */
export const isCountry = (code) => countries.has(code);

/** @param {string} dimension */
export const dimensionLabel = (dimension) => dimensions.get(dimension)?.label ?? plain(dimension);

/** @param {string} dimension @param {string} value @returns {Value} */
export function valueOf(dimension, value) {
  const known = dimensions.get(dimension)?.values.find((one) => one.value === value);
  return known ?? { value, label: plain(value), tone: "weak" };
}

/** @param {string} dimension @param {string} value */
export const valueLabel = (dimension, value) => valueOf(dimension, value).label;

/** A sign beside a colour, for those who do not see it. @param {string} tone */
export const toneMark = (tone) => MARKS[tone] ?? "●";

/** @param {string} word */
const plain = (word) => word.replaceAll("_", " ");
