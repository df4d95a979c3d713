"""Makes the pages of this room: plain HTML with its style inside, no script, nothing loaded from anywhere."""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path

from flask import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.doses.numbers import indian

FOLDER = Path(__file__).parent / "templates"


def page(template: str, status: int, **content: object) -> Response:
    """A page with the headers that keep it and its address at home."""
    text = _environment().get_template(template).render(style=Markup(_style()), **content)
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers.update(_headers())
    return response


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["indian"] = indian
    return made


@cache
def _style() -> str:
    return (FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def _headers() -> dict[str, str]:
    style = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        "default-src 'none'", f"style-src 'sha256-{style}'", "img-src data:", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'",
    )  # fmt: skip
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }
