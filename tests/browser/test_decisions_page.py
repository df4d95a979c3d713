"""The decisions page in a real browser: by mouse, by keyboard alone, twice, and too late."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.detection.states import DistrictState
from dashboard.web.pages.decisions.taking import Asked, take
from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.builders import Scene
from tests.dashboard.web.pictures import all_down, launch_day, rehearsed_curves

DRAWN = "#decisions-body h1"
ERRORS = ("error", "warning")


@pytest.fixture
def down(tmp_path: Path) -> Iterator[Scene]:
    """The registry is down everywhere: paper is suggested for all."""
    made = all_down(tmp_path / "t.db", quick_settings())
    yield made
    made.engine.dispose()


@pytest.fixture
def down_url(down: Scene) -> Iterator[str]:
    with serving(down) as url:
        yield url + "decisions/"


@pytest.fixture(scope="module")
def decided_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The picture of the comps with paper in five districts and one suspended."""
    made = launch_day(tmp_path_factory.mktemp("decided") / "t.db", quick_settings(REHEARSAL))
    rehearsed_curves(made)
    five = [made.code(name) for name in ("Thane", "Akola", "Dhule", "Nashik", "Pune")]
    for what, codes, hour in (("paper", five, "12:20"), ("suspend", [made.code("Raigad")], "14:10")):
        asked = Asked(
            what, codes, "Dr. A. Deshmukh, State Immunisation Officer", "Uploads take over a minute", 1, f"form-{what}"
        )
        take(made.engine, made.settings, asked, made.ms(hour) / 1000)
    with serving(made) as url:
        yield url
    made.engine.dispose()


def opened(page: Page) -> None:
    page.get_by_role("button", name="Decide: go to paper, the whole state").click()
    expect(page.get_by_role("button", name="Go to paper", exact=True, pressed=True)).to_be_focused()


def signed(page: Page) -> None:
    page.get_by_label("Who decides").fill("Dr. A. Deshmukh")
    page.get_by_label("Why").fill("No upload works")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_and_accessible_with_everything_open(
    browser: Browser, decided_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, decided_url + "decisions/", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.locator("h1")).to_have_text("On paper: 5 districts, since 12:20. Suspended: Raigad, since 14:10.")
        page.get_by_role("button", name="Take a decision").click()
        expect(page.get_by_role("button", name="Go to paper", exact=True)).to_be_focused()
        page.get_by_role("button", name="0 of 5 confirmed").click()
        expect(page.get_by_label("Officer (name, office)")).to_be_focused()
        page.locator("summary").first.click()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert visit.violations() == []
        assert [line for line in visit.console if line.startswith(ERRORS)] == []
        assert visit.outside == []


def test_a_suggestion_is_taken_by_the_keyboard_alone(browser: Browser, down_url: str) -> None:
    with visiting(browser, down_url, drawn=DRAWN) as visit:
        page = visit.page
        page.get_by_role("button", name="Decide: go to paper").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Go to paper", exact=True, pressed=True)).to_be_focused()
        expect(page.locator('[data-group="decisions-districts"][aria-pressed="true"]')).to_have_count(36)
        expect(page.get_by_role("button", name="1: Registry down in all districts", pressed=True)).to_be_visible()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "decisions-who":
                break
        page.keyboard.type("Dr. A. Deshmukh")
        page.keyboard.press("Tab")
        page.keyboard.type("No upload works")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#decisions-answer")).to_have_text(
            "Decision 1 is taken: go to paper, the whole state, 16:40."
        )
        expect(page.locator("h1")).to_have_text("On paper: the whole state, since 16:40.")
        expect(page.locator(".suggested")).to_have_count(0)
        expect(page.locator("#decisions-form")).to_be_hidden()
        assert [line for line in visit.console if line.startswith(ERRORS)] == []


def test_a_double_click_makes_one_decision(browser: Browser, down_url: str) -> None:
    with visiting(browser, down_url, drawn=DRAWN) as visit:
        opened(visit.page)
        signed(visit.page)
        visit.page.get_by_role("button", name="Confirm this decision").dblclick()
        expect(visit.page.locator("#decisions-answer")).to_contain_text("Decision 1")
        visit.page.wait_for_timeout(500)
        visit.page.reload()
        expect(visit.page.locator(".decision")).to_have_count(1)


def test_an_empty_form_says_what_is_missing_and_stores_nothing(browser: Browser, down_url: str) -> None:
    with visiting(browser, down_url, drawn=DRAWN) as visit:
        page, answer = visit.page, visit.page.locator("#decisions-answer")
        page.get_by_role("button", name="Take a decision").click()
        take_it = page.get_by_role("button", name="Confirm this decision")
        take_it.click()
        expect(answer).to_contain_text("Not stored: what was decided is missing.")
        page.get_by_role("button", name="Suspend sessions").click()
        expect(page.locator("#decisions-means")).to_contain_text("No doses are given")
        take_it.click()
        expect(answer).to_contain_text("Not stored: no district is chosen.")
        page.get_by_role("button", name="Dhule").click()
        take_it.click()
        expect(answer).to_contain_text("Not stored: the name of who decides is missing.")
        page.get_by_label("Who decides").fill("Dr. A. Deshmukh")
        take_it.click()
        expect(answer).to_contain_text("Not stored: the reason is missing.")
        expect(page.locator(".decision")).to_have_count(0)


def test_a_suggestion_that_went_by_while_the_form_was_open_is_not_taken(
    browser: Browser, down: Scene, down_url: str
) -> None:
    with visiting(browser, down_url, drawn=DRAWN) as visit:
        opened(visit.page)
        signed(visit.page)
        with down.at_once():
            for district in down.settings.districts:
                down.flip(district.name, "16:39", DistrictState.OK, old="down")
        visit.page.get_by_role("button", name="Confirm this decision").click()
        expect(visit.page.locator("#decisions-answer")).to_contain_text('"Go to paper" is no longer suggested for')
        expect(visit.page.locator("#decisions-form")).to_be_visible()


def test_officers_confirm_and_are_counted(browser: Browser, down_url: str) -> None:
    with visiting(browser, down_url, drawn=DRAWN) as visit:
        page = visit.page
        opened(page)
        signed(page)
        page.get_by_role("button", name="Confirm this decision").click()
        page.get_by_role("button", name="0 of 36 confirmed").click()
        page.get_by_role("button", name="Dhule has confirmed").click()
        expect(page.locator("#decisions-confirm-answer")).to_contain_text(
            "Not stored: the officer who confirmed is missing."
        )
        page.get_by_label("Officer (name, office)").fill("DIO Dhule")
        page.get_by_role("button", name="Dhule has confirmed").click()
        expect(page.locator("#decisions-confirm-answer")).to_have_text("Noted: Dhule.")
        expect(page.locator("#decisions-confirmations")).to_contain_text("16:40 DIO Dhule")
        expect(page.get_by_role("button", name="1 of 36 confirmed")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_the_overview_bands_the_hours_of_a_decision(
    browser: Browser, decided_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, decided_url, size, theme) as visit:
        chart = visit.page.locator("#day-chart")
        expect(chart.get_by_text("paper: 5 districts")).to_be_attached()
        expect(chart.get_by_text("suspended: Rai")).to_be_attached()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert visit.violations() == []
        assert [line for line in visit.console if line.startswith(ERRORS)] == []


def test_the_overview_says_that_a_decision_waits(browser: Browser, down_url: str) -> None:
    with visiting(browser, down_url.removesuffix("decisions/")) as visit:
        expect(visit.page.locator("#box")).to_contain_text("Suggested: go to paper, 36 districts")
        visit.page.locator(".ways.in-header").get_by_role("link", name="Decisions").click()
        visit.page.wait_for_selector(DRAWN)
        expect(visit.page.get_by_text("Suggested: go to paper, the whole state")).to_be_visible()
