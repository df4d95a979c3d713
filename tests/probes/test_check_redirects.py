"""Redirects of an http check against real servers: which are followed, and what is told of the others."""

import socket
from pathlib import Path

import pytest

from probes.checks.redirects import refusal
from probes.kinds.web import Redirects
from probes.sample import Reason

from .real_checks import authority, measured, tls_server
from .servers import Call, http_server, raw_server, read_request


def redirecting(places: dict[str, str]) -> object:
    def answer(call: Call) -> tuple[int, bytes, dict[str, str]]:
        return (302, b"", {"Location": places[call.path]}) if call.path in places else (200, b"there", {})

    return answer


def test_redirects_of_the_own_host_are_followed_and_their_times_added_up() -> None:
    with http_server(redirecting({"/": "/a?b=1", "/a?b=1": "c#d"})) as server:  # type: ignore[arg-type]
        found = measured(
            kind="http", url=server.url + "/", expect_text="there", headers={"X-Key": "secret"}, redirects={}
        )
        assert [call.path for call in server.calls] == ["/", "/a?b=1", "/c"]
        assert all(call.headers["x-key"] == "secret" for call in server.calls)
    assert (found.reason, found.status) == (Reason.NONE, 200)
    assert found.bytes_down > 300
    parts = (found.phases.dns, found.phases.connect, found.phases.first_byte, found.phases.transfer)
    assert sum(one for one in parts if one) <= found.phases.total


def test_a_named_host_is_followed_and_gets_no_headers() -> None:
    with (
        http_server(lambda _: (200, b"there")) as other,
        http_server(redirecting({"/": f"http://localhost:{other.port}/x"})) as server,  # type: ignore[arg-type]
    ):
        rules = {"hosts": [f"LOCALHOST:{other.port}"]}
        found = measured(kind="http", url=server.url + "/", headers={"X-Key": "secret"}, redirects=rules)
        assert found.reason is Reason.NONE, found.detail
        assert "x-key" not in other.calls[0].headers


@pytest.mark.parametrize(
    ("to", "detail"),
    [
        ("http://169.254.169.254/latest/meta-data?token=1", "to http://169.254.169.254, which the check does not name"),
        ("http://127.0.0.1:1/x", "to http://127.0.0.1:1, which the check does not name"),
        ("//other.example/x", "to http://other.example, which the check does not name"),
        ("http://localhost/x", "to http://localhost, which the check does not name"),
        ("file:///etc/passwd", "to nowhere, which is no web address"),
        ("gopher://127.0.0.1/x", "to gopher://127.0.0.1, which is no web address"),
        ("javascript:alert(1)", ""),
        ("http://me:secret@127.0.0.1/x", "to http://127.0.0.1, which the check does not name"),
        ("http://[::1", "to an unreadable address"),
        ("", "to nowhere, which is no web address"),
        ("/", "in a circle, to http://127.0.0.1"),
    ],
)
def test_a_forbidden_redirect_is_not_followed_and_only_its_origin_is_told(to: str, detail: str) -> None:
    with http_server(redirecting({"/": to})) as server:  # type: ignore[arg-type]
        found = measured(kind="http", url=server.url + "/", redirects={})
        if to == "javascript:alert(1)":  # libcurl takes it for a path of the same host, as it may: it has no //
            assert found.reason in (Reason.NONE, Reason.REDIRECT)
            return
        assert len(server.calls) == 1
    assert (found.reason, found.stage, found.status) == (Reason.REDIRECT, "answer", 302)
    assert found.detail.startswith("redirected " + detail)
    assert "token" not in found.detail
    assert "secret" not in found.detail


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("http://me:secret@own.example/x", "to http://own.example with a user name in the address"),
        ("http://@own.example/x", "to http://own.example with a user name in the address"),
        ("http://own.example/a b", "to an unreadable address"),
    ],
)
def test_an_address_nobody_would_write_is_not_followed(to: str, words: str) -> None:
    assert refusal(Redirects(), ["http://own.example/"], to) == f"redirected {words}"


def test_more_redirects_than_allowed_are_not_followed() -> None:
    with http_server(redirecting({f"/{n}": f"/{n + 1}" for n in range(9)})) as server:  # type: ignore[arg-type]
        found = measured(kind="http", url=server.url + "/0", redirects={"most": 2})
        assert len(server.calls) == 3
        assert found.detail == f"more than 2 redirects, the last to {server.url}"
    assert found.reason is Reason.REDIRECT


def test_a_circle_of_two_is_seen() -> None:
    with http_server(redirecting({"/a": "/b", "/b": "/a"})) as server:  # type: ignore[arg-type]
        found = measured(kind="http", url=server.url + "/a", redirects={"most": 10})
        assert len(server.calls) == 2
    assert found.detail.startswith("redirected in a circle")


def test_a_hop_that_breaks_off_keeps_its_own_reason_and_stage() -> None:
    def handle(connection: socket.socket) -> None:
        if b"GET /gone" not in read_request(connection):
            connection.sendall(b"HTTP/1.1 307 x\r\nLocation: /gone\r\nContent-Length: 0\r\n\r\n")

    with raw_server(handle) as port:
        found = measured(kind="http", url=f"http://127.0.0.1:{port}/", redirects={})
    assert (found.reason, found.stage, found.phases.transfer) == (Reason.RESET, "first_byte", None)


def test_https_may_not_lead_to_http(tmp_path: Path) -> None:
    def handle(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")

    ca = authority(tmp_path)
    with tls_server(ca.certificate("good", 30), handle) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/", redirects={"hosts": ["127.0.0.1"]})
    assert (found.reason, found.detail) == (Reason.REDIRECT, "redirected from https to http://127.0.0.1")
