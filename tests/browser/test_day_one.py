"""Day one, as the demo shows it: its four numbers, and a way to who said each."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import visiting

NUMBERS = {"target": "28,500", "reported": "18,338", "recorded": "5,726"}


def test_the_overview_shows_the_four_numbers_and_each_that_was_told_leads_to_its_source(
    browser: Browser, launch_url: str
) -> None:
    with visiting(browser, launch_url) as visit:
        page = visit.page
        for number in (*NUMBERS.values(), "12,612"):
            expect(page.get_by_text(number, exact=True).first).to_be_visible()
        hosts = page.evaluate("[...document.querySelectorAll('a[title^=\"Source: https://\"]')].map(link => link.host)")
        assert {"www.devdiscourse.com", "www.hindustantimes.com", "github.com"} <= set(hosts)


def test_a_click_on_a_number_of_the_doses_page_shows_every_telling_with_its_source(
    browser: Browser, launch_url: str
) -> None:
    with visiting(browser, launch_url + "doses/", drawn="#doses-cards button") as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_contain_text(
            "Maharashtra reported 18,338 doses given of 28,500 planned (64.3%); the registry's own count for the day was 5,726: "
            "12,612 fewer than reported"
        )
        for kind, source in {
            "target": "devdiscourse.com",
            "reported": "hindustantimes.com",
            "recorded": "github.com",
        }.items():
            page.locator("#doses-cards button").filter(has_text=NUMBERS[kind]).first.click()
            expect(
                page.get_by_role("heading", name=f"Every telling of one figure: Maharashtra, {kind}")
            ).to_be_visible()
            expect(page.locator(f"#doses-cards a[href*='{source}']").first).to_be_visible()
