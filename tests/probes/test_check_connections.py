"""What an http check's connection is: its certificate, HTTP/2, one kept open, one address after the other."""

import shutil
import socket
from pathlib import Path

import pytest

from probes.carriers.transfers import TransferLoop
from probes.clock import WallClock
from probes.exchange import Request
from probes.sample import Reason

from .conftest import Fetch, run_all
from .real_checks import Authority, authority, measured, says_ok, speaks_http2, tls_server
from .servers import raw_server


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def certificate(ca: Authority) -> Path:
    return ca.certificate("good", 30)


@pytest.mark.parametrize(("days", "reason"), [(14, Reason.NONE), (60, Reason.CERTIFICATE)])
def test_the_days_left_of_a_certificate_decide(ca: Authority, certificate: Path, days: int, reason: Reason) -> None:
    with tls_server(certificate) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/", certificate_days=days)
    assert found.reason is reason
    if reason is Reason.CERTIFICATE:
        assert found.stage == "answer"
        assert found.detail.startswith("the certificate ends on 20")
        assert found.detail.endswith("in 30.0 days; the check wants 60")


def test_http2_is_spoken_when_asked_for_and_only_then(ca: Authority, certificate: Path) -> None:
    with tls_server(certificate, speaks_http2, alpn=("h2",)) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/", http2=True)
    assert (found.reason, found.status, found.detail) == (Reason.NONE, 200, "")
    with tls_server(certificate, alpn=("h2", "http/1.1")) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/")
    assert found.reason is Reason.NONE


def test_a_server_that_speaks_only_http_1_fails_a_check_that_wants_http_2(ca: Authority, certificate: Path) -> None:
    with tls_server(certificate) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/", http2=True)
    assert (found.reason, found.detail) == (Reason.PROTOCOL, "answered with HTTP/1.1, the check wants HTTP/2")
    assert (found.status, found.stage) == (200, "answer")


@pytest.mark.parametrize("curve", ["prime256v1", "secp384r1", "secp521r1", "X25519"])
def test_no_server_is_lost_for_the_group_it_wants(ca: Authority, certificate: Path, curve: str) -> None:
    with tls_server(certificate, curve=curve) as port:
        found = measured(ca.ca_file, kind="http", url=f"https://127.0.0.1:{port}/")
    assert found.reason is Reason.NONE, found.detail


def connections(handled: list[int]) -> object:
    def handle(connection: socket.socket) -> None:
        handled.append(1)
        says_ok(connection)

    return handle


def test_an_open_connection_serves_again_only_when_asked(ca: Authority, certificate: Path) -> None:
    handled: list[int] = []
    with tls_server(certificate, connections(handled)) as port:  # type: ignore[arg-type]
        url = f"https://127.0.0.1:{port}/"
        found = measured(ca.ca_file, rounds=4, kind="http", url=url, reuse_connection=True)
        assert len(handled) == 1
        assert found.reason is Reason.NONE
        assert (found.phases.dns, found.phases.connect, found.phases.tls) == (0.0, 0.0, 0.0)
        assert found.phases.first_byte is not None
        measured(ca.ca_file, rounds=3, kind="http", url=url)
        assert len(handled) == 4


def test_plain_requests_after_special_ones_carry_nothing_over(ca: Authority, certificate: Path) -> None:
    loop, clock = TransferLoop(WallClock(), "Tikawatch test", ca.ca_file), WallClock()
    with tls_server(certificate) as port:
        url, deadline = f"https://127.0.0.1:{port}/", clock.monotonic() + 5
        try:
            [special] = run_all(loop, [Request(
                url=url, deadline=deadline, method="POST", body=b"x", keep=9, keep_headers=True, certificates=True, reuse=True,
            )])  # fmt: skip
            [blind] = run_all(loop, [Request(url=url, deadline=deadline, handshake_only=True, verify=False)])
            [plain] = run_all(loop, [Request(url=url, deadline=deadline)])
            [wrong] = run_all(
                loop, [Request(url=url.replace("127.0.0.1", "127.0.0.2"), deadline=deadline, ip_version=4)]
            )
        finally:
            loop.close()
    assert (special.body, special.headers, len(special.certificates)) == (b"ok", (("content-length", "2"),), 1)
    assert (blind.reason, blind.status, blind.bytes_up) == (Reason.NONE, None, 0)
    assert (plain.reason, plain.status, plain.body, plain.headers, plain.certificates) == (
        Reason.NONE,
        200,
        b"",
        (),
        (),
    )
    assert wrong.reason is not Reason.NONE


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_the_ip_version_is_kept(fetch: Fetch) -> None:
    with raw_server(says_ok) as port:  # listens on 127.0.0.1 only
        assert fetch(f"http://localhost:{port}/", ip_version=4).reason is Reason.NONE
        assert fetch(f"http://localhost:{port}/", ip_version=6).reason is Reason.REFUSED


@pytest.mark.process
@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
@pytest.mark.timed
def test_a_second_address_is_not_raced_against_the_first(fetch: Fetch) -> None:
    """::1 takes no connection and does not refuse one; a racing client would go on to 127.0.0.1 after 0.2 s."""
    with raw_server(says_ok) as port, socket.socket(socket.AF_INET6) as full:
        full.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        full.bind(("::1", port))
        full.listen(0)
        waiting = [socket.socket(socket.AF_INET6) for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("::1", port))
        result = fetch(f"http://localhost:{port}/", within=1.0)
        for one in waiting:
            one.close()
    assert (result.reason, result.stage) == (Reason.TIMEOUT, "connect")


def test_the_authorities_are_read_once_and_not_for_every_request(
    ca: Authority, certificate: Path, tmp_path: Path
) -> None:
    """Reading 140 of them takes ten times as long as a hand-shake."""
    file = Path(shutil.copy(ca.ca_file, tmp_path))
    loop, clock = TransferLoop(WallClock(), "Tikawatch test", str(file)), WallClock()
    with tls_server(certificate) as port:
        try:
            for more in ({}, {"certificates": True}, {}):
                request = Request(url=f"https://127.0.0.1:{port}/", deadline=clock.monotonic() + 5, **more)
                [result] = run_all(loop, [request])
                assert result.reason is Reason.NONE, result.detail
                file.write_text("")
        finally:
            loop.close()
