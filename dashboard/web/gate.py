"""Who may ask at all. Until there is a login: only this machine, by its own names, and no page of another site."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, json, request

# a name of another site that is made to point here (DNS rebinding) is not one of these
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_FOREIGN = frozenset({"cross-site", "same-site"})


def add_gate(server: Flask) -> None:
    """Refuse requests that name another host, and writing requests that another site's page sent."""

    @server.before_request
    def gate() -> Response | None:
        if urlsplit(f"//{request.host}").hostname not in OWN_NAMES:
            return _refused(HTTPStatus.BAD_REQUEST, f'this control room is not called "{request.host[:60]}"', "Host")
        if request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site") in _FOREIGN:
            return _refused(
                HTTPStatus.FORBIDDEN, "a page of another site may not change anything here", "Sec-Fetch-Site"
            )
        return None


def _refused(status: HTTPStatus, error: str, field: str) -> Response:
    body = {
        "error": error,
        "field": field,
        "hint": "Open http://127.0.0.1 with the control room's port, on this machine",
    }
    return Response(json.dumps(body), status, content_type="application/json")
