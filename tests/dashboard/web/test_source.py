"""Sources of figures as pages show them."""

from dashboard.web.components.source import host_of, source_link


def test_an_address_is_a_link_named_by_its_host() -> None:
    link = source_link("https://www.pib.gov.in/a?b=1 table 2")
    assert (link.children, link.href, link.title) == (
        "pib.gov.in table 2", "https://www.pib.gov.in/a?b=1", "https://www.pib.gov.in/a?b=1 table 2",
    )  # fmt: skip


def test_anything_else_is_shown_as_it_was_told() -> None:
    assert source_link("telephone, 18:00") == host_of("telephone, 18:00") == "telephone, 18:00"


def test_an_address_that_is_none_breaks_no_page() -> None:
    assert source_link("https://[bad").children == host_of("https://[bad") == "https://[bad"
