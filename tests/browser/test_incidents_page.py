"""The incidents page in a real browser: looked at, taken in hand, opened by telephone, kept quiet, and reached from the overview."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.web.pages.incidents.actions import act
from dashboard.web.pages.incidents.asked import NoteAsked
from dashboard.web.pages.incidents.desk import Desk
from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.builders import Scene
from tests.dashboard.web.pictures import launch_day

DRAWN = "#incidents-head h1"
ERRORS = ("error", "warning")


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The picture of the comps, only to be looked at."""
    made = launch_day(tmp_path_factory.mktemp("incidents") / "t.db", quick_settings(REHEARSAL))
    act(
        Desk(made.engine, made.settings, made.clock),
        1,
        NoteAsked(who="Asha", text="Rang Pune.\nThey go on.", form="n1"),
    )
    with serving(made) as url:
        yield url
    made.engine.dispose()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Scene]:
    made = launch_day(tmp_path / "t.db", quick_settings())
    yield made
    made.engine.dispose()


@pytest.fixture
def url(room: Scene) -> Iterator[str]:
    with serving(room) as served:
        yield served + "incidents/"


def pressed(page: Page, step: str) -> None:
    page.get_by_role("button", name=step, exact=True).click()
    page.get_by_label("Who does it").fill("Dr. A. Deshmukh")


def answered(page: Page, words: str) -> None:
    expect(page.locator("#incidents-answer")).to_have_text(words)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_and_accessible_with_everything_open(
    browser: Browser, looked_at: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, looked_at + "incidents/", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.locator("h1")).to_have_text("4 incidents are open, 1 recovers.")
        assert page.evaluate(
            "(box => box.scrollWidth <= box.clientWidth)(document.querySelector('.incident-list .scrolls'))"
        )
        page.get_by_text("Show only some").click()
        page.get_by_role("button", name="Set a window").click()
        page.get_by_role("button", name="Open an incident").click()
        expect(page.get_by_role("button", name="Open it and send the mails")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert visit.violations() == []
        page.get_by_role("link", name="Registry slow").click()
        expect(page.locator("h1")).to_have_text("Registry slow in 9 districts since 11:40.")
        for step, shown in (
            ("Merge", "These become part of it"),
            ("Split", "These become an incident of their own"),
            ("Severity", "Severity"),
        ):
            page.get_by_role("button", name=step, exact=True).click()
            expect(page.get_by_role("group", name=shown, exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert visit.violations() == []
        assert [line for line in visit.console if line.startswith(ERRORS)] == []
        assert visit.outside == []


def test_it_is_taken_in_hand_step_by_step(browser: Browser, url: str) -> None:
    with visiting(browser, f"{url}?id=2", drawn=DRAWN) as visit:
        page = visit.page
        expect(page.locator(".marks")).to_contain_text("Owner: nobody yet")
        pressed(page, "Acknowledge")
        page.get_by_label("Owner (name, office)").fill("Dr. B. Kulkarni")
        page.get_by_role("button", name="Confirm: acknowledge").click()
        answered(page, "Stored: acknowledge.")
        expect(page.locator(".marks")).to_contain_text("Owner: Dr. B. Kulkarni")
        pressed(page, "Add a note")
        page.get_by_label("Words").fill("Rang the DIO.\nUploads fail at all sites.")
        page.get_by_role("button", name="Confirm: add a note").dblclick()
        expect(page.locator(".timeline .said").first).to_have_text("Rang the DIO.\nUploads fail at all sites.")
        pressed(page, "Severity")
        page.get_by_role("button", name="Critical", exact=True).click()
        page.get_by_role("button", name="Confirm: severity").click()
        expect(page.locator(".marks")).to_contain_text("Critical")
        pressed(page, "Close")
        page.get_by_role("button", name="Confirm: close").click()
        expect(page.locator("#incidents-answer")).to_contain_text("Not stored: why")
        page.get_by_label("Words").fill("works again, by the DIO's word")
        page.get_by_role("button", name="Confirm: close").click()
        expect(page.locator("h1")).to_have_text("Closed by Dr. A. Deshmukh: works again, by the DIO's word")
        expect(page.get_by_role("button", name="Snooze", exact=True)).to_have_count(0)
        assert len(page.locator(".timeline li").all()) == 5


def test_an_incident_told_by_telephone_is_opened_and_merged(browser: Browser, url: str) -> None:
    with visiting(browser, url, drawn=DRAWN) as visit:
        page = visit.page
        page.get_by_role("button", name="Open an incident").click()
        form = page.locator("#incidents-open-box")
        form.get_by_role("button", name="Own line lost").click()
        form.get_by_role("button", name="Beed").click()
        form.get_by_label("Since").fill("16:05")
        form.get_by_label("How it is known").fill("the DIO rang")
        form.get_by_role("button", name="Open it and send the mails").click()
        expect(page.locator("#incidents-open-answer")).to_contain_text("Not stored: who")
        form.get_by_label("Who opens it").fill("Dr. A. Deshmukh")
        form.get_by_role("button", name="Open it and send the mails").click()
        expect(page.locator("#incidents-open-answer")).to_have_text("Opened; the mails are on their way.")
        page.goto(f"{url}?id=3")
        expect(page.locator("h1")).to_have_text("Raigad has lost its own line since 13:12.")
        pressed(page, "Merge")
        page.get_by_role("button", name="Own line lost in Beed since 16:05").click()
        page.get_by_role("button", name="Confirm: merge").click()
        expect(page.locator("h1")).to_have_text(
            "Own line lost in Beed and Raigad since 13:12. Incident 6 merged into it"
        )


def test_a_window_is_set_and_ended(browser: Browser, url: str) -> None:
    with visiting(browser, url, drawn=DRAWN) as visit:
        page = visit.page
        page.get_by_role("button", name="Set a window").click()
        form = page.locator("#incidents-window-box")
        form.get_by_role("button", name="Thane").click()
        form.get_by_label("Until").fill("18:00")
        form.get_by_label("Why").fill("new router")
        form.get_by_role("button", name="Set this window").click()
        expect(page.locator("#incidents-window-answer")).to_contain_text("Not stored: who")
        form.get_by_label("Who sets it").fill("Dr. A. Deshmukh")
        form.get_by_role("button", name="Set this window").click()
        expect(page.locator("#incidents-head")).to_contain_text("In maintenance now: Thane.")
        end = page.get_by_role("button", name="End the window of Thane")
        expect(page.get_by_label("Who ends a window")).to_have_value("Dr. A. Deshmukh")
        end.click()
        expect(page.locator("#incidents-windows")).to_contain_text("None is set")


def test_the_overview_leads_to_the_incident(browser: Browser, looked_at: str) -> None:
    with visiting(browser, looked_at) as visit:
        visit.page.locator("#incidents").get_by_role("link", name="Registry down").click()
        visit.page.wait_for_selector(DRAWN)
        expect(visit.page.locator("h1")).to_have_text("Every upload fails in Dhule since 12:05.")
