"""What the address asks for: shown as far as it can be, and said where it cannot."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Dashboard


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("as_of=garbage", "as_of=garbage (no day before today)"),
        ("as_of=2999", "as_of=2999 (no day before today)"),
        ("dimension=nope", "dimension=nope (no such dimension)"),
        ("country=../../x", "country=../../x (no code of a country)"),
        ("country=ZZ", "country=ZZ (no code of a country)"),
    ],
)
async def test_what_cannot_be_is_said_and_goes(dashboard: Dashboard, query: str, said: str) -> None:
    asked: list[str] = []
    dashboard.page.on("request", lambda request: asked.append(request.url))
    await dashboard.open(f"?subject=taliban&{query}")
    await expect(dashboard.page.locator("#notice")).to_contain_text(said)
    assert dashboard.page.url == f"{dashboard.url}/?subject=taliban&dimension=recognition"
    await expect(dashboard.page.locator("#panel")).to_be_hidden()
    await dashboard.wait_for_tone("RU", "strong")
    assert not [url for url in asked if "history" in url]
    await dashboard.page.locator("#dimension-presence").check(force=True)
    await expect(dashboard.page.locator("#notice")).to_be_hidden()


async def test_case_does_not_matter(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=TALIBAN&country=ru")
    await expect(dashboard.page.locator("#panel-title")).to_have_text("Russia")
    await expect(dashboard.page.locator("#panel .fact").first).to_be_visible()
    assert dashboard.page.url.endswith("/?subject=taliban&dimension=recognition&country=RU")


async def test_a_day_before_all_that_is_known(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=taliban&as_of=0001-01-01")
    await expect(dashboard.page.locator("#subline")).to_contain_text("as of 1 January 0001, not now")
    await expect(dashboard.page.locator("#table-empty")).to_contain_text("Nothing is known to have held")
    await dashboard.page.click("#time-on")
    await dashboard.page.wait_for_selector("#table tbody tr")
