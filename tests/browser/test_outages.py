"""What the dashboard does when the server is away, behind, or told much at once."""

import signal
from pathlib import Path

from playwright.async_api import Route, expect

from pipeline.reading.countries import load_countries
from pipeline.settings import Settings
from tests.browser.conftest import Dashboard, Service
from tests.browser.corpus import Told, live_claim


async def test_a_server_that_is_killed_and_comes_back(dashboard: Dashboard, service: Service) -> None:
    await dashboard.open("?subject=taliban")
    page = dashboard.page
    await dashboard.wait_for_tone("RU", "strong")
    await service.end(signal.SIGKILL)
    await expect(page.locator("#freshness")).to_have_attribute("data-state", "reconnecting")
    await page.fill("#time-date", "2025-07-02")
    await expect(page.locator("#freshness")).to_have_text("Server out of reach; trying again")
    await dashboard.shoot("offline")
    await service.publish(service.told.tell([live_claim("Turkmenistan", "TM")]))  # while it is away
    await service.start()
    await dashboard.wait_for_tone("RU", None)  # what was asked for is answered
    await expect(page.locator("#freshness")).to_have_text("Live", timeout=40_000)
    await expect(page.locator("#alerts .alert").first).to_contain_text("Turkmenistan", timeout=20_000)
    await page.click("#time-now")
    await dashboard.wait_for_tone("TM", "strong")
    dashboard.complaints = [one for one in dashboard.complaints if "net::ERR" not in one and "503" not in one]


async def test_a_server_that_has_not_read_the_topics_says_so(dashboard: Dashboard, tmp_path: Path) -> None:
    settings = Settings(bootstrap="127.0.0.1:9", data_dir=tmp_path)  # where no broker is
    service = Service(settings, Told(), tmp_path / "serve.log")
    try:
        await service.start()
        page = dashboard.page
        await page.goto(f"{service.url}/?subject=taliban")
        await expect(page.locator("#freshness")).to_have_text("Catching up")
        await expect(page.locator("#headline")).to_have_text("Loading")
        await dashboard.shoot("catching-up")
    finally:
        await service.end()
    assert any("503" in one for one in dashboard.complaints)
    dashboard.complaints.clear()


async def test_while_the_server_is_away_one_request_waits_for_it(dashboard: Dashboard) -> None:
    page = dashboard.page
    await page.clock.install()
    await dashboard.open("?subject=taliban")
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await page.route("**/v1/subjects", refuse)
    await page.evaluate(
        """() => {
            window.said = [];
            const told = document.querySelector("#freshness [role=status], #freshness[role=status]");
            const hear = () => window.said.push(told.textContent);
            new MutationObserver(hear).observe(told, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for _ in range(30):
        await page.clock.run_for(5_000)
    assert 3 < len(asked) < 20, "one that tries again ever more seldom, not one more every few seconds"
    assert await page.evaluate("window.said") == ["Server out of reach; trying again"]
    await page.unroute("**/v1/subjects")
    await page.clock.run_for(30_000)
    await expect(page.locator("#freshness")).to_have_text("Live")
    dashboard.complaints = [one for one in dashboard.complaints if "net::ERR" not in one]


async def test_many_alerts_at_once(dashboard: Dashboard, service: Service) -> None:
    await dashboard.open("?subject=taliban&as_of=2025-08-30")
    page = dashboard.page
    await dashboard.wait_for_tone("RU", "strong")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    news = [
        live_claim(country.name, country.code)
        for country in load_countries().sovereign()
        if country.code.startswith(("B", "M", "S"))
    ]
    await service.publish(service.told.tell(news))
    for claim in news:
        await dashboard.wait_for_tone(claim.country, "strong")
    await expect(page.locator("#alerts .alert")).to_have_count(50)
    assert len(requests) < len(news), "a burst is read as a table, not one country at a time"
    await dashboard.shoot("burst")
