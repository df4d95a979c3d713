"""A real page: the app on a loopback port, Debian's Chromium, and a page that remembers its console and its requests."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine
from werkzeug.serving import make_server

from dashboard.settings import ControlRoomFile, Web
from dashboard.web.app import create_app
from dashboard.web.pages.incidents.desk import Desk
from probes.settings import Rehearsal
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import launch_day, rehearsed_curves

AXE = (Path(__file__).parent / "axe.min.js").read_text()
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
WALL, PHONE = (1920, 1080), (390, 844)
expect.set_options(timeout=60_000)  # five seconds are not enough on a busy machine
REHEARSAL = Rehearsal(mail_page="http://127.0.0.1:8603/", title="Rehearsal of 16 January 2021")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium these tests are skipped by name; with CI=true they run and fail."""
    missing = pytest.mark.skip(reason=f"browser tests need Debian's chromium at {CHROMIUM}: apt-get install chromium")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists() and os.environ.get("CI") != "true":
                item.add_marker(missing)


def eventually(page: Page, expression: str) -> None:
    """Wait until it is true; the page itself may not evaluate it, its content policy forbids that."""
    for _ in range(1200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within a minute: {expression}")


@dataclass
class Visit:
    """An open page with what it said and asked for."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def updates(self, number: int) -> None:
        """Wait until the server has answered so many more times."""
        now = int(self.page.locator("body").get_attribute("data-heard") or 0)
        eventually(self.page, f"Number(document.body.dataset.heard) >= {now + number}")

    def violations(self) -> list[Any]:
        """What axe has against the page as it stands."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            (item["id"], item["nodes"][0]["html"][:200], item["nodes"][0]["failureSummary"][:300]) for item in found
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def serving(scene: Scene) -> Iterator[str]:
    """The app on a free loopback port, with the desk's own acknowledgement."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    server = flask.Flask("tikawatch-test")
    create_app(
        server, scene.engine, scene.settings, scene.clock, Desk(scene.engine, scene.settings, scene.clock).acknowledge
    )
    served = make_server("127.0.0.1", 0, server, threaded=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.port}/"
    finally:
        served.shutdown()
        thread.join()
        served.server_close()


OVERVIEW_DRAWN = "body[data-drawn][data-charted] #day-chart .js-plotly-plot .main-svg"


@contextmanager
def visiting(
    browser: Browser, url: str, size: tuple[int, int] = WALL, theme: str = "dark", drawn: str = OVERVIEW_DRAWN
) -> Iterator[Visit]:
    """The page open and drawn, at a size and in a theme; `drawn` is a selector of what is there then."""
    width, height = size
    scheme = "light" if theme == "light" else "dark"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        visit = Visit(page, url)
        page.on("console", lambda message: visit.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: visit.console.append(f"error: {error}"))
        page.on("request", lambda asked: visit.outside.append(asked.url) if _leaves(asked.url, _origin(url)) else None)
        page.goto(url)
        page.wait_for_selector(drawn, state="attached", timeout=180_000)  # a busy machine draws its first page slowly
        yield visit
    finally:
        context.close()


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3]) + "/"


def _leaves(asked: str, url: str) -> bool:
    return not asked.startswith((url, "data:", "blob:"))


def quick_settings(rehearsal: Rehearsal | None = None) -> ControlRoomFile:
    """The example with a refresh of one second."""
    return example_settings(web=Web(refresh_s=1)).model_copy(update={"rehearsal": rehearsal})


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The picture of the comps in a store of its own."""
    made = launch_day(tmp_path / "tikawatch.db", quick_settings())
    rehearsed_curves(made)
    yield made
    _close(made.engine)


@pytest.fixture(scope="session")
def launch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One served picture of the comps, as a rehearsal, for the tests that only look."""
    made = launch_day(tmp_path_factory.mktemp("launch") / "tikawatch.db", quick_settings(REHEARSAL))
    rehearsed_curves(made)
    with serving(made) as url:
        yield url
    _close(made.engine)


def _close(engine: Engine) -> None:
    engine.dispose()
