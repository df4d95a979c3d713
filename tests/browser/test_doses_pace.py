"""Pace on the doses page and on the overview, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, WALL, quick_settings, serving, visiting
from tests.dashboard.web.pace_pictures import slow_tuesday

DRAWN = "#doses-pace tbody tr"


@pytest.fixture(scope="module")
def tuesday_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = slow_tuesday(tmp_path_factory.mktemp("pace") / "tikawatch.db", quick_settings())
    with serving(made) as url:
        yield url
    made.engine.dispose()


@pytest.mark.parametrize(("size", "theme"), [(WALL, "dark"), (PHONE, "light")])
def test_pace_is_shown_by_a_button_and_sorted_by_keyboard(
    browser: Browser, tuesday_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, tuesday_url + "doses/", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.locator("#doses-pace-box")).to_be_hidden()
        pace = page.get_by_role("button", name="Pace", exact=True)
        pace.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#doses-table")).to_be_hidden()
        expect(pace).to_have_attribute("aria-pressed", "true")
        expect(pace).to_be_focused()
        rows = page.locator(f"{DRAWN} th")
        expect(rows).to_contain_text(["Maharashtra", "Sum of the 33 told", "Ahmednagar"])
        head = page.locator("#doses-pace").get_by_role("columnheader", name="Forecast at close")
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", "descending")
        expect(page.get_by_text("they may still be given today")).to_be_visible()
        page.get_by_text("How is this computed?").click()
        expect(
            page.get_by_text("session days that no incident, no suspension and no planned downtime touched")
        ).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.violations() == []


def test_the_pace_of_a_look_back_is_the_one_of_then_and_can_be_exported(browser: Browser, tuesday_url: str) -> None:
    with visiting(browser, tuesday_url + "doses/", drawn=DRAWN) as visit:
        page = visit.page
        page.get_by_role("button", name="Pace", exact=True).click()
        state = page.locator(f"{DRAWN}:first-child td:nth-child(2)")
        expect(state).to_have_text("5,422at 14:00")
        page.get_by_role("button", name="‹ revision").click()
        page.get_by_role("button", name="‹ revision").click()
        expect(state).to_have_text("5,030at 13:00")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export pace").click()
        assert download.value.suggested_filename == "pace-2021-02-09-as-known-2021-02-09T1300.csv"
        assert "T13:00:00" in download.value.path().read_text()


def test_the_overview_says_what_the_incident_cost_and_the_panel_the_pace(browser: Browser, tuesday_url: str) -> None:
    with visiting(browser, tuesday_url) as visit:
        page = visit.page
        expect(page.locator("#incidents td.where").first).to_contain_text(
            "240 to about 1,200 doses delayed · 9 districts"
        )
        page.evaluate("window.tikawatch.openPanel(490)")
        words = page.locator("#panel-words")
        expect(words.get_by_text("Forecast at close")).to_be_visible()
        expect(words.get_by_role("link", name="How is this computed?")).to_have_attribute("href", "/doses/")
        assert [line for line in visit.console if line.startswith("error")] == []
        assert visit.violations() == []
