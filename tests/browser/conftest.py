"""A real broker, a real `recognition serve` and a real Chromium; every page fails its test that logs an error."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, ViewportSize, async_playwright

from pipeline.records import Alert
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import create_topics
from tests.browser.corpus import Told, hostile_claim, seed_claims, world_claims
from tests.integration.conftest import broker_bootstrap  # noqa: F401

ARTEFACTS = Path(__file__).parent / "artefacts"
READY_SECONDS = 60
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Service:
    """`recognition serve` on topics of its own."""

    settings: Settings
    told: Told
    log: Path
    url: str = ""
    _process: subprocess.Popen[str] | None = None
    _published: int = 0

    async def start(self) -> None:
        """Start it, at the same address as before, and wait until it takes requests."""
        environment = os.environ | {
            "RECOGNITION_BOOTSTRAP": self.settings.bootstrap,
            "RECOGNITION_TOPIC_PREFIX": self.settings.topic_prefix,
            "RECOGNITION_DATA_DIR": str(self.settings.data_dir),
        }
        port = self.url.rpartition(":")[2] or "0"
        with self.log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, "-m", "pipeline", "serve", "--port", port],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout
        said = await asyncio.to_thread(self._process.stdout.readline)
        found = re.search(r"http://\S+", said)
        assert found, f"serve said {said!r}:\n{self.log.read_text(errors='replace')}"
        self.url = found[0]

    async def ready(self) -> None:
        """Wait until it has read the topics."""
        deadline = time.monotonic() + READY_SECONDS
        while await asyncio.to_thread(_status, f"{self.url}/readyz") != HTTPStatus.OK:
            assert time.monotonic() < deadline, f"serve is not ready:\n{self.log.read_text(errors='replace')}"
            await asyncio.sleep(0.1)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, or kill it."""
        if self._process and self._process.stdout:
            self._process.send_signal(number)
            await asyncio.to_thread(self._process.wait, 20)
            self._process.stdout.close()

    async def publish(self, alerts: list[Alert]) -> None:
        """Put what is new in ``told`` on the topics, and then its alerts."""
        claims, self._published = self.told.claims[self._published :], len(self.told.claims)
        statuses = [self.told.statuses[key] for key in dict.fromkeys(claim.key for claim in claims)]
        topology = clients.topology_of(self.settings)
        async with clients.producer(self.settings) as producer:
            for topic, records in (
                (topology.claims, claims),
                (topology.status, statuses),
                (topology.alerts, alerts),
            ):
                await asyncio.gather(
                    *[await producer.send(topic.name, one.to_json(), key=one.key.encode()) for one in records]
                )


def _status(url: str) -> int | None:
    try:
        with urlopen(url, timeout=5) as reply:  # noqa: S310
            return int(reply.status)
    except HTTPError as error:
        error.close()
        return error.code
    except URLError:
        return None


@pytest.fixture(scope="session")
async def service(broker_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:  # noqa: F811
    """Seeds, a world of stances and the hostile article on the topics, and serve that has read them."""
    folder = tmp_path_factory.mktemp("serve")
    settings = Settings(bootstrap=broker_bootstrap, topic_prefix="browser-", data_dir=folder)
    await create_topics(settings)
    told = Told()
    for claims in (world_claims(), [hostile_claim()], seed_claims()):
        told.tell(claims)
    service = Service(settings, told, folder / "serve.log")
    try:
        await service.publish(told.alerts)
        await service.start()
        await service.ready()
        yield service
    finally:
        await service.end()


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest.fixture(scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """Debian's Chromium, or that which CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("no Chromium here: scripts/chromium installs it")
    browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    await browser.close()


@dataclass
class Dashboard:
    """A page of the dashboard, and what a person does with it."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """Errors on the console: scripts that failed, what the Content-Security-Policy refused, requests that failed."""

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the console says, where it complains."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def open(self, query: str = "") -> None:
        await self.page.goto(f"{self.url}/{query}")
        await self.page.wait_for_selector("#freshness[data-state=live]")
        await self.page.wait_for_selector("#table-count:not(:empty)", state="attached")

    async def tone(self, country: str) -> str | None:
        """The tone in which the map shows a country; None where it is not coloured."""
        return await self.page.get_attribute(f"#map [data-code={country}]", "data-tone")

    async def fill(self, country: str) -> str:
        """The colour in which the map draws it."""
        await self.page.wait_for_timeout(350)  # colours fade over
        colour: str = await self.page.eval_on_selector(
            f"#map [data-code={country}]", "one => getComputedStyle(one).fill"
        )
        return colour

    async def wait_for_tone(self, country: str, tone: str | None) -> None:
        wanted = f"[data-tone={tone}]" if tone else ":not([data-tone])"
        await self.page.wait_for_selector(f"#map [data-code={country}]{wanted}", state="attached")

    async def shoot(self, name: str, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        ARTEFACTS.mkdir(exist_ok=True)
        await self.page.wait_for_timeout(300)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=whole)

    async def check_accessibility(self) -> None:
        """Fail on what axe-core finds that is not minor."""
        await self.page.wait_for_timeout(300)  # what moves has come to rest
        found = await Axe().run(self.page)
        severe = [one for one in found.response["violations"] if one["impact"] != "minor"]
        assert not severe, "\n".join(
            f"{one['id']} ({one['impact']}): {node['html']} {node['failureSummary']}"
            for one in severe
            for node in one["nodes"]
        )

    async def overflows(self) -> bool:
        """Whether the page is wider than the screen."""
        wider: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wider


MakeDashboard = Callable[..., Awaitable[Dashboard]]


@pytest.fixture
async def make_dashboard(chromium: Browser, service: Service) -> AsyncIterator[MakeDashboard]:
    """Make pages: of a size, a colour scheme. At the end none of them may have complained."""
    made: list[Dashboard] = []

    async def make(size: ViewportSize = DESKTOP, *, dark: bool = False) -> Dashboard:
        phone = size["width"] < 500
        context = await chromium.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            device_scale_factor=2 if phone else 1,
            locale="en-GB",
            reduced_motion="no-preference",
        )
        context.set_default_timeout(10_000)
        page = await context.new_page()
        dashboard = Dashboard(page, service.url)
        page.on("console", dashboard.heard)
        page.on("pageerror", lambda error: dashboard.complaints.append(str(error)))
        made.append(dashboard)
        return dashboard

    yield make
    for dashboard in made:
        await dashboard.page.context.close()
    assert [complaint for dashboard in made for complaint in dashboard.complaints] == []


@pytest.fixture
async def dashboard(make_dashboard: MakeDashboard) -> Dashboard:
    """One page of desktop size, light."""
    return await make_dashboard()


@pytest.fixture(autouse=True)
def _log_of_serve(request: pytest.FixtureRequest) -> Iterator[None]:
    """The log of serve is shown where a test fails."""
    yield
    if "service" in request.fixturenames:
        print(request.getfixturevalue("service").log.read_text(errors="replace")[-4000:])
