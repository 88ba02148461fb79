"""The timeline of a country: what it says, and what stays as it is while news comes in."""

from datetime import date

from playwright.async_api import expect

from tests.browser.conftest import Dashboard, Service
from tests.browser.corpus import WORLD, saying

PAPERS = [f"{name} {kind}" for name in ("North", "South", "East") for kind in ("Mail", "Star", "Sun")]


async def test_what_changes_without_an_alert_is_shown(dashboard: Dashboard, service: Service) -> None:
    page = dashboard.page
    told = [
        saying("recognized", "KZ", "Kazakhstan recognised it.", "recognised", paper, "2025-09-01", date(2025, 9, 2),
               subject="taliban")
        for paper in PAPERS[:2]
    ]  # fmt: skip
    await service.publish(service.told.tell(told))
    await dashboard.open("?subject=taliban&country=KZ")
    row = page.locator("#table tr[data-country=KZ]")
    await expect(page.locator("#panel .confidence").first).to_have_text("corroborated")
    denied = [
        saying("not_recognized", "KZ", "Kazakhstan does not recognise it.", "not recognise", paper, None,
               date(2025, 10, 1), subject="taliban")
        for paper in PAPERS[2:7]
    ]  # fmt: skip
    raised = service.told.tell(denied)
    assert raised == [], "a contradiction raises no alert"
    await service.publish(raised)
    await expect(page.locator("#map [data-code=KZ]")).to_have_attribute("data-confidence", "disputed", timeout=40_000)
    await expect(row).to_contain_text("disputed")
    await expect(page.locator("#panel")).to_contain_text("contradicts what holds now")


async def test_news_leaves_focus_and_folds_as_they_are(dashboard: Dashboard, service: Service) -> None:
    page = dashboard.page
    first = saying(
        "recognized", "KG", "Kyrgyzstan recognised it.", "recognised", "North Mail", "2025-09-01", date(2025, 9, 2),
        subject="taliban", url="https://north-mail.example/1",
    )  # fmt: skip
    opened = saying(
        "embassy_opened", "KG", "Kyrgyzstan opened an embassy.", "opened", "North Mail", "2024-03-01",
        date(2024, 3, 2), subject="taliban",
    )  # fmt: skip
    await service.publish(service.told.tell([first, opened]))
    await dashboard.open("?subject=taliban&country=KG")
    presence = page.locator("#panel [data-dimension=presence] .fact[data-role=current] details").first
    await presence.locator("summary").first.click()
    link = page.locator("#panel [data-dimension=recognition] a", has_text="North Mail")
    await expect(page.locator("#panel [data-dimension=recognition] .fact")).to_have_count(1)
    await link.focus()
    earlier = saying(
        "withdrew_recognition", "KG", "Kyrgyzstan withdrew it in 1999.", "withdrew", "South Sun", "1999-05-01",
        date(1999, 5, 2), subject="taliban",
    )  # fmt: skip
    await service.publish(service.told.tell([earlier]))
    await expect(page.locator("#panel [data-dimension=recognition] .fact")).to_have_count(2, timeout=40_000)
    await expect(link).to_be_focused()
    assert await presence.get_attribute("open") is None, "what was folded by hand stays so"


async def test_copies_stand_with_what_they_copy(dashboard: Dashboard, service: Service) -> None:
    page = dashboard.page
    own = [
        saying("recognized", "BR", f"Brazil did it, {paper} learned.", "did", paper, "2025-09-01", date(2025, 9, 2),
               subject="kosovo")
        for paper in PAPERS[:5]
    ]  # fmt: skip
    wire = [
        saying("recognized", "BR", "Brazil did it, an agency says.", "did", paper, "2025-09-01", date(2025, 9, 2),
               subject="kosovo", text="an agency on Brazil")
        for paper in PAPERS[5:7]
    ]  # fmt: skip
    await service.publish(service.told.tell([*own, *wire]))
    await dashboard.open("?subject=kosovo&country=BR")
    fact = page.locator("#panel .fact").first
    await expect(fact.locator("summary").first).to_have_text("6 independent sources, 1 copy")
    await expect(fact.locator(".origin")).to_have_count(6)
    await expect(fact.locator(".copies summary")).to_have_text("1 copy of this text")
    assert "counted" not in await fact.inner_text()


async def test_a_past_day_beside_a_timeline(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.open("?subject=taliban&as_of=2025-07-02&country=RU")
    recognition = page.locator("#panel [data-dimension=recognition] .fact", has_text="3 July 2025")
    await expect(recognition.locator(".role")).to_have_text("later, and now")
    listing = page.locator("#panel [data-dimension=terrorism_listing] .fact[data-shown]", has_text="April 2025")
    await expect(listing.locator(".role")).to_have_text("on the map")
    await dashboard.check_accessibility()
    await dashboard.shoot("timeline-past")


async def test_ways_in_and_out_of_a_timeline(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.open(f"?subject={WORLD}&country=MV")
    await expect(page.locator("#panel-title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(page.locator("#table tr[data-country=MV] a")).to_be_focused()
    await page.locator("#map [data-code=MV]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_be_focused()
    await page.locator("#map [data-code=MV]").focus()
    await page.keyboard.press("Enter")  # which is open already
    await expect(page.locator("#panel-title")).to_be_focused()
    await page.focus("#time-slider")
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
