/** The rows that the page has: of one subject, at the chosen day and now. Kept up to date by alerts. */
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
  loaded = false;
  /** Told which countries changed. @type {(countries: Set<string>) => void} */
  onChange = () => {};

  #subject = null;
  #asOf = null;
  #request = null;
  /** Country -> the revision that an alert promised. @type {Map<string, number>} */
  #expected = new Map();
  #timer = 0;

  /** @param {string} dimension @returns {Row[]} */
  of(dimension) {
    return this.shown.filter((row) => row.dimension === dimension);
  }

  /** @param {string} dimension */
  datesNow(dimension) {
    return this.now.filter((row) => row.dimension === dimension).map((row) => row.since);
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
      [this.now, this.shown, this.loaded] = [[], [], false];
      this.#expected.clear();
    }
    const fresh = again || !this.loaded;
    [this.#subject, this.#asOf] = [subject, asOf];
    try {
      const rows = (at) => (subject ? getAll("/v1/status", { subject, as_of: at }, request.signal) : []);
      if (asOf === null) {
        this.now = this.shown = await rows(null);
      } else {
        [this.now, this.shown] = await Promise.all([fresh ? rows(null) : this.now, rows(asOf)]);
      }
      this.loaded = true;
      return true;
    } catch (error) {
      if (request.signal.aborted) return false;
      this.loaded = true;
      throw error;
    }
  }

  /** An alert says that a country has come to a revision: read its rows until they are of that one. */
  expect(country, revision) {
    this.#expected.set(country, Math.max(revision, this.#expected.get(country) ?? 0));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(TRIES), GATHER_MS);
  }

  async #refresh(tries) {
    const subject = this.#subject;
    const due = [...this.#expected];
    if (due.length === 0) return;
    try {
      if (due.length > SINGLE) {
        this.#expected.clear();
        if (await this.load(subject, this.#asOf, { again: true })) this.onChange(new Set(due.map(([country]) => country)));
        return;
      }
      const changed = new Set();
      for (const [country, revision] of due) {
        const seen = await this.#refreshOne(subject, country);
        if (subject !== this.#subject) return;
        changed.add(country);
        if (seen >= revision && this.#expected.get(country) === revision) this.#expected.delete(country);
      }
      this.onChange(changed);
    } catch {
      // asked again below
    }
    if (this.#expected.size > 0 && tries > 1) this.#timer = setTimeout(() => this.#refresh(tries - 1), TRY_AGAIN_MS);
    else this.#expected.clear();
  }

  async #refreshOne(subject, country) {
    const asOf = this.#asOf;
    const path = `/v1/status/${subject}/${country}`;
    const nothing = { data: { rows: [], revision: 0 } };
    const ask = (query) => get(path, query).catch((error) => (error.status === 404 ? nothing : Promise.reject(error)));
    const [now, then] = await Promise.all([ask({}), asOf === null ? null : ask({ as_of: asOf })]);
    if (subject !== this.#subject || asOf !== this.#asOf) return 0;
    const others = (rows) => rows.filter((row) => row.country !== country);
    this.now = [...others(this.now), ...now.data.rows];
    this.shown = then === null ? this.now : [...others(this.shown), ...then.data.rows];
    return now.data.revision;
  }
}
