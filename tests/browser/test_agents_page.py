"""The agents page in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.dashboard.web.pictures import launch_day, working_agents

DRAWN = "#agents-body table"


@pytest.fixture(scope="module")
def agents_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = launch_day(tmp_path_factory.mktemp("agents") / "tikawatch.db", quick_settings(REHEARSAL))
    working_agents(made)
    with serving(made) as url:
        yield url
    made.engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, agents_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, agents_url + "agents/", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.get_by_text("1 of 3 agents heard of late")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.outside == []
        assert visit.violations() == []


def test_the_overview_leads_to_it_and_back(browser: Browser, agents_url: str) -> None:
    with visiting(browser, agents_url) as visit:
        visit.page.locator(".ways.in-header").get_by_role("link", name="Agents").click()
        visit.page.wait_for_selector(DRAWN)
        visit.page.get_by_role("button", name="Light").click()
        expect(visit.page.locator("html")).to_have_attribute("data-theme", "light")
        visit.page.get_by_role("link", name="Overview").click()
        expect(visit.page.locator("#sentence")).to_contain_text("Registry slow in 9 of 36 districts")
