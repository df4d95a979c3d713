"""The page Bad checks in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.dashboard.web.pictures import launch_day

DRAWN = "#budget-table table"


@pytest.fixture(scope="module")
def budget_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = launch_day(tmp_path_factory.mktemp("budget") / "tikawatch.db", quick_settings(REHEARSAL))
    with serving(made) as url:
        yield url
    made.engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, budget_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, budget_url + "budget/", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bad checks today: ")
        current = page.locator("nav [aria-current=page]").first
        expect(current).to_have_text("Bad checks")
        expect(page.locator("#budget-chart .js-plotly-plot .main-svg").first).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.outside == []
        assert visit.violations() == []


def test_a_column_sorts_and_a_name_draws_its_line(browser: Browser, budget_url: str) -> None:
    with visiting(browser, budget_url + "budget/", drawn=DRAWN) as visit:
        page, first = visit.page, visit.page.locator("#budget-table tbody th").first
        expect(first).to_have_text("Raigad")
        page.get_by_role("button", name="District").click()
        expect(first).to_have_text("Ahmednagar")
        page.get_by_role("button", name="Thane: draw its line").click()
        expect(page.get_by_role("button", name="Thane: draw its line")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#budget-chart .legendtext", has_text="Thane")).to_be_visible()
        page.get_by_role("button", name="Thane: draw its line").click()
        expect(page.locator("#budget-chart .legendtext", has_text="Thane")).to_have_count(0)
