"""The day that the map and the table show: the slider, the date field, the steps from change to change."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlparse

from playwright.async_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.corpus import WORLD


def as_of(page: Page) -> str | None:
    """The day in the address; None is now."""
    return parse_qs(urlparse(page.url).query).get("as_of", [None])[0]


async def test_the_slider_asks_what_held_then(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=taliban")
    await dashboard.wait_for_tone("RU", "strong")
    page = dashboard.page
    await page.fill("#time-date", "2025-07-02")
    await dashboard.wait_for_tone("RU", None)
    await expect(page.locator("#subline")).to_contain_text("as of 2 July 2025")
    assert as_of(page) == "2025-07-02"
    await dashboard.shoot("taliban-before")
    await page.focus("#time-slider")
    await page.keyboard.press("ArrowRight")  # 3 July
    await dashboard.wait_for_tone("RU", "strong")
    await page.keyboard.press("ArrowLeft")
    await dashboard.wait_for_tone("RU", None)
    await page.click("#time-now")
    await dashboard.wait_for_tone("RU", "strong")
    assert as_of(page) is None
    await page.click("#time-back")
    assert as_of(page) is not None
    await page.go_back()
    await dashboard.wait_for_tone("RU", "strong")
    assert as_of(page) is None


async def test_a_date_can_be_typed(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=taliban")
    page = dashboard.page
    steps = await page.evaluate("history.length")
    await page.focus("#time-date")
    await page.keyboard.type("07022025", delay=30)
    await page.keyboard.press("Enter")
    await dashboard.wait_for_tone("RU", None)
    assert as_of(page) == "2025-07-02"
    assert await page.evaluate("history.length") == steps + 1
    await page.keyboard.press("Tab")
    await expect(page.locator("#time-date")).to_have_value("2025-07-02")
    await page.focus("#time-date")
    await page.keyboard.type("01011800", delay=30)  # before all that is known
    await page.focus("#time-slider")
    await expect(page.locator("#time-date")).to_have_value("2025-07-02")
    assert as_of(page) == "2025-07-02"


async def test_one_way_of_the_slider_is_one_step_back(dashboard: Dashboard) -> None:
    await dashboard.open(f"?subject={WORLD}")
    page = dashboard.page
    await page.wait_for_selector("#map [data-tone=strong]")
    steps = await page.evaluate("history.length")
    box = await page.locator("#time-slider").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] - 8, middle)
    await page.mouse.down()
    for part in range(10):
        await page.mouse.move(box["x"] + box["width"] * (0.95 - part / 20), middle)
    await page.mouse.up()
    half = await page.input_value("#time-slider")
    day = (date(1970, 1, 1) + timedelta(days=int(half))).isoformat()
    await page.wait_for_function("day => location.search.includes(day)", arg=day)
    assert await page.evaluate("history.length") == steps + 1
    await page.go_back()
    await expect(page.locator("#time-shown")).to_have_text("now")
    assert as_of(page) is None


async def test_the_steps_go_through_the_days_on_which_something_changes(dashboard: Dashboard) -> None:
    await dashboard.open(f"?subject={WORLD}&as_of=2022-12-31")
    page = dashboard.page
    reply = await page.request.get(f"{dashboard.url}/v1/days?subject={WORLD}&dimension=recognition")
    days = [one["date"] for one in (await reply.json())["data"]]
    following = [day for day in days if day > "2022-12-31"][:4]
    assert len(following) == 4
    table = page.locator("#table tbody")
    before = await table.inner_html()
    for day in following:
        await page.click("#time-on")
        await page.wait_for_selector("body:not(.behind)")
        await expect(page.locator("#time-date")).to_have_value(day)
        assert as_of(page) == day
        changed = await table.inner_html()
        assert changed != before
        before = changed
    await page.click("#time-back")
    eve = date.fromisoformat(following[-1]) - timedelta(days=1)
    await expect(page.locator("#time-date")).to_have_value(eve.isoformat())


async def test_counts_are_of_the_day_that_is_shown(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=taliban&as_of=2024")
    listing = dashboard.page.locator("label[for=dimension-terrorism_listing] .count")
    await expect(listing).to_have_text("1")
    await expect(dashboard.page.locator("label[for=dimension-recognition] .count")).to_have_text("0")
