"""The overview in a real browser: what it shows, what it keeps over updates, what it never does."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, WALL, Visit, eventually, quick_settings, serving, visiting
from tests.builders import Scene
from tests.dashboard.web.pictures import empty_store

RANGE = "() => document.querySelector('#day-chart .js-plotly-plot')._fullLayout.xaxis.range"
CONFIG = "() => document.querySelector('#day-chart .js-plotly-plot')._context"
SIZES = {"wall": WALL, "phone": PHONE}


def test_it_loads_with_a_clean_console_and_asks_nobody_else(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        visit.updates(2)
        assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
        assert visit.outside == []


def test_the_sentence_and_the_four_numbers_are_right(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        page = visit.page
        expect(page.locator("#sentence")).to_have_text(
            "Registry slow in 9 of 36 districts since 11:40; Dhule cannot upload; Raigad lost its own line."
        )
        for kind, value in {"target": "28,500", "reported": "18,338", "recorded": "5,726", "backlog": "12,612"}.items():
            expect(page.locator(f"#number-{kind} .value")).to_have_text(value)
        expect(page.locator("#number-reported .sub")).to_have_text("64.3% of target")
        expect(page.locator("#number-reported .corner")).to_have_text("districts' word, night of 16 January")
        expect(page.locator("#number-reported .corner a")).to_have_attribute("href", re.compile("hindustantimes"))
        expect(page.locator("#clock")).to_have_text("16:40 IST")


def test_there_are_36_tiles_with_state_time_and_share(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        page = visit.page
        expect(page.locator("#tiles button")).to_have_count(36)
        expect(page.locator("#tiles .is-down .name")).to_have_text("Dhule")
        expect(page.locator("#tiles .is-down .text")).to_have_text("fails")
        expect(page.locator("#tiles .is-own-line .told")).to_have_text("3% 13:30")
        expect(page.locator("#tiles button[data-code='483'] .told")).to_have_text("48% both")
        expect(page.locator("#tiles button[data-code='475'] .told")).to_have_text("not reported")


def test_a_tile_opens_the_district_and_escape_gives_the_focus_back(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        page = visit.page
        page.locator("#tiles button[data-code='491']").focus()
        page.keyboard.press("Enter")
        dialog = page.locator("#panel-dialog")
        expect(dialog).to_be_visible()
        expect(page.locator("#panel-name")).to_contain_text("Raigad")
        expect(page.locator("#panel-sentence")).to_contain_text("own line since 13:12")
        expect(page.locator("#panel-words")).to_contain_text("as of 13:30")
        expect(page.locator("#panel-words")).to_contain_text("made up for the rehearsal")
        assert page.evaluate("() => document.querySelector('#panel-dialog').contains(document.activeElement)")
        visit.updates(2)
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        eventually(page, "document.activeElement.dataset.code === '491'")


def test_focus_on_a_tile_and_zoom_of_the_chart_survive_three_updates(browser: Browser, scene: Scene) -> None:
    with serving(scene) as url, visiting(browser, url) as visit:
        page = visit.page
        _drag(visit)
        zoomed = page.evaluate(RANGE)
        assert zoomed[0] > "2021-01-16 11:00"
        page.evaluate("() => { window.tileBefore = document.querySelector(\"#tiles button[data-code='490']\"); }")
        page.locator("#tiles button[data-code='490']").focus()
        for minute in range(1, 4):
            scene.clock.at += 60  # another minute: the figure is drawn anew
            page.wait_for_selector(f"#clock:text('16:4{minute} IST')")
            visit.updates(1)
        assert page.evaluate(RANGE) == zoomed
        assert page.evaluate("() => document.activeElement.dataset.code") == "490"
        assert page.evaluate("() => document.activeElement === window.tileBefore")
        page.locator("#whole-day").click()
        expect(page.locator("#whole-day")).to_be_hidden()
        eventually(page, f"({RANGE})()[0].startsWith('2021-01-16 10:00')")


def _drag(visit: Visit) -> None:
    pane = visit.page.locator("#day-chart .nsewdrag").nth(1).bounding_box()
    assert pane is not None
    middle = pane["y"] + pane["height"] / 2
    visit.page.mouse.move(pane["x"] + pane["width"] * 0.3, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(pane["x"] + pane["width"] * 0.7, middle, steps=5)
    visit.page.mouse.up()
    expect(visit.page.locator("#whole-day")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", ["wall", "phone"])
def test_axe_finds_nothing(browser: Browser, launch_url: str, size: str, theme: str) -> None:
    with visiting(browser, launch_url, SIZES[size], theme) as visit:
        assert visit.violations() == []
        visit.page.locator("#tiles button[data-code='490']").click()
        expect(visit.page.locator("#panel-words")).to_contain_text("Officer")
        assert visit.violations() == []
        visit.page.locator("#panel-close").click()
        visit.page.locator("#incidents button:visible").first.click()
        visit.page.locator("#ask-do").click()
        expect(visit.page.locator("#ask-trouble")).to_contain_text("Write your name")
        assert visit.violations() == []


def test_axe_finds_nothing_on_an_empty_store(browser: Browser, tmp_path: Path) -> None:
    scene = empty_store(tmp_path / "tikawatch.db", quick_settings())
    with serving(scene) as url, visiting(browser, url, PHONE) as visit:
        expect(visit.page.locator("#sentence")).to_contain_text("Nothing measured yet")
        expect(visit.page.locator("#number-reported .value")).to_have_text("not reported")
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") == PHONE[0]
        assert visit.violations() == []


def test_no_chart_can_be_shared_with_the_cloud(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        config = visit.page.evaluate(CONFIG)
        assert config["showSendToCloud"] is False
        assert config["plotlyServerURL"] == ""
        visit.page.locator("#day-chart").hover()
        assert visit.page.locator("[data-title*='hare'], [data-title*='loud']").count() == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_wall_has_no_scroll_bars_and_the_phone_no_sideways_scroll(
    browser: Browser, launch_url: str, theme: str
) -> None:
    measure = "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    with visiting(browser, launch_url, WALL, theme) as visit:
        assert visit.page.evaluate(measure) == [1920, 1080]
        assert visit.page.evaluate("() => document.documentElement.dataset.theme") == theme
    with visiting(browser, launch_url, PHONE, theme) as visit:
        assert visit.page.evaluate(measure)[0] == 390


def test_acknowledge_is_taken_and_says_who_and_when(browser: Browser, scene: Scene) -> None:
    with serving(scene) as url, visiting(browser, url) as visit:
        page = visit.page
        row = page.locator("#incidents tbody tr").first
        expect(row).to_contain_text("Registry down")
        expect(row.locator(".told")).to_have_text("5 of 6")
        row.locator("button").click()
        dialog = page.get_by_role("dialog", name="Acknowledge")
        expect(dialog).to_contain_text("Registry down: Dhule")
        dialog.get_by_role("button", name="Acknowledge").click()
        expect(dialog).to_contain_text("Write your name and office")
        assert visit.violations() == []
        dialog.get_by_label("Who has it").fill("Dr. A. Deshmukh, SIO")
        page.keyboard.press("Enter")
        taken = page.locator("#incidents tr", has_text="Registry down")
        expect(taken.locator(".answered span")).to_have_text("16:40 Dr. A. Deshmukh, SIO")
        expect(taken.locator("button")).to_be_hidden()
        expect(page.locator("#box")).to_contain_text("Waiting for us: 1 incident")


def test_a_name_is_given_once_and_stands_on_every_page_until_it_is_changed(browser: Browser, scene: Scene) -> None:
    with serving(scene) as url, visiting(browser, url) as visit:
        page = visit.page
        page.locator("#incidents button:visible").first.click()
        page.get_by_label("Who has it").press_sequentially("Dr. A. Deshmukh")
        page.keyboard.press("Escape")
        expect(page.locator("#ask-dialog")).to_be_hidden()
        page.goto(url + "incidents/?id=2")
        page.get_by_role("button", name="Add a note", exact=True).click()
        who = page.get_by_label("Who does it")
        expect(who).to_have_value("Dr. A. Deshmukh")
        other = page.context.new_page()
        other.goto(url + "incidents/?id=2")
        other.get_by_role("button", name="Add a note", exact=True).click()
        expect(other.get_by_label("Who does it")).to_have_value("Dr. A. Deshmukh")
        who.fill("Asha Patil")
        page.get_by_label("Words").fill("Rang Dhule.")
        page.get_by_role("button", name="Confirm: add a note").click()
        expect(page.locator(".timeline li").first).to_contain_text("Asha Patil")
        expect(other.get_by_label("Who does it")).to_have_value(
            "Asha Patil"
        )  # a tab that stood open does not act for the one before
        scene.clock.at += 60  # the overview reads the store anew
        page.goto(url)
        page.locator("#incidents button:visible").first.click()
        expect(page.get_by_label("Who has it")).to_have_value("Asha Patil")
        page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
        expect(page.locator("#incidents .answered span", has_text="Asha Patil")).to_have_count(1)


def test_a_rehearsal_says_so_and_links_to_its_mails(browser: Browser, launch_url: str, scene: Scene) -> None:
    with visiting(browser, launch_url) as visit:
        band = visit.page.locator(".rehearsal")
        expect(band).to_contain_text("Rehearsal of 16 January 2021")
        expect(band).to_contain_text("made up")
        expect(band.locator("a")).to_have_attribute("href", "http://127.0.0.1:8603/")
    with serving(scene) as url, visiting(browser, url) as visit:
        assert visit.page.locator(".rehearsal").count() == 0
        expect(visit.page.locator(".monitor")).to_contain_text("there is no login yet")


def test_the_page_itself_says_that_the_server_is_gone(browser: Browser, scene: Scene) -> None:
    with serving(scene) as url, visiting(browser, url) as visit:
        page = visit.page
        with page.expect_event("requestfailed"):  # from here on no answer is under way
            page.route("**/_dash-update-component*", lambda route: route.abort())
        page.evaluate(
            "() => { const real = performance.now.bind(performance); performance.now = () => real() + 60000; }"
        )
        expect(page.locator("#trouble")).to_contain_text("no answer from the control room's server")
        expect(page.locator("body")).to_have_class(re.compile("old"))
        expect(page.locator("#age")).to_have_class("age")


def test_the_theme_button_is_remembered(browser: Browser, launch_url: str) -> None:
    with visiting(browser, launch_url) as visit:
        page = visit.page
        page.locator("#theme").click()
        page.wait_for_selector("html[data-theme='light']")
        page.reload()
        page.wait_for_selector("html[data-theme='light']")
        expect(page.locator("#theme")).to_have_text("Dark")
