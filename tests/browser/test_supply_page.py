"""The supply page in a real browser: sites, stock, states, and a pull that fails."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dashboard.doses_pull import Pulls
from dashboard.settings.doses import Pull
from tests.browser.clean import assert_clean
from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.dashboard.web.pictures import launch_day

DRAWN = "#supply-body table"


@pytest.fixture(scope="module")
def supply_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    where = {"district": "code", "day": "date", "value": "doses"}
    pull = Pull.model_validate(
        {"name": "counts", "url": "http://127.0.0.1:9/", "format": "csv", "where": where, "source": "registry"}
    )
    settings = quick_settings(REHEARSAL)
    doses = settings.dashboard.doses.model_copy(update={"pulls": (pull,)})
    dashboard = settings.dashboard.model_copy(update={"doses": doses})
    made = launch_day(
        tmp_path_factory.mktemp("supply") / "tikawatch.db", settings.model_copy(update={"dashboard": dashboard})
    )
    Pulls(made.engine, made.settings, made.clock).step()
    with serving(made) as url:
        yield url
    made.engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, supply_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, supply_url + "supply/", size, theme, DRAWN) as visit:
        page = visit.page
        raigad = page.get_by_role("region", name="Session sites of Raigad")
        expect(raigad.get_by_role("row", name=re.compile("Alibag .*100 .*10 .*– .*–"))).to_be_visible()
        expect(raigad.get_by_role("row", name=re.compile("Difference .*0 .*0 .*– .*–"))).to_be_visible()
        expect(page.get_by_text("about 317 session days, a straight line from 10 doses by 13:30")).to_be_visible()
        states = page.get_by_role("region", name="States beside each other")
        expect(states.get_by_role("row", name=re.compile("West Bengal .*9,730"))).to_contain_text("15,707")
        expect(page.get_by_role("region", name="Scheduled pulls")).to_contain_text("no answer:")
        assert_clean(visit, theme)


def test_every_source_is_a_way_to_it(browser: Browser, supply_url: str) -> None:
    with visiting(browser, supply_url + "supply/", drawn=DRAWN) as visit:
        links = visit.page.get_by_role("region", name="States beside each other").get_by_role("link")
        expect(links.nth(19)).to_be_attached()
        assert all(link.get_attribute("href").startswith("https://") for link in links.all())  # type: ignore[union-attr]
        expect(visit.page.get_by_role("link", name="Export as CSV")).to_have_attribute(
            "href", "/doses/export.csv?day=2021-01-16"
        )
