"""The way from page to page: every entry is on the screen, at every width."""

import pytest
from playwright.sync_api import Browser

from dashboard.web.components.frame import PAGES
from tests.browser.conftest import OVERVIEW_DRAWN, PHONE, WALL, visiting

WIDTHS = [WALL, (1500, 900), (1280, 800), PHONE]


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: str(size[0]))
@pytest.mark.parametrize(("path", "drawn"), [("", OVERVIEW_DRAWN), ("decisions/", "main h1")])
def test_every_page_can_be_reached_without_scrolling_sideways(
    browser: Browser, launch_url: str, size: tuple[int, int], path: str, drawn: str
) -> None:
    with visiting(browser, launch_url + path, size, drawn=drawn) as visit:
        links = visit.page.locator(".ways a:visible")
        boxes = [link.bounding_box() for link in links.all()]
    assert len(boxes) == len(PAGES)
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= size[0] for box in boxes)
