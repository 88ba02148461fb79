"""The functions of the dashboard's scripts that need no page, run where they will run."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser, Page

from pipeline import edtf
from tests.browser.conftest import Service
from tests.browser.corpus import WORLD


@pytest.fixture(scope="module")
async def blank(chromium: Browser, service: Service) -> AsyncIterator[Page]:
    """A page of the server's origin that runs nothing by itself."""
    page = await chromium.new_page()
    await page.goto(f"{service.url}/static/map.svg")
    yield page
    await page.close()


async def call(page: Page, module: str, function: str, *arguments: object) -> Any:
    return await page.evaluate(
        "async ([module, name, values]) => (await import(`/static/js/${module}.js`))[name](...values)",
        [module, function, list(arguments)],
    )


@pytest.mark.parametrize(
    ("date", "text", "note"),
    [
        ("2025-07-03", "3 July 2025", ""),
        ("2025-04", "April 2025", "day unknown"),
        ("2003", "2003", "only the year is known"),
        ("XXXX-07-03", "3 July, year unknown", ""),
        ("XXXX-07", "July, year unknown", ""),
        (None, "date unknown", ""),
    ],
)
async def test_dates_are_written_as_precisely_as_they_are_known(
    blank: Page, date: str | None, text: str, note: str
) -> None:
    assert await call(blank, "dates", "written", date) == text
    assert await call(blank, "dates", "precisionNote", date) == note


DATES = [
    "2025-07-03",
    "2024-02",
    "1900-02",
    "2003",
    "2000-02-29",
    "1988-11-15",
    "0999",
    "0001",
    "0099-12-31",
    "1969-12-31",
    "XXXX-07-03",
]


async def test_days_are_those_of_the_records(blank: Page) -> None:
    for date in DATES:
        found = [await call(blank, "dates", name, date) for name in ("firstDay", "lastDay")]
        if not edtf.has_year(date):
            assert found == [None, None]
            continue
        first, last = edtf.span(date)
        assert [await call(blank, "dates", "isoDay", day) for day in found] == [first.isoformat(), last.isoformat()]


@pytest.mark.parametrize(
    ("text", "taken"),
    [("2025-07-03", True), ("2025-07", True), ("2025", True), ("2025-02-30", False), ("2025-13", False),
     ("XXXX-07-03", False), ("soon", False), ("", False), ("2025-7-3", False), ("0001-01-01", True), ("0000", False)],
)  # fmt: skip
async def test_as_of_is_a_date_with_a_year(blank: Page, text: str, taken: bool) -> None:
    assert await call(blank, "dates", "isAsOf", text) is taken


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("http://example.org", "http://example.org/"),
        ("javascript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("data:text/html,<script>alert(1)</script>", None),
        ("/relative", None),
        ("file:///etc/passwd", None),
        (None, None),
    ],
)
async def test_only_addresses_of_the_web_become_links(blank: Page, address: str | None, taken: str | None) -> None:
    assert await call(blank, "dom", "webAddress", address) == taken


async def test_the_mark_is_where_the_code_points_say(blank: Page) -> None:
    marked = """async ([sentence, trigger]) => {
        const made = (await import("/static/js/evidence.js")).quoted({ sentence, trigger });
        return [made.textContent, made.querySelector("mark")?.textContent ?? null];
    }"""

    async def check(sentence: str, trigger: list[int] | None) -> None:
        text, mark = await blank.evaluate(marked, [sentence, trigger])
        assert text == sentence
        whole = trigger is not None and trigger[0] < trigger[1] <= len(sentence)
        assert mark == (sentence[trigger[0] : trigger[1]] if whole and trigger else None)

    examples: list[tuple[str, list[int] | None]] = []
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)

    @settings(max_examples=60)
    @given(text, st.none() | st.lists(st.integers(0, 45), min_size=2, max_size=2))
    def collect(sentence: str, trigger: list[int] | None) -> None:
        examples.append((sentence, trigger))

    collect()
    for sentence, trigger in examples:
        await check(sentence, trigger)


async def test_copies_stand_behind_the_text_that_they_copy(blank: Page) -> None:
    def support(claim: str, origin: str) -> dict[str, str]:
        return {"claim_id": claim, "origin": origin}

    given = [support("b", "a"), support("c", "c"), support("a", "a"), support("d", "gone"), support("e", "gone")]
    groups = await call(blank, "evidence", "byOrigin", given)
    assert [[one["claim_id"] for one in group] for group in groups] == [["a", "b"], ["c"], ["d", "e"]]


async def test_a_list_is_read_to_its_last_page(blank: Page, service: Service) -> None:
    pages: list[str] = []
    blank.on("request", lambda request: pages.append(request.url))
    found = await call(blank, "api", "getAll", "/v1/status", {"subject": WORLD}, None, 50)
    keys = [(row["country"], row["dimension"]) for row in found]
    known = {status.country for status in service.told.statuses.values() if status.subject == WORLD}
    assert len(keys) == len(set(keys)) > 200
    assert {country for country, _ in keys} == known
    assert len([url for url in pages if "/v1/status" in url]) == -(-len(keys) // 50)
