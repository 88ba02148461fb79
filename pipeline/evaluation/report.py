"""The figures of an evaluation for people (rich) and for programs (JSON)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.evaluation.dates import DateScore
from pipeline.evaluation.plover import PloverScore
from pipeline.evaluation.readings import Outcome, fates
from pipeline.evaluation.reliability import Reliability, reliability
from pipeline.evaluation.scoring import Emission, Score, Tally

_BLOCKS = " ▏▎▍▌▋▊▉█"
_WIDTH = 7


def reliability_of(score: Score) -> Reliability:
    """The reliability table of the claims that are right or wrong."""
    return reliability((verdict.confidence, verdict.right) for verdict in score.judged if verdict.right is not None)


def errors(score: Score, outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Every wrong claim, sprung trap, wrong date and missed fact, with what the text says and what was made of it."""
    by_doc = {outcome.doc: outcome for outcome in outcomes}
    lines = [
        _error("wrong", verdict.leading, confidence=verdict.confidence)
        for verdict in score.judged
        if verdict.right is False
    ]
    lines += [
        _error("trap", sprung.emission, why=sprung.trap.why, labelled_evidence=sprung.trap.evidence)
        for sprung in score.sprung
    ]
    for verdict in score.judged:
        if verdict.date_right is False:
            gold = next(line for line in verdict.gold if line.date is not None)
            lines.append(_error("date", verdict.leading, labelled_date=gold.date, labelled_evidence=gold.evidence))
    for gold in score.missed:
        lines.append(
            {
                "kind": "missed",
                "doc": gold.doc,
                "subject": gold.subject,
                "country": gold.country,
                "predicate": gold.predicate,
                "date": gold.date,
                "labelled_evidence": gold.evidence,
                "why": _why_missed(by_doc.get(gold.doc), gold.subject, gold.country),
            }
        )
    return lines


def as_json(score: Score, outcomes: Sequence[Outcome], *, with_errors: bool) -> dict[str, Any]:
    """All figures of a labelled set. Ratios are None where there is nothing to divide by."""
    table = {
        "documents": {"all": len(outcomes), **fates(outcomes)},
        "overall": _ratios(score.overall),
        "country_level": _ratios(score.country_level),
        "by_predicate": {name: _ratios(tally) for name, tally in score.by_predicate.items()},
        "by_subject": {name: _ratios(tally) for name, tally in score.by_subject.items()},
        "dates": {
            "compared": score.dates_compared,
            "right": score.dates_right,
            "accuracy": score.date_accuracy,
        },
        "traps": {"all": score.traps, "sprung": len(score.sprung), "share": score.traps_sprung},
        "neither_right_nor_wrong": sum(verdict.right is None for verdict in score.judged),
        "reliability": asdict(reliability_of(score)),
    }
    if with_errors:
        table["errors"] = errors(score, outcomes)
    return table


def show(console: Console, title: str, score: Score, outcomes: Sequence[Outcome], *, with_errors: bool) -> None:
    """Print all figures of a labelled set, and the errors when asked."""
    went = ", ".join(f"{count} {fate}" for fate, count in sorted(fates(outcomes).items()))
    console.print(f"[bold]{title}[/]: {len(outcomes)} documents ({went})", highlight=False, soft_wrap=True)
    console.print(_tally_table(score))
    console.print(
        Group(
            _line("event dates", f"{score.dates_right} of {score.dates_compared} right", score.date_accuracy),
            _line("traps", f"{len(score.sprung)} of {score.traps} sprung", score.traps_sprung, good_is_low=True),
        )
    )
    console.print(_reliability_table(reliability_of(score)))
    found = errors(score, outcomes)
    if with_errors:
        for error in found:
            console.print(_error_text(error))
    elif found:
        console.print(f"[dim]errors: {len(found)}; --errors lists them with their evidence[/]", highlight=False)


def plover_as_json(score: PloverScore) -> dict[str, Any]:
    """What fired on the PLOVER sentences."""
    return {
        "sentences": score.sentences,
        "found": [asdict(emission) for emission in score.found],
        "allowed": [asdict(emission) for emission in score.allowed],
        "wrong": [asdict(emission) for emission in score.wrong],
        "missed": [
            {"doc": doc, "subject": subject, "country": country, "predicate": predicate}
            for doc, (subject, country, predicate) in score.missed
        ],
        "silence_broken": sorted({emission.doc for emission in score.silence_broken}),
    }


def show_plover(console: Console, score: PloverScore) -> None:
    """Print what fired on the PLOVER sentences, every claim of it: they are few."""
    table = Table(title=f"PLOVER: {score.sentences} sentences", title_justify="left", title_style="bold", box=None)
    for column in ("verdict", "sentence", "subject", "country", "predicate"):
        table.add_column(column, no_wrap=True)
    rows = [("right", "green", score.found), ("allowed", "cyan", score.allowed), ("wrong", "red", score.wrong)]
    for verdict, style, emissions in rows:
        for emission in emissions:
            table.add_row(Text(verdict, style), emission.doc, emission.subject, emission.country, emission.predicate)
    for doc, reading in score.missed:
        table.add_row(Text("missed", "yellow"), doc, *reading)
    console.print(table)
    broken = sorted({emission.doc for emission in score.silence_broken})
    console.print(
        f"[red]not silent where nothing changed: {', '.join(broken)}[/]"
        if broken
        else "silent on every sentence that changes nothing",
        highlight=False,
    )


def dates_as_json(score: DateScore, *, with_errors: bool) -> dict[str, Any]:
    """The figures of the dated sentences."""
    table = asdict(score)
    if not with_errors:
        del table["misses"]
    return table


def show_dates(console: Console, score: DateScore, *, with_errors: bool) -> None:
    """Print the figures of the dated sentences."""
    console.print(f"\n[bold]Dates[/]: {score.labels} labels", highlight=False)
    share = score.labels or 1
    console.print(_line("exact", f"{score.exact} of {score.labels}", score.exact / share))
    console.print(_line("agreeing", f"{score.agreeing} of {score.labels}", score.agreeing / share))
    console.print(f"  found where the set has no label: {score.unlabelled}", highlight=False)
    if with_errors:
        for miss in score.misses:
            verdict = f"{miss.got or 'nothing'}, labelled {' or '.join(miss.values)}"
            console.print(Text.assemble("  ", (miss.words, "bold"), f": {verdict}\n    ", (miss.sentence, "dim")))


def _ratios(tally: Tally) -> dict[str, float | int | None]:
    return {**asdict(tally), "precision": tally.precision, "recall": tally.recall, "f1": tally.f1}


def _error(kind: str, emission: Emission, **more: object) -> dict[str, Any]:
    return {"kind": kind, **asdict(emission), **more}


def _why_missed(outcome: Outcome | None, subject: str, country: str) -> str:
    if outcome is None or outcome.reading is None:
        return f"{outcome.fate}: {outcome.reason}" if outcome else "not read"
    pair = (subject, country)
    made = [claim.predicate for claim in outcome.reading.claims if (claim.subject, claim.country) == pair]
    weighed = [
        f"{weighed.claim.predicate} but {weighed.reason}"
        for weighed in outcome.reading.weighed
        if (weighed.claim.subject, weighed.claim.country) == pair
    ]
    said = [
        f"{name} {', '.join(sorted(set(items)))}" for name, items in (("read", made), ("weighed", weighed)) if items
    ]
    return "; ".join(said) or "nothing found on this pair"


def _tally_table(score: Score) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in ("right", "wrong", "missed"):
        table.add_column(column, justify="right")
    for column in ("precision", "recall"):
        table.add_column(column, no_wrap=True)
    table.add_column("F1", justify="right", min_width=4)

    def add(name: str, tally: Tally, style: str = "") -> None:
        counts = (str(tally.right), str(tally.wrong), str(tally.missed))
        f1 = "-" if tally.f1 is None else f"{tally.f1:.2f}"
        table.add_row(Text(name, style), *counts, _bar(tally.precision), _bar(tally.recall), f1)

    add("all claims", score.overall, "bold")
    add("country-level", score.country_level, "bold")
    groups: tuple[tuple[str, Mapping[str, Tally]], ...] = (
        ("by predicate", score.by_predicate),
        ("by subject", score.by_subject),
    )
    for heading, tallies in groups:
        table.add_row("")
        table.add_row(Text(heading, "dim"))
        for name, tally in tallies.items():
            add(f"  {name}", tally)
    return table


def _reliability_table(table: Reliability) -> RenderableType:
    if table.brier is None or table.expected_calibration_error is None:
        return Text("\nno claims, no reliability\n", "dim")
    grid = Table(box=None, pad_edge=False, header_style="dim", title="\nreliability", title_style="dim")
    grid.title_justify = "left"
    for column, justify in (("confidence", "left"), ("claims", "right"), ("mean", "right"), ("observed", "left")):
        grid.add_column(column, justify="right" if justify == "right" else "left")
    for row in table.bins:
        grid.add_row(f"{row.low:.1f} to {row.high:.1f}", str(row.count), f"{row.confidence:.2f}", _bar(row.observed))
    figures = f"Brier score {table.brier:.3f}, expected calibration error {table.expected_calibration_error:.3f}\n"
    return Group(grid, Text(figures))


def _line(name: str, counts: str, share: float | None, *, good_is_low: bool = False) -> Text:
    return Text.assemble(f"{name:<12}", f"{counts:<20}", _bar(share, good_is_low=good_is_low))


def _bar(share: float | None, *, good_is_low: bool = False) -> Text:
    if share is None:
        return Text("   -", "dim")
    eighths = round(share * _WIDTH * 8)
    bar = (_BLOCKS[8] * (eighths // 8) + _BLOCKS[eighths % 8]).strip()
    good = 1 - share if good_is_low else share
    return Text.assemble(
        f"{share:.2f} ", (bar.ljust(_WIDTH), "green" if good >= 0.9 else "yellow" if good >= 0.7 else "red")
    )


def _error_text(error: Mapping[str, Any]) -> Table:
    head = Text(f"{error['doc']}  {error['subject']} {error['country']} ")
    head.append(error["predicate"], "bold")
    head.append(f" {error['date'] or 'undated'}")
    if error.get("labelled_date"):
        head.append(f", labelled {error['labelled_date']}")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, width=8)
    grid.add_row(Text(error["kind"], {"missed": "yellow", "date": "cyan"}.get(error["kind"], "red")), head)
    for field, name in (("why", "why"), ("evidence", "read in"), ("labelled_evidence", "label")):
        if error.get(field):
            grid.add_row(Text(name, "dim"), Text(" ".join(error[field].split()), "dim"))
    return grid
