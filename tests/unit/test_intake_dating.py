"""What day an article is of: by its metadata, by its page, by its text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import edtf
from pipeline.intake.clean import clean
from pipeline.intake.dating import Dating, date_article, latest_past_day
from pipeline.records import Article
from tests.unit.test_dates import no_clock

SHARED = Path(__file__).parents[3] / "shared"
REPORT = "Ruritania opened a mission in the island capital, its foreign minister told reporters in the harbour town."


def dating(text: str, published: str | None = None) -> Dating:
    article = Article(id="a", source="x", title="Islands get a mission", text=text, published=published)
    return date_article(article, clean(article))


@pytest.mark.parametrize(
    ("published", "told"),
    [
        ("2025-07-04", "2025-07-04"),
        ("2025-07-04T23:55:43+05:30", "2025-07-04T23:55:43+05:30"),  # the publisher's own day
        ("2025-07-04T09:30Z", "2025-07-04T09:30Z"),
        ("2025-07-04 23:55:43+00:00", "2025-07-04T23:55:43+00:00"),
        ("2025-07-04T23:55:43+0530", "2025-07-04T23:55:43+05:30"),
        ("20250704", "2025-07-04"),
        ("20250704T235543Z", "2025-07-04T23:55:43+00:00"),
        ("2025-W27-5", "2025-07-04"),
    ],
)
def test_metadata_go_first(published: str, told: str) -> None:
    assert dating(f"July 1, 2025\n{REPORT}", published) == Dating(told, "2025-07-04", "published")


@pytest.mark.parametrize(
    "nothing",
    ["1970-01-01T00:00:00+00:00", "0001-01-01T00:00:00", "0001-01-15", "1899-12-30", "9999-12-31T23:59:59-12:00"],
)
def test_what_a_clock_or_a_program_writes_for_no_date_is_none(nothing: str) -> None:
    assert dating(REPORT, nothing) == Dating(None, None, "none")


@pytest.mark.parametrize(
    ("line", "published", "dated"),
    [
        ("July 04, 2025Harbour Post", "2025-07-04", "2025-07-04"),
        ("07/07/2025 / By Ann Example", "2025-07-07", "2025-07-07"),
        ("Posted on 3 July 2025 by Ann Example", "2025-07-03", "2025-07-03"),
        ("Friday, 4 July 2025 09:30 GMT", "2025-07-04", "2025-07-04"),
        ("Published: 2025-07-04 | Updated: 2025-07-05", "2025-07-04", "2025-07-04"),
        ("Last updated July 5, 2025\nPublished July 4, 2025", "2025-07-04", "2025-07-04"),
        ("04.07.2025", "2025-07-04", "2025-07-04"),  # with stops the day comes first
        ("23/07/2025", "2025-07-23", "2025-07-23"),
        ("7/23/2025", "2025-07-23", "2025-07-23"),
        ("07/08/2025", None, "2025"),  # either, and nothing says which
        ("3 hours ago", None, None),
    ],
)
def test_a_printed_line_dates_the_article(line: str, published: str | None, dated: str | None) -> None:
    found = dating(f"{line}\n\n{REPORT}")
    assert (found.published, found.dated) == (published, dated)
    assert found.basis == ("published" if dated else "none")


def test_a_date_in_figures_is_read_by_what_the_text_reports() -> None:
    assert dating(f"07/08/2025\n{REPORT} It happened on July 3.") == Dating("2025-07-08", "2025-07-08", "published")
    assert dating(f"07/08/2025\n{REPORT} It happened on 5 August.") == Dating("2025-08-07", "2025-08-07", "published")
    # neither follows shortly on the event: the year alone is certain, and gives the event its own
    assert dating(f"07/08/2025\n{REPORT} It happened on May 3.") == Dating(None, "2025-05-03", "text")


def test_a_date_in_figures_is_read_by_the_others_of_its_page() -> None:
    assert dating(f"07/08/2025\n{REPORT} It is registered under 23/06/2025.").published == "2025-08-07"
    assert dating(f"07/08/2025\n{REPORT} It is registered under 06/23/2025.").published == "2025-07-08"


def test_a_place_line_dates_as_far_as_it_goes() -> None:
    assert dating(f"KABUL, July 4 (Xinhua) -- {REPORT}") == Dating(None, "XXXX-07-04", "published")
    assert dating(f"KABUL, July 4 (Xinhua) -- {REPORT} It follows the pact of June 20, 2025.") == Dating(
        "2025-07-04", "2025-07-04", "published"
    )


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("It was listed in August 2021 and delisted in April 2025.", "2025-04"),
        ("He came on July 1. Two days later it was confirmed, after the April decision.", "XXXX-07-03"),
        # April 2025 is past and July 3 was, but of which year nothing says
        ("It was delisted in April 2025. On July 3 the envoy came.", "XXXX-07-03"),
        # of the years it speaks of, in 2025 alone July 3 was a Thursday
        ("It was delisted in April 2025. On Thursday, July 3, the envoy came.", "2025-07-03"),
        ("The pact of 3 July 2025 was published on July 4.", "2025-07-04"),
        ("The pact of 30 December 2024 was published on January 2.", "2025-01-02"),
        ("It won independence on 14 May 1948. On March 24 it switched sides.", "XXXX-03-24"),
        ("It won independence on 14 May 1948. On June 1, after a vote in 2007, it switched sides.", "XXXX-06-01"),
        ("It began on December 28 and ended on January 3.", "XXXX-01-03"),
        ("It was delisted in April.", "XXXX-04"),
        ("It will be opened on 1 January 2026, the minister said on 3 July 2025.", "2025-07-03"),
        ("It must leave by 1 January 2026. It came on 3 July 2025.", "2025-07-03"),
        ("It has been so since 2003, and since last October.", None),
        ("It came on Thursday, 8 hours ago.", None),
        ("Nothing is dated here.", None),
    ],
)
def test_the_latest_past_day_of_a_text(text: str, latest: str | None) -> None:
    assert latest_past_day(text) == latest
    assert dating(f"{REPORT}\n\n{text}") == Dating(None, latest, "text" if latest else "none")


@given(st.text(), st.one_of(st.none(), st.dates().map(str)))
def test_any_text_is_dated_by_a_date_or_not_at_all(text: str, published: str | None) -> None:
    found = dating(text, published)
    assert (found.dated is None) == (found.basis == "none")
    if found.dated is not None:
        edtf.parse(found.dated)


def test_the_clock_is_never_asked() -> None:
    with no_clock():
        for text in (REPORT, f"07/08/2025\n{REPORT} On Thursday, July 3, and in April.", f"3 hours ago\n{REPORT}"):
            dating(text)


@pytest.mark.skipif(not (SHARED / "seeds").exists(), reason="the original seed articles are not at hand")
def test_the_original_seeds() -> None:
    found = {}
    for path in (SHARED / "seeds").glob("*.txt"):
        article = Article(id="a", source="x", text=path.read_text("utf-8"))
        each = date_article(article, clean(article))
        found[path.name[:3]] = (each.dated, each.basis)
    assert found == {
        "000": ("2025-07-07", "published"),
        "001": ("2025-04", "text"),
        "002": ("2025-07-04", "published"),
        "003": ("XXXX-07-03", "text"),
        "004": ("XXXX-07-03", "text"),
    }


@pytest.mark.skipif(not (SHARED / "evaluation").exists(), reason="the labelled articles are not at hand")
def test_feed_headers_give_the_day_that_the_metadata_give() -> None:
    for path in sorted((SHARED / "evaluation" / "docs").glob("*.json")):
        entry = json.loads(path.read_text("utf-8"))
        found = dating(entry["text"])
        assert found.basis == "published", entry["id"]
        assert found.dated == entry["published"], entry["id"]
