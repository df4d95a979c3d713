"""The page Why in a real browser."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, expect

from probes.clock import SetClock
from tests.browser.conftest import PHONE, REHEARSAL, WALL, quick_settings, serving, visiting
from tests.builders import Scene
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room
from tests.dashboard.web.pictures import launch_day

DRAWN = "#why-body .answers"
FOLDS = ("rules, with their thresholds", "What would other thresholds have told?")


@pytest.fixture(scope="module")
def why_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cut = Fault("09:05", "09:20", ("Raigad",), error="timeout", anchors=True)
    engine = a_store.stored(tmp_path_factory.mktemp("why") / "t.db", a_day.samples((cut,), end="09:10"))
    settings = room().model_copy(update={"rehearsal": REHEARSAL})
    made: Any = SimpleNamespace(engine=engine, settings=settings, clock=SetClock(moment("09:09:30")))
    with serving(cast("Scene", made)) as url:
        yield url + "why/"
    engine.dispose()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [WALL, PHONE])
def test_it_is_drawn_clean_reachable_and_accessible(
    browser: Browser, why_url: str, size: tuple[int, int], theme: str
) -> None:
    with visiting(browser, why_url + "?district=491", size, theme, DRAWN) as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("Raigad has lost its own line: ")
        expect(page.locator("#why-head")).to_contain_text("At 09:09 on 19 January 2021.")
        expect(page.locator("#why-body table.why").first).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollHeight") < 1500
        assert visit.violations() == []
        for fold in FOLDS:
            page.get_by_text(fold).click()
        expect(page.locator("#why-body table.why").first).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.outside == []
        assert visit.violations() == []


def test_a_past_minute_and_another_place_are_a_choice_away(browser: Browser, why_url: str) -> None:
    with visiting(browser, why_url, drawn=DRAWN) as visit:
        page = visit.page
        page.locator("#why-day").click()
        page.get_by_role("option", name="Tue 19 January 2021").click()
        expect(page.locator("#why-hour")).to_have_text("09:09")
        page.get_by_role("button", name="‹ 5 min").click()
        expect(page.locator("#why-hour")).to_have_text("09:04")
        page.locator("#why-district").click()
        page.get_by_role("option", name="Raigad").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Raigad is ok: ")
        expect(page.locator("#why-head")).to_contain_text("At 09:04 on 19 January 2021.")
        expect(page.get_by_text("No rule holds.")).to_be_visible()


def test_other_thresholds_are_tried_beside_what_was_told(browser: Browser, why_url: str) -> None:
    with visiting(browser, why_url, drawn=DRAWN) as visit:
        page = visit.page
        page.get_by_text(FOLDS[1]).click()
        rules = page.get_by_label("Thresholds that are changed, as in config.yaml")
        rules.fill("settle: 5")
        page.get_by_role("button", name="Try them").click()
        expect(page.locator("#why-tried")).to_contain_text(
            'thresholds line 1, settle: unknown key "settle". Did you mean "settle_s"?'
        )
        rules.fill("settle_s: 60")
        page.get_by_role("button", name="Try them").click()
        expect(page.locator("#why-tried")).to_contain_text("Changed: settle_s 30 → 60.", timeout=300_000)
        expect(page.locator("#why-tried tbody tr")).to_contain_text("new")
        expect(page.get_by_role("button", name="Try them")).to_be_enabled()
        assert visit.violations() == []


def test_the_panel_of_a_district_leads_to_it(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = launch_day(tmp_path_factory.mktemp("panel") / "t.db", quick_settings())
    with serving(made) as url, visiting(browser, url) as visit:
        visit.page.locator("#tiles [data-code='491'], #tiles button", has_text="Raigad").first.click()
        visit.page.get_by_role("link", name="Why, and why not").click()
        visit.page.wait_for_selector(DRAWN)
        expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Raigad")
        expect(visit.page.locator("#why-head")).to_contain_text("At 16:40 on 16 January 2021.")
    made.engine.dispose()
