"""Secure transfers against a real TLS server with a certificate of its own (tls/, valid for a hundred years)."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.carriers.transfers import TransferLoop, system_ca_file
from probes.clock import WallClock
from probes.exchange import Request, Result
from probes.sample import Reason

from .conftest import run_all
from .servers import raw_server, read_request

TLS = Path(__file__).parent / "tls"


@pytest.fixture
def port() -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")

    def handle(connection: object) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:  # type: ignore[arg-type]
            read_request(secure)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(handle) as number:
        yield number


def fetch(url: str, ca_file: str) -> Result:
    loop = TransferLoop(WallClock(), "Tikawatch test", ca_file)
    try:
        [result] = run_all(loop, [Request(url=url, deadline=WallClock().monotonic() + 5)])
    finally:
        loop.close()
    return result


def test_a_good_certificate_gives_a_tls_phase_of_its_own(port: int) -> None:
    result = fetch(f"https://127.0.0.1:{port}/", str(TLS / "certificate.pem"))
    assert (result.reason, result.status) == (Reason.NONE, 200), result.detail
    phases = result.phases
    assert phases.tls is not None
    assert phases.connect is not None
    assert 0 < phases.connect + phases.tls < phases.total


def test_a_certificate_nobody_vouches_for_is_a_tls_fault(port: int) -> None:
    result = fetch(f"https://127.0.0.1:{port}/", system_ca_file())
    assert (result.reason, result.status) == (Reason.TLS, None)
    assert result.detail.startswith("the secure connection failed (")
    assert (result.phases.first_byte, result.phases.transfer) == (None, None)


def test_a_certificate_for_another_name_is_a_tls_fault(port: int) -> None:
    result = fetch(f"https://localhost:{port}/", str(TLS / "certificate.pem"))
    assert result.reason is Reason.TLS


def test_the_systems_certificates_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/somewhere/bundle.pem")
    assert system_ca_file() == "/somewhere/bundle.pem"
