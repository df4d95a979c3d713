"""What holds of every page, at every size and in both themes."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, eventually


def assert_clean(visit: Visit, theme: str) -> None:
    """In its theme, no wider than the window, nothing said on the console, nothing asked of other hosts, nothing axe has against it."""
    expect(visit.page.locator("html")).to_have_attribute("data-theme", theme)
    eventually(visit.page, "document.documentElement.scrollWidth <= window.innerWidth")
    assert [line for line in visit.console if line.startswith(("error", "warning"))] == []
    assert visit.outside == []
    assert visit.violations() == []
