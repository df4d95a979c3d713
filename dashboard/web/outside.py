"""The second, narrow listener, for what must be reached from outside this machine. What is served on it is put in by wiring.

Only the proxy in front is answered, by the names of the config; bad links and tokens are counted for each address. Someone with a
good link or token is never shut out by others who share his address, as phones of one carrier do.
"""

import ipaddress
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.settings.outside import Outside
from dashboard.web.bad_tries import BadTries
from dashboard.web.gate import add_gate, said
from dashboard.web.security import add_security_headers
from probes.clock import Clock

_HINT = "Use the link or the address that the control room gave you"
_FORM = "/report/"


def create_outside(outside: Outside, clock: Clock) -> Flask:
    """A server that answers /healthz and whatever blueprints are registered on it; anything else is a 404."""
    server = Flask("tikawatch-outside", static_folder=None)
    server.url_map.merge_slashes = False  # the redirect it makes would send a link in the clear
    server.wsgi_app = ProxyFix(server.wsgi_app, x_for=1, x_proto=0)  # type: ignore[method-assign]  # Flask's own way to add one
    _answer_the_proxy_alone(server, outside)
    add_gate(server, outside.known_names, _HINT)
    add_security_headers(server, ())  # before the next: what is added later sees an answer earlier
    _count_bad_tries(server, BadTries(clock))

    @server.get("/healthz")
    def health() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @server.errorhandler(NotFound)
    @server.errorhandler(MethodNotAllowed)
    def nothing(_problem: Exception) -> Response:
        return _answered(HTTPStatus.NOT_FOUND, "there is nothing here to ask so", _HINT)

    return server


def _answer_the_proxy_alone(server: Flask, outside: Outside) -> None:
    """Whoever comes past the proxy may listen in on links and tokens, and may write any X-Forwarded-For."""
    proxy = ipaddress.ip_network(outside.proxy)

    @server.before_request
    def peer() -> Response | None:
        came_from = request.environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]
        if ipaddress.ip_address(came_from) in proxy:
            return None
        return _answered(HTTPStatus.FORBIDDEN, "only the control room's own proxy is answered here", _HINT)


def _count_bad_tries(server: Flask, tries: BadTries) -> None:
    @server.after_request
    def slow_down(response: Response) -> Response:
        form = request.path.startswith(_FORM)
        bad = response.status_code == (HTTPStatus.FORBIDDEN if form else HTTPStatus.UNAUTHORIZED)
        if not bad or not tries.too_many(f"{'link' if form else 'token'} {_address()}"):
            return response
        what = "links" if form else "tokens"
        error = f"too many {what} that are not valid came from your address"
        refused = _answered(HTTPStatus.TOO_MANY_REQUESTS, error, f"Wait {tries.window_s / 60:g} minutes. {_HINT}")
        refused.headers["Retry-After"] = str(int(tries.window_s))
        return refused


def _answered(status: HTTPStatus, error: str, hint: str) -> Response:
    """A refusal: JSON for a program, a plain sentence for a person."""
    if request.path.startswith("/api/"):
        return said(status, error, "", hint)
    text = f"{error[0].upper()}{error[1:]}. {hint}.\n"
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _address() -> str:
    """Who asks; of IPv6 the network, as one line has a whole one."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    # a proxy with one socket for both writes ::ffff:203.0.113.9
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
