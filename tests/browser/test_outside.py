"""An officer's phone at the narrow listener: the form works there by the link of the mail, and there are no pages."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from dashboard.settings.outside import Outside
from tests.browser.conftest import PHONE
from tests.browser.test_forms import opened
from tests.dashboard.web.test_outside import Doors


@pytest.fixture
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    open_ones = Doors(tmp_path_factory.mktemp("outside"), Outside(address="http://127.0.0.1", port=0))
    yield open_ones
    open_ones.close()


def test_an_officer_reports_from_outside_without_script(browser: Browser, doors: Doors) -> None:
    address = f"http://127.0.0.1:{doors.listeners['outside'].effective_port}"
    with opened(browser, PHONE, script=False) as page:
        page.goto(f"{address}{urlsplit(doors.link()).path}?lang=en")
        page.get_by_label("How many doses").fill("1,829")
        page.get_by_label("How many of them are recorded").fill("38")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="Yes, report this").click()
        expect(page.get_by_text("The control room has it.")).to_be_visible()
        answer = page.goto(address)
        assert answer
        assert answer.status == 404
