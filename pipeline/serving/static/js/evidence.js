/** What a Fact rests on: the sentences with the words that say it, and who copied whom. */
import { address } from "./api.js";
import { articleLink, counted, el } from "./dom.js";
import { publishedOn, timeElement } from "./dates.js";

const UNFOLDED = 6; // texts of a Fact that are shown at once

/** @typedef {{claim_id: string, source: string, url: string|null, title: string|null, published: string|null, date: string|null,
 *   attribution: string|null, origin: string, learned: string|null,
 *   evidence: {sentence: string, trigger: [number, number]|null}}} Support */

/**
 * The sentence, with its trigger in <mark>. The API counts code points, JavaScript counts UTF-16: hence the array.
 * @param {{sentence: string, trigger?: [number, number]|null}} evidence
 */
export function quoted({ sentence, trigger }) {
  const points = Array.from(sentence);
  if (!trigger || trigger[0] >= trigger[1] || trigger[1] > points.length) return el("q", {}, sentence);
  const [start, end] = trigger;
  return el(
    "q",
    {},
    points.slice(0, start).join(""),
    el("mark", {}, points.slice(start, end).join("")),
    points.slice(end).join(""),
  );
}

/**
 * The articles in groups of similar texts, the first of each group at its head; the groups in the order given.
 * @param {Support[]} support @returns {Support[][]}
 */
export function byOrigin(support) {
  const groups = new Map();
  for (const one of support) {
    const origin = one.origin ?? one.claim_id;
    groups.set(origin, [...(groups.get(origin) ?? []), one]);
  }
  return [...groups].map(([origin, group]) => {
    const head = group.findIndex((one) => one.claim_id === origin);
    return head > 0 ? [group[head], ...group.slice(0, head), ...group.slice(head + 1)] : group;
  });
}

/** All groups of a Fact. @param {{subject: string, country: string, support: Support[], sources: number, since: string|null}} fact */
export function sourcesOf(fact) {
  const groups = byOrigin(fact.support);
  const items = groups.map((group) => origin(group, fact.since));
  const unseen = fact.sources - new Set(fact.support.map((one) => one.source)).size;
  const key = [fact.dimension, fact.value, fact.since, fact.aspect, "more"].join(" ");
  return el(
    "div",
    { class: "sources" },
    el("ol", { class: "origins" }, ...items.slice(0, UNFOLDED)),
    items.length > UNFOLDED && el(
      "details",
      { "data-key": key },
      el("summary", {}, `${counted(items.length - UNFOLDED, "more text")} with ${items.length - UNFOLDED === 1 ? "its" : "their"} copies`),
      el("ol", { class: "origins" }, ...items.slice(UNFOLDED)),
    ),
    unseen > 0 && el(
      "p",
      { class: "muted" },
      `${counted(unseen, "more source")} counted, and not shown among so many: `,
      el("a", { href: address("/v1/claims", { subject: fact.subject, country: fact.country }) }, "every claim (JSON)"),
    ),
  );
}

/** @param {Support[]} group @param {string|null} since the date of the Fact: another one is told */
function origin([head, ...copies], since) {
  return el(
    "li",
    { class: "origin", "data-key": head.claim_id },
    el("blockquote", {}, quoted(head.evidence)),
    byline(head, since),
    copies.length > 0 && el(
      "details",
      { class: "copies", "data-key": `copies ${head.claim_id}` },
      el("summary", {}, `${counted(copies.length, "copy", "copies")} of this text`),
      el("ul", {}, ...copies.map((copy) => el("li", {}, byline(copy, since)))),
    ),
  );
}

/** @param {Support} support @param {string|null} since */
function byline(support, since) {
  return el(
    "p",
    { class: "byline" },
    el("cite", {}, support.title ? support.source : articleLink(support.url, support.source)),
    ", ",
    support.published ? el("time", { datetime: support.published }, publishedOn(support.published)) : publishedOn(null),
    support.title && el("span", { class: "headline" }, " · ", articleLink(support.url, support.title)),
    support.attribution && el("span", {}, ` · quoting ${support.attribution}`),
    support.date && support.date !== since && el("span", {}, " · dates it ", timeElement(support.date)),
  );
}
