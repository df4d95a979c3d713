"""The doses page in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.dashboard.web.pictures import launch_day

DRAWN = "#doses-table tbody tr"


@pytest.fixture(scope="module")
def doses_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = launch_day(tmp_path_factory.mktemp("doses") / "tikawatch.db", quick_settings(REHEARSAL))
    with serving(made) as url:
        yield url + "doses/"
    made.engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, doses_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, doses_url, size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("of 28,500 planned")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.wait_for_selector("#doses-chart .main-svg .scatterlayer .trace")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.outside == []
        assert visit.violations() == []


def test_day_one_stands_in_four_numbers_with_their_sources_on_click(browser: Browser, doses_url: str) -> None:
    with visiting(browser, doses_url, drawn=DRAWN) as visit:
        page = visit.page
        numbers = page.locator(".four .big")
        expect(numbers).to_have_text(["28,500", "18,338", "5,726", "12,612"])
        page.get_by_role("button", name="Maharashtra, recorded: 5,726. Show every telling").first.click()
        expect(page.get_by_role("heading", name="Every telling of one figure: Maharashtra, recorded")).to_be_visible()
        expect(page.get_by_text("Shown: 5,726")).to_be_visible()


def test_a_step_back_moves_every_figure_and_latest_brings_them_again(browser: Browser, doses_url: str) -> None:
    with visiting(browser, doses_url, drawn=DRAWN) as visit:
        page = visit.page
        reported = page.locator(".four .big.reported")
        expect(reported).to_have_text("18,338")
        page.locator("#doses-slider [role=slider]").focus()
        page.keyboard.press("Home")
        expect(reported).to_have_text("not reported")
        expect(page.get_by_role("heading", level=1)).to_contain_text(
            "has not reported its doses of 16 January 2021 yet"
        )
        page.get_by_role("button", name="latest").click()
        expect(reported).to_have_text("18,338")
        expect(page.locator("#doses-moment")).to_contain_text("all that is known here")


def test_columns_sort_and_a_value_shows_its_tellings_by_keyboard(browser: Browser, doses_url: str) -> None:
    with visiting(browser, doses_url, drawn=DRAWN) as visit:
        page = visit.page
        head = page.locator("#doses-table").get_by_role("columnheader", name="District")
        head.get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(head.get_by_role("button")).to_be_focused()
        thane = page.get_by_role("button", name="Thane, reported: 1,829. Show every telling")
        thane.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Every telling of one figure: Thane, reported")).to_be_visible()
        expect(thane).to_be_focused()


def test_what_is_shown_can_be_exported(browser: Browser, doses_url: str) -> None:
    with visiting(browser, doses_url, drawn=DRAWN) as visit:
        with visit.page.expect_download() as download:
            visit.page.get_by_role("link", name="Export as CSV").click()
        assert download.value.suggested_filename == "doses-2021-01-16-as-known-2021-01-16T2359.csv"


def test_the_service_day_is_reached_and_opened_by_keyboard(browser: Browser, doses_url: str) -> None:
    with visiting(browser, doses_url, drawn=DRAWN) as visit:
        page = visit.page
        page.locator(".rehearsal a").focus()
        page.keyboard.press("Tab")
        expect(page.locator("button#doses-day")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("option", name="Sat 16 January 2021")).to_be_visible()
