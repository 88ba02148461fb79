"""Commands of the family `evaluate`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import JSON, load_settings
from pipeline.errors import RecognitionError
from pipeline.terminal import escaped

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.evaluation.dates import DateScore
    from pipeline.evaluation.plover import PloverScore
    from pipeline.evaluation.readings import Outcome
    from pipeline.evaluation.scoring import Emission, Score

_LABELLED, _PLOVER, _DATES = "gold.jsonl", "plover-gold.jsonl", "dates.jsonl"


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(evaluate)


def evaluate(
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", exists=True, file_okay=False, help="Labelled articles: gold.jsonl, traps.jsonl, docs/*.json."
        ),
    ],
    as_json: bool = JSON,
    errors: Annotated[bool, typer.Option("--errors", help="List every error with its evidence.")] = False,
    min_precision: Annotated[
        float | None, typer.Option(min=0, max=1, help="Fail (exit 1) when precision is lower.")
    ] = None,
    min_recall: Annotated[float | None, typer.Option(min=0, max=1, help="Fail when recall is lower.")] = None,
    max_traps: Annotated[
        float | None, typer.Option(min=0, max=1, help="Fail when a larger share of the traps is sprung.")
    ] = None,
) -> None:
    """Measure the reader on labelled articles: precision, recall, F1, dates, traps, reliability.

    A folder with plover-gold.jsonl or dates.jsonl (public sets) is measured on those.
    """
    from pipeline.commands.screen import Screen
    from pipeline.evaluation import report

    present = [name for name in (_LABELLED, _PLOVER, _DATES) if (folder / name).exists()]
    if not present:
        raise RecognitionError(f"nothing to evaluate on in {folder}: expected {_LABELLED}, {_PLOVER} or {_DATES}")
    limited = any(limit is not None for limit in (min_precision, min_recall, max_traps))
    if limited and _LABELLED not in present:
        raise typer.BadParameter(f"limits need labelled articles: {folder} has no {_LABELLED}")

    console = Screen(quiet=as_json)
    figures: dict[str, Any] = {}
    score = None
    if _LABELLED in present:
        score, figures = _on_articles(folder, console, with_errors=errors)
    if _PLOVER in present:
        plover = _on_plover(folder / _PLOVER)
        figures["plover"] = report.plover_as_json(plover)
        report.show_plover(console, plover)
    if _DATES in present:
        dates = _on_dates(folder / _DATES)
        figures["dated_sentences"] = report.dates_as_json(dates, with_errors=errors)
        report.show_dates(console, dates, with_errors=errors)
    if as_json:
        typer.echo(escaped(json.dumps(figures, ensure_ascii=False, indent=2)))
    if score is not None:
        broken = [
            f"{name} is {value:.3f}, {relation} than {limit}"
            for name, value, relation, limit in (
                ("precision", score.overall.precision or 0, "less", min_precision),
                ("recall", score.overall.recall or 0, "less", min_recall),
                ("the share of traps sprung", score.traps_sprung or 0, "more", max_traps),
            )
            if limit is not None and (value < limit if relation == "less" else value > limit)
        ]
        if broken:
            raise RecognitionError("; ".join(broken))


def _on_articles(folder: Path, console: "Console", *, with_errors: bool) -> tuple["Score", dict[str, Any]]:
    from pipeline.evaluation import gold, report
    from pipeline.evaluation.scoring import score
    from pipeline.reading.watchlist import load_watchlist

    labelled = gold.load(folder)
    outcomes = _read(labelled.documents)
    states = {subject.id: subject.acts_for for subject in load_watchlist(load_settings().watchlist).values()}
    result = score(labelled, _emissions(outcomes), {key: state for key, state in states.items() if state})
    report.show(console, str(folder), result, outcomes, with_errors=with_errors)
    return result, report.as_json(result, outcomes, with_errors=with_errors)


def _on_plover(path: Path) -> "PloverScore":
    from pipeline.evaluation.gold import read_lines
    from pipeline.evaluation.plover import PloverSentence, score_plover
    from pipeline.records import Article

    sentences = read_lines(path, PloverSentence)
    articles = [
        Article(id=sentence.number, source="PLOVER", text=sentence.text, language="en") for sentence in sentences
    ]
    outcomes = _read((article.id, article.to_json()) for article in articles)
    return score_plover(sentences, _emissions(outcomes))


def _on_dates(path: Path) -> "DateScore":
    from pipeline.evaluation.dates import DatedSentence, score_dates
    from pipeline.evaluation.gold import read_lines
    from pipeline.reading.dates import find_dates

    sentences = read_lines(path, DatedSentence)
    return score_dates([(sentence, find_dates(sentence.text, sentence.said_on)) for sentence in sentences])


def _read(articles: Iterable[tuple[str, bytes]]) -> list["Outcome"]:
    from pipeline.evaluation.readings import read_all
    from pipeline.intake.prepare import Intake
    from pipeline.reading.load import load_reader

    settings = load_settings()
    return list(read_all(articles, Intake(settings), load_reader(settings)))


def _emissions(outcomes: Iterable["Outcome"]) -> list["Emission"]:
    from pipeline.evaluation.scoring import Emission

    return [
        Emission.of(outcome.doc, claim) for outcome in outcomes if outcome.reading for claim in outcome.reading.claims
    ]
