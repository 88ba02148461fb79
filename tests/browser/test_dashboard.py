"""What a person does with the dashboard, and sees."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Dashboard, MakeDashboard, Service
from tests.browser.corpus import HOSTILE, HOSTILE_SENTENCE, HOSTILE_SOURCE, HOSTILE_TITLE, WORLD, live_claim


async def choose_subject(dashboard: Dashboard, name: str) -> None:
    await dashboard.page.fill("#subject", name)
    await dashboard.page.press("#subject", "Enter")
    await expect(dashboard.page.locator("#headline")).to_have_text(name)


async def test_from_a_subject_to_the_sentence_that_says_it(dashboard: Dashboard, service: Service) -> None:
    await dashboard.open()
    await choose_subject(dashboard, "Taliban")
    await dashboard.wait_for_tone("RU", "strong")
    assert await dashboard.fill("RU") == "rgb(29, 111, 165)"
    assert await dashboard.tone("FR") is None
    legend = dashboard.page.locator("#legend")
    await expect(legend.get_by_role("button", name="not recognized 4 countries")).to_be_visible()
    await expect(dashboard.page.locator("#table tbody tr")).to_have_count(5)
    await dashboard.shoot("taliban")

    await dashboard.page.click("#map [data-code=RU]")
    panel = dashboard.page.locator("#panel")
    await expect(panel.get_by_role("heading", name="Russia")).to_be_visible()
    recognition = panel.locator("[data-dimension=recognition] .fact[data-role=current]")
    await expect(recognition.locator(".when")).to_have_text("3 July 2025")
    await expect(recognition).to_contain_text("the first country ever")
    await expect(recognition).to_contain_text("5 independent sources")
    marks = await recognition.locator("blockquote mark").all_text_contents()
    fact = next(fact for fact in service.told.statuses["taliban|RU"].facts if fact.dimension == "recognition")
    evidence = [support.evidence for support in fact.support]
    assert marks == [one.sentence[slice(*one.trigger)] for one in evidence if one.trigger]
    assert len(marks) == 5
    assert any("recogni" in mark for mark in marks)
    listing = panel.locator("[data-dimension=terrorism_listing]")
    assert [" ".join((await when.inner_text()).split()) for when in await listing.locator(".when").all()] == [
        "2003",
        "April 2025",
    ]
    await expect(listing.locator(".fact").first).to_contain_text("only the year is known")
    await dashboard.shoot("taliban-russia")
    await dashboard.check_accessibility()


async def test_the_address_holds_the_view(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=taliban&dimension=presence&country=CN")
    page = dashboard.page
    await expect(page.locator("#panel-title")).to_have_text("China")
    await expect(page.locator("#dimension-presence")).to_be_checked()
    await dashboard.wait_for_tone("PK", "strong")
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    assert "country" not in page.url
    await page.go_back()
    await expect(page.locator("#panel-title")).to_have_text("China")
    await page.go_forward()
    await page.locator("#dimension-terrorism_listing").check(force=True)
    await dashboard.wait_for_tone("RU", "strong")
    await expect(page.locator("#table tbody tr")).to_have_count(1)


async def test_a_live_alert_changes_map_table_and_list(dashboard: Dashboard, service: Service) -> None:
    await dashboard.open("?subject=taliban")
    page = dashboard.page
    await dashboard.wait_for_tone("RU", "strong")
    await expect(page.locator("#freshness")).to_have_text("Live")
    assert await dashboard.tone("TJ") is None
    await service.publish(service.told.tell([live_claim()]))
    await dashboard.wait_for_tone("TJ", "strong")
    alert = page.locator("#alerts .alert").first
    await expect(alert).to_contain_text("Tajikistan")
    await expect(alert.locator("mark")).to_have_text("recognised")
    await expect(page.locator("#announcer")).to_contain_text("Taliban, Tajikistan: recognized since 20 August 2025")
    await expect(page.locator("#table tbody tr").first).to_contain_text("Tajikistan")
    await dashboard.shoot("live-alert")
    await alert.get_by_role("link").first.click()
    await expect(page.locator("#panel-title")).to_have_text("Tajikistan")
    link = page.locator("#panel a", has_text="Harbour Post")
    assert await link.get_attribute("href") == "https://harbour-post.example/tajikistan"
    assert await link.get_attribute("rel") == "noopener noreferrer"
    await expect(page.locator("#panel .byline")).to_contain_text("quoting its foreign ministry")


async def test_markup_in_an_article_is_text(dashboard: Dashboard) -> None:
    subject, country = HOSTILE
    await dashboard.open(f"?subject={subject}&country={country}")
    page = dashboard.page
    quote = page.locator("#panel blockquote q")
    await expect(quote).to_have_text(HOSTILE_SENTENCE)
    await expect(quote.locator("mark")).to_have_text("recognised")  # after two signs beyond the first 65,536
    await expect(page.locator("#panel cite")).to_have_text(HOSTILE_SOURCE)
    await expect(page.locator("#panel .headline")).to_contain_text(HOSTILE_TITLE)
    assert await page.locator("#panel .origins a").count() == 0, "javascript: is no address of an article"
    await page.check("#alerts-here")
    alert = page.locator("#alerts .alert")
    await expect(alert).to_have_count(1)
    await expect(alert).to_contain_text(HOSTILE_SENTENCE)
    assert await page.evaluate("window.hacked") is None
    assert (
        await page.locator(
            "main script, main img, #panel script, #panel img, [onmouseover], [onerror], [onload]"
        ).count()
        == 0
    )
    await dashboard.shoot("hostile")


async def test_a_world_of_stances(dashboard: Dashboard, service: Service) -> None:
    await dashboard.open(f"?subject={WORLD}")
    page = dashboard.page
    rows = sum(status.subject == WORLD for status in service.told.statuses.values())
    assert rows > 150
    await expect(page.locator("#table-count")).to_have_text(f"{rows} countries")
    await expect(page.locator("#legend")).to_contain_text("disputed: ")
    await dashboard.shoot("world")
    await dashboard.check_accessibility()

    await page.locator("#table").get_by_role("button", name="Country").click()
    assert await page.get_attribute("[data-column=country]", "aria-sort") == "ascending"
    names = await page.locator("#table tbody th").all_text_contents()
    assert names[0] == "Afghanistan"
    assert len(names) == rows
    await page.locator("#table").get_by_role("button", name="Country").click()
    await expect(page.locator("#table tbody th").first).to_have_text("Zimbabwe")

    await page.fill("#filter", "sao tome")
    await expect(page.locator("#table tbody tr")).to_have_count(1)
    await page.fill("#filter", "no such country")
    await expect(page.locator("#table-empty")).to_contain_text("Empty it")
    await page.fill("#filter", "")

    await page.locator("#legend").get_by_role("button", name="withdrawn").click()
    withdrawn = await page.locator("#table tbody tr").count()
    assert 0 < withdrawn < 20
    await expect(page.locator("#subline")).to_contain_text(f"withdrawn alone, {withdrawn} of {rows} countries")
    assert "value=withdrawn" in (await page.get_attribute("#csv", "href") or "")
    assert await page.locator("#map [data-tone]:not([data-faded])").count() == withdrawn
    await dashboard.shoot("world-withdrawn")
    await page.locator("#legend").get_by_role("button", name="withdrawn").click()

    await page.locator("#map [data-code=MV]").hover(force=True)  # a dot in the Indian Ocean
    await expect(page.locator("#tooltip")).to_contain_text("Maldives")
    box = await page.locator("#map [data-code=MV]").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2 + 9, box["y"] + box["height"] / 2)  # beside it, within reach
    await expect(page.locator("#panel-title")).to_have_text("Maldives")
    await dashboard.shoot("world-panel")


async def test_zoom_brings_small_countries_apart(dashboard: Dashboard) -> None:
    await dashboard.open(f"?subject={WORLD}")
    page = dashboard.page
    before = await page.locator("#map [data-code=BE]").bounding_box()
    await page.click("#zoom-in")
    await page.click("#zoom-in")
    after = await page.locator("#map [data-code=BE]").bounding_box()
    assert before
    assert after
    assert after["width"] > 2 * before["width"]
    dot = await page.locator("#map [data-code=MT]").bounding_box()
    assert dot
    assert dot["width"] < 12, "dots keep their size on the screen"
    middle = await page.locator("#map svg").bounding_box()
    assert middle
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 120, y + 40, steps=4)
    await page.mouse.up()
    await expect(page.locator("#panel")).to_be_hidden()  # a drag is no press
    moved = await page.locator("#map [data-code=BE]").bounding_box()
    assert moved
    assert moved["x"] == pytest.approx(after["x"] + 120, abs=3)
    await dashboard.shoot("zoomed")
    await page.click("#zoom-all")
    assert await page.locator("#zoom-out").is_disabled()


async def test_by_keyboard_alone(dashboard: Dashboard) -> None:
    await dashboard.open("?subject=palestine")
    page = dashboard.page
    await page.focus(".skip")
    for _ in range(3):  # the name of the product, the theme, the subject
        await page.keyboard.press("Tab")
    await expect(page.locator("#subject")).to_be_focused()
    await page.keyboard.type("taleb")  # an alias
    await expect(page.locator("#subject-list .active")).to_contain_text("Taliban")
    await dashboard.shoot("subjects")
    await page.keyboard.press("Enter")
    await expect(page.locator("#headline")).to_have_text("Taliban")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#dimension-relations")).to_be_checked()
    await page.keyboard.press("ArrowLeft")
    await dashboard.wait_for_tone("RU", "strong")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.dataset.code") == "CN"  # the first by name
    await expect(page.locator("#tooltip")).to_contain_text("China")
    await page.keyboard.press("ArrowLeft")
    reached = await page.evaluate("document.activeElement.dataset.code")
    assert reached in {"PK", "UZ", "AE", "RU", "TJ"}
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowUp")
    assert await page.evaluate("document.activeElement.dataset.code") == "RU"
    await dashboard.shoot("keyboard")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    assert await page.evaluate("document.activeElement.dataset.code") == "RU"
    await page.keyboard.press("Shift+Tab")
    await page.focus("#table-title")
    await page.locator("#table tbody a", has_text="China").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_have_text("China")
    await page.keyboard.press("Escape")
    await expect(page.locator("#table tbody a", has_text="China")).to_be_focused()


async def test_on_a_phone(make_dashboard: MakeDashboard) -> None:
    dashboard = await make_dashboard(PHONE)
    await dashboard.open("?subject=taliban")
    page = dashboard.page
    await dashboard.wait_for_tone("RU", "strong")
    assert not await dashboard.overflows()
    await dashboard.shoot("phone", whole=True)
    await dashboard.check_accessibility()
    await page.tap("#table tbody tr:has-text('Russia')")
    await expect(page.locator("#panel-title")).to_be_visible()
    assert not await dashboard.overflows()
    await dashboard.shoot("phone-panel")
    await dashboard.check_accessibility()
    await page.tap("#panel-close")
    await expect(page.locator("#panel")).to_be_hidden()
    await page.goto(f"{dashboard.url}/?subject={WORLD}")
    await page.wait_for_selector("#map [data-tone=strong]")
    await dashboard.shoot("phone-world", whole=True)
    await page.locator("#map [data-code=AU]").tap()
    await expect(page.locator("#panel-title")).to_have_text("Australia")
    await page.tap("#panel-close")
    small = await page.locator("#map [data-code=LU]").bounding_box()
    assert small
    await page.touchscreen.tap(small["x"] + small["width"] / 2, small["y"] + small["height"] / 2)
    await expect(page.locator("#panel-title")).to_have_text("Luxembourg")


async def test_the_list_of_subjects_is_scrolled_by_touch(make_dashboard: MakeDashboard) -> None:
    dashboard = await make_dashboard(PHONE)
    await dashboard.open("?subject=taliban")
    page = dashboard.page
    await page.tap("#subject")
    listed = page.locator("#subject-list")
    box = await listed.bounding_box()
    assert box
    devtools = await page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for moved in range(10, 160, 10):
        point = {"x": x, "y": y - moved}
        await devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await page.wait_for_function("document.querySelector('#subject-list').scrollTop > 50")
    await expect(listed).to_be_visible()
    await expect(page.locator("#headline")).to_have_text("Taliban")
    await page.tap("#subject-list [role=option]:has-text('Palestine')")
    await expect(page.locator("#headline")).to_have_text("Palestine")
    await expect(listed).to_be_hidden()


async def test_in_the_dark(make_dashboard: MakeDashboard) -> None:
    dashboard = await make_dashboard(dark=True)
    await dashboard.open(f"?subject={WORLD}&as_of=2000")
    page = dashboard.page
    await expect(page.locator("#subline")).to_contain_text("as of 2000, not now")
    await page.wait_for_selector("#map [data-tone=strong]")
    await dashboard.shoot("dark-2000")
    await dashboard.check_accessibility()
    await page.goto(f"{dashboard.url}/?subject={WORLD}&country=ZW")
    await expect(page.locator("#panel .fact").first).to_be_visible()
    await dashboard.shoot("dark-panel")
    await dashboard.check_accessibility()
    background = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await page.evaluate(background)
    await page.click("#theme")
    light = await page.evaluate(background)
    assert dark != light
    await page.reload()
    assert await page.evaluate(background) == light, "the choice is kept"


async def test_what_is_not_there_is_said(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.open("?subject=atlantis")
    await expect(page.locator("#notice")).to_contain_text("Nothing watched is called “atlantis”")
    await dashboard.open("?subject=kosovo")
    await expect(page.locator("#table-empty")).to_contain_text("Nothing was read yet about Kosovo")
    await dashboard.open("?subject=taliban&country=BR")
    await expect(page.locator("#panel-body")).to_contain_text("Nothing was read yet about Brazil and Taliban")
    await dashboard.open("?subject=taliban&dimension=relations")
    await expect(page.locator("#table-empty")).to_contain_text("Choose one with a count")
    await dashboard.shoot("empty")
