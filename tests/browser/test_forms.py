"""The officer's form on a phone without script, and the upload with its preview, in a real browser."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from dashboard.forms.words import LANGUAGES, words_of
from dashboard.settings import Language
from dashboard.store import figures
from tests.browser.conftest import PHONE, WALL, Visit
from tests.dashboard.doses.reading import HEADER, row
from tests.dashboard.forms.desk import Desk, settings_in
from tests.places import at
from tests.stores import fresh_store

DESK = (1440, 900)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """Both forms on a loopback port, with the figures of config.yaml."""
    folder = tmp_path_factory.mktemp("forms")
    desk = Desk(fresh_store(folder / "tikawatch.db"), settings_in(folder))
    with desk.engine.begin() as connection:
        figures.append(connection, list(desk.settings.figures), desk.settings.zone, int(at("08:00") * 1000))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, desk.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield desk, f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        desk.engine.dispose()


@contextmanager
def opened(browser: Browser, size: tuple[int, int], script: bool, theme: str = "light") -> Iterator[Page]:
    """A page of a size, with or without JavaScript; whatever it asks of another host fails the test."""
    width, height = size
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=script,
        color_scheme="dark" if theme == "dark" else "light",
        bypass_csp=script,  # axe comes in by script; the page itself has none
    )
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        outside: list[str] = []
        page.on("request", lambda asked: outside.append(asked.url) if "//127.0.0.1:" not in asked.url[:20] else None)
        yield page
        assert [url for url in outside if not url.startswith("data:")] == []
    finally:
        context.close()


def sound(page: Page) -> None:
    """Nothing that axe knows is wrong, and nothing sticks out sideways."""
    assert Visit(page, page.url).violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_officer_reports_on_a_phone_without_script(browser: Browser, served: tuple[Desk, str]) -> None:
    desk, address = served
    before = len(desk.stored())
    with opened(browser, PHONE, script=False) as page:
        page.goto(address + desk.link(490) + "?lang=mr")
        words = words_of("mr")
        box = page.get_by_role("button", name=words.check).bounding_box()
        assert box
        assert (box["width"] > 300, box["height"] >= 52) == (True, True)  # our own policy lets the style through
        page.get_by_label(words.reported).fill("१,७९५")
        page.get_by_label(words.hour).fill("16:30")
        page.get_by_label(words.recorded).fill("1,2,3")
        page.get_by_role("button", name=words.check).click()
        expect(page.locator("#recorded-error")).to_contain_text('"1,2,3" has commas where no number has them')
        expect(page.get_by_label(words.reported)).to_have_value("१,७९५")
        page.get_by_label(words.recorded).fill("95")
        page.get_by_role("button", name=words.check).click()
        expect(page.get_by_text("पुणे येथे 16:30 पर्यंत 1,795 डोस दिल्याचे आपण कळवत आहात.")).to_be_visible()
        assert len(desk.stored()) == before
        page.get_by_role("button", name=words.confirm).dblclick()
        expect(page.get_by_role("heading", name=words.done_title)).to_be_visible()
        assert desk.stored()[before:] == [("490", "reported", 1795), ("490", "paper", 1700)]
        page.get_by_role("link", name=words.again).click()
        expect(page.get_by_text("मागील: 1,795 (16:30 पर्यंत)")).to_be_visible()


def test_a_lower_figure_cannot_be_reported_without_the_tick(browser: Browser, served: tuple[Desk, str]) -> None:
    desk, address = served
    desk.report(desk.link(487), reported="600", hour="15:00", recorded="")
    before = len(desk.stored())
    with opened(browser, PHONE, script=False) as page:
        page.goto(address + desk.link(487) + "?lang=en")
        page.get_by_label("How many doses").fill("500")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("500 is lower than the 600 told before.")).to_be_visible()
        page.get_by_role("button", name="Yes, report this").click()
        expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
        assert len(desk.stored()) == before
        page.get_by_label("It is right all the same.").check()
        page.get_by_role("button", name="Yes, report this").click()
        expect(page.get_by_text("The control room has it.")).to_be_visible()
        assert desk.stored()[before:] == [("487", "reported", 500)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_officers_pages(
    browser: Browser, served: tuple[Desk, str], language: Language, theme: str
) -> None:
    desk, address = served
    words = words_of(language)
    with opened(browser, PHONE, script=True, theme=theme) as page:
        page.goto(address + desk.link(497) + f"?lang={language}")
        sound(page)
        page.get_by_label(words.reported).fill("x")
        page.get_by_role("button", name=words.check).click()
        expect(page.locator("#reported-error")).to_be_visible()
        sound(page)
        page.get_by_label(words.reported).fill("2500")
        page.get_by_role("button", name=words.check).click()
        expect(page.get_by_text(words.sure)).to_be_visible()
        sound(page)
        page.goto(address + "/report/497.x" + f"?lang={language}")
        expect(page.get_by_role("heading", name=words.closed_title)).to_be_visible()
        sound(page)


@pytest.mark.parametrize(("size", "theme"), [(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (WALL, "dark")])
def test_a_file_is_looked_at_and_then_stored(
    browser: Browser, served: tuple[Desk, str], size: tuple[int, int], theme: str, tmp_path: Path
) -> None:
    desk, address = served
    file = tmp_path / "day one.csv"
    source = f"{size} {theme}"  # the store is shared: each run tells its own figures
    rows = [
        row(source=source),
        row(district="Thane", value="1829", source=source),
        row(district="Total", value="1900"),
        row(value="1,2"),
    ]
    file.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    before = len(desk.stored())
    with opened(browser, size, script=True, theme=theme) as page:
        page.goto(address + "/doses/bring/")
        sound(page)
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Show what it would do").click()
        expect(page.get_by_role("heading", name="day one.csv: nothing is stored yet")).to_be_visible()
        expect(page.get_by_text("day one.csv line 5, column value:")).to_be_visible()
        sound(page)
        assert len(desk.stored()) == before
        page.get_by_role("button", name="Store the 2 good rows, leave out the others").click()
        expect(page.get_by_text("2 figures stored, 1 finding, those rows were left out.")).to_be_visible()
        sound(page)
        assert len(desk.stored()) == before + 2
