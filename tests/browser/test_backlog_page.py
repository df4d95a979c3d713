"""The backlog page in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.clean import assert_clean
from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.dashboard.web.backlog_pictures import a_fortnight

DRAWN = "#backlog-chart .main-svg .scatterlayer .trace"
PANES = "() => [...document.querySelectorAll('#backlog-chart .annotation-text')].map(text => text.textContent.split('  ')[0])"


@pytest.fixture(scope="module")
def backlog_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = a_fortnight(tmp_path_factory.mktemp("backlog") / "tikawatch.db", quick_settings(REHEARSAL))
    with serving(made) as url:
        yield url + "backlog/"
    made.engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, backlog_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, backlog_url, size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("the registry showed 12,000 doses fewer")
        page.get_by_text("How is this computed?").click()
        expect(page.get_by_text("Not every dose of the gap need be on paper")).to_be_visible()
        assert_clean(visit, theme)


def test_a_name_adds_its_curve_by_keyboard_and_the_button_brings_the_worst_back(
    browser: Browser, backlog_url: str
) -> None:
    with visiting(browser, backlog_url, drawn=DRAWN) as visit:
        page = visit.page
        assert page.evaluate(PANES) == ["Maharashtra", "Pune", "Mumbai (both districts)", "Thane"]
        raigad = page.get_by_role("button", name="Raigad: draw its course")
        raigad.focus()
        page.keyboard.press("Enter")
        expect(raigad).to_have_attribute("aria-pressed", "true")
        page.wait_for_function(f"({PANES})()[1] === 'Raigad'")
        expect(raigad).to_be_focused()
        page.get_by_role("button", name="State and worst three").click()
        expect(raigad).to_have_attribute("aria-pressed", "false")
        page.wait_for_function(f"({PANES})()[1] === 'Pune'")


def test_every_column_sorts_and_says_so(browser: Browser, backlog_url: str) -> None:
    with visiting(browser, backlog_url, drawn=DRAWN) as visit:
        page = visit.page
        head = page.get_by_role("columnheader", name="Place")
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(page.locator("#backlog-table tbody th").nth(1)).to_have_text("Mumbai (both districts)")
        expect(page.locator("#backlog-table tbody th").first).to_have_text("Maharashtra")


def test_a_day_back_shows_what_was_known_then_and_exports_it(browser: Browser, backlog_url: str) -> None:
    with visiting(browser, backlog_url, drawn=DRAWN) as visit:
        page = visit.page
        expect(page.locator("#backlog-moment")).to_have_text("this moment: all that is known")
        page.get_by_role("button", name="a day earlier").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("By the end of 26 January 2021")
        expect(page.get_by_role("link", name="Export table")).to_have_attribute(
            "href", "/backlog/table.csv?at=2021-01-26"
        )
        page.locator("#backlog-slider [role=slider]").focus()
        page.keyboard.press("Home")
        expect(page.get_by_role("heading", level=1)).to_contain_text("By the end of 16 January 2021")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export curves").click()
        assert download.value.suggested_filename == "backlog-curves-2021-01-16.csv"
        page.get_by_role("button", name="latest").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("By the end of 27 January 2021")


def test_the_doses_page_leads_to_it(browser: Browser, backlog_url: str) -> None:
    address = backlog_url.replace("/backlog/", "/doses/")
    with visiting(browser, address, drawn="#doses-head") as visit:
        visit.page.get_by_role("link", name="Backlog").click()
        visit.page.wait_for_selector(DRAWN)
        visit.page.get_by_role("button", name="Light").click()
        expect(visit.page.locator("html")).to_have_attribute("data-theme", "light")
