"""The acceptance test without a broker: five articles, read and folded in all 120 orders, one end state."""

import functools
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import edtf
from pipeline.intake.files import read_articles
from pipeline.intake.prepare import Intake
from pipeline.judging.fold import fold
from pipeline.judging.view import rows
from pipeline.reading.reader import english
from pipeline.records import Article, Change, Claim, Status, StatusRow
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
CORPORA = {"retold": ROOT / "seeds", "original": SHARED / "seeds"}


@functools.cache
def claims_of(corpus: str) -> tuple[tuple[Claim, ...], ...]:
    """The claims of each article of a corpus, read once."""
    if not CORPORA[corpus].is_dir():
        pytest.skip(f"the {corpus} seed articles are not here")
    settings = Settings()
    intake, reader = Intake(settings), english(settings)
    articles = [article for article in read_articles([CORPORA[corpus]]) if isinstance(article, Article)]
    assert len(articles) == 5
    return tuple(reader(intake.document(article)).claims for article in articles)


def expected() -> dict[str, Any]:
    path = SHARED / "seeds-expected.json"
    if not path.is_file():
        pytest.skip("seeds-expected.json is not here")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def folded(articles: tuple[tuple[Claim, ...], ...]) -> tuple[dict[str, Status], list[Change]]:
    table: dict[str, Status] = {}
    changes: list[Change] = []
    for claims in articles:
        for claim in claims:
            table[claim.key], told = fold(table.get(claim.key), claim)
            changes.extend(told)
    return table, changes


def told(table: dict[str, Status]) -> list[StatusRow]:
    """The rows without what follows the order of arrival."""
    return [row.model_copy(update={"revision": 0}) for key in sorted(table) for row in rows(table[key])]


def announcements(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [
        (change.subject, change.country, change.kind)
        for change in changes
        if (change.dimension, change.value) == ("recognition", "recognized") and change.kind != "confirmed"
    ]


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_table_is_what_a_careful_reader_takes_from_the_five(corpus: str) -> None:
    table, _ = folded(claims_of(corpus))
    found = {(row.subject, row.country, row.dimension): row for row in told(table)}
    wanted = expected()["status"]
    assert set(found) == {(row["subject"], row["country"], row["dimension"]) for row in wanted}
    for want in wanted:
        row = found[want["subject"], want["country"], want["dimension"]]
        assert row.value in {want["value"], *want.get("also_right", [])}, want
        if "since" in want:
            assert row.since == want["since"], want
        if "sources" in want:
            assert row.sources == want["sources"], want
        if want.get("first_ever"):
            assert row.first_ever, want
        for old in want.get("history", []):
            facts = [fact for fact in table[f"{row.subject}|{row.country}"].facts if fact.dimension == row.dimension]
            assert any(fact.value == old["value"] and fact.since == old["since"] for fact in facts), want


@pytest.mark.parametrize("corpus", CORPORA)
def test_all_120_orders_end_in_the_same_state_and_one_alert(corpus: str) -> None:
    read = claims_of(corpus)
    table, _ = folded(read)
    end = told(table)
    for order in itertools.permutations(read):
        table, changes = folded(order)
        assert told(table) == end
        assert announcements(changes) == [("taliban", "RU", "new")]


@pytest.mark.parametrize("corpus", CORPORA)
def test_read_in_their_order_the_alert_tells_the_day(corpus: str) -> None:
    _, changes = folded(claims_of(corpus))
    (change,) = (one for one in changes if (one.dimension, one.kind) == ("recognition", "new"))
    assert (change.key, change.value, change.fact.since) == ("taliban|RU", "recognized", "2025-07-03")


@pytest.mark.parametrize("corpus", CORPORA)
def test_reading_every_article_three_times_changes_nothing(corpus: str) -> None:
    read = claims_of(corpus)
    once, changes = folded(read)
    thrice, repeated = folded(read + read[::-1] + read)
    assert thrice == once
    assert {change.id for change in repeated} == {change.id for change in changes}


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_credentials_keep_both_dates_and_the_better_supported_leads(corpus: str) -> None:
    table, _ = folded(claims_of(corpus))
    (fact,) = (fact for fact in table["taliban|RU"].facts if fact.dimension == "accreditation")
    assert fact.dates[0].date == "2025-07-03"
    assert any(edtf.agree(dated.date, "2025-07-01") for dated in fact.dates)
