/**
 * The rows that the page has: of one subject, at the chosen day and now; and the days on which they change.
 *
 * They are read when another subject or day is chosen (`load`), when an alert promises a row (`expect`), and when main.js
 * finds that the live table has moved on (`load` again): confidence and sources change without an alert.
 */
import { get, getAll } from "./api.js";

/** @typedef {import("./rows.js").Row} Row */

const GATHER_MS = 250;
const SINGLE = 8; // more countries that change at once are read as one table
const TRIES = 6;
const TRY_AGAIN_MS = 700;

export class Table {
  /** @type {Row[]} what holds now */
  now = [];
  /** @type {Row[]} what held on the chosen day */
  shown = [];
  /** @type {{dimension: string, date: string}[]} on which a row begins, changes or ends, in order */
  days = [];
  loaded = false;
  /** Told which countries changed. @type {(countries: Set<string>) => void} */
  onChange = () => {};

  #subject = null;
  #asOf = null;
  /** What `shown` is of: behind what was asked for until the answer is here. @type {string|null|undefined} */
  #shownAsOf = undefined;
  /** Whether what holds now is to be read again. */
  #outdated = true;
  #request = null;
  /** What alerts promised and is not here yet. @type {{country: string, dimension: string, revision: number, tries: number}[]} */
  #expected = [];
  /** @type {number|null} */
  #timer = null;

  /** Whether the rows are those of this subject and day. @param {string|null} subject @param {string|null} asOf */
  holds(subject, asOf) {
    return this.loaded && this.#subject === subject && this.#shownAsOf === asOf;
  }

  /** @param {string} dimension @returns {Row[]} */
  of(dimension) {
    return this.shown.filter((row) => row.dimension === dimension);
  }

  /** @param {string} dimension */
  daysOf(dimension) {
    return this.days.filter((one) => one.dimension === dimension).map(({ date }) => date);
  }

  /** The first day of all dimensions. @returns {string|null} */
  get earliest() {
    return this.days.map(({ date }) => date).sort()[0] ?? null;
  }

  /**
   * Read the rows of a subject. @param {string|null} subject @param {string|null} asOf
   * @param {{again?: boolean}} [how] again: also what holds now, though it is here
   * @returns {Promise<boolean>} false when another choice came in between
   */
  async load(subject, asOf, { again = false } = {}) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    if (subject !== this.#subject) {
      [this.now, this.shown, this.days, this.loaded] = [[], [], [], false];
      this.#expected = [];
      this.#outdated = true;
    }
    this.#outdated ||= again;
    [this.#subject, this.#asOf] = [subject, asOf];
    try {
      const rows = (at) => (subject ? getAll("/v1/status", { subject, as_of: at }, request.signal) : []);
      const [now, then, days] = await Promise.all([
        this.#outdated ? rows(null) : this.now,
        asOf === null ? null : rows(asOf),
        this.#outdated ? readDays(subject, request.signal) : this.days,
      ]);
      [this.now, this.shown, this.days] = [now, then ?? now, days];
      this.#outdated = false;
      this.#shownAsOf = asOf;
      this.loaded = true;
      return true;
    } catch (error) {
      if (request.signal.aborted) return false;
      this.loaded = true;
      throw error;
    }
  }

  /** An alert says that a row has come to a revision: read the country's rows until they are of that one.
   * @param {{country: string, dimension: string, revision: number}} promised */
  expect({ country, dimension, revision }) {
    this.#expected.push({ country, dimension, revision, tries: TRIES });
    this.#later(GATHER_MS);
  }

  #later(ms) {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#refresh(), ms);
  }

  async #refresh() {
    const subject = this.#subject;
    const due = new Set(this.#expected.map(({ country }) => country));
    try {
      if (due.size > SINGLE) await this.load(subject, this.#asOf, { again: true });
      else {
        for (const country of due) await this.#refreshOne(subject, country);
        const days = await readDays(subject);
        if (subject === this.#subject) this.days = days;
      }
    } catch {
      // asked again below
    }
    this.#timer = null;
    if (subject !== this.#subject) return;
    const here = ({ country, dimension, revision }) =>
      this.now.some((row) => row.country === country && row.dimension === dimension && row.revision >= revision);
    for (const promised of this.#expected) promised.tries -= 1;
    this.#expected = this.#expected.filter((promised) => promised.tries > 0 && !here(promised));
    this.onChange(due);
    if (this.#expected.length > 0) this.#later(TRY_AGAIN_MS);
  }

  async #refreshOne(subject, country) {
    const asOf = this.#asOf;
    const ask = (at) => getAll("/v1/status", { subject, country, as_of: at });
    const [now, then] = await Promise.all([ask(null), asOf === null ? null : ask(asOf)]);
    if (subject !== this.#subject || asOf !== this.#asOf) return;
    const others = (rows) => rows.filter((row) => row.country !== country);
    this.now = [...others(this.now), ...now];
    this.shown = then === null ? this.now : [...others(this.shown), ...then];
  }
}

async function readDays(subject, signal = undefined) {
  return subject ? (await get("/v1/days", { subject }, signal)).data : [];
}
