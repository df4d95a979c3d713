"""Who may ask at all: only by our own names, and no page of another site. The pages are for this machine alone until there is a login."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, json, request

# a name of another site that is made to point here (DNS rebinding) is not one of these
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_FOREIGN = frozenset({"cross-site", "same-site"})
_HERE = "Open http://127.0.0.1 with the control room's port, on this machine"


def add_gate(server: Flask, names: frozenset[str] = OWN_NAMES, hint: str = _HERE) -> None:
    """Refuse requests that name another host than one of `names`, and writing requests that another site's page sent."""

    @server.before_request
    def gate() -> Response | None:
        if _name() not in names:
            error = f'this control room is not called "{request.host[:60]}"'
            return said(HTTPStatus.BAD_REQUEST, error, "Host", hint)
        if request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site") in _FOREIGN:
            error = "a page of another site may not change anything here"
            return said(HTTPStatus.FORBIDDEN, error, "Sec-Fetch-Site", hint)
        return None


def said(status: HTTPStatus, error: str, field: str, hint: str) -> Response:
    """A refusal as JSON: error, field, hint."""
    body = json.dumps({"error": error, "field": field, "hint": hint})
    return Response(body, status, content_type="application/json")


def _name() -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:  # a bracket that is not closed
        return None
