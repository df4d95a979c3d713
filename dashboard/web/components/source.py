"""Where a figure comes from, as a page shows it: a web address as a link named by its host, anything else as it was told."""

from typing import Any
from urllib.parse import urlsplit

from dash import html


def host_of(source: str) -> str:
    """`pib.gov.in`; a source that is no address as it is. What follows an address after a space is not part of the host."""
    try:
        return (urlsplit(source.split(" ", maxsplit=1)[0]).hostname or source).removeprefix("www.")
    except ValueError:  # told before such addresses were refused
        return source


def source_link(source: str) -> Any:
    """A link that opens beside the page, with the whole source on hover."""
    if not source.startswith(("https://", "http://")):
        return source
    address, _, rest = source.partition(" ")
    words = f"{host_of(source)} {rest}".strip() if host_of(source) != source else source
    return html.A(words, href=address, target="_blank", rel="noopener noreferrer", title=source)
