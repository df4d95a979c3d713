"""The tls check against real servers: trusted, expired, made for another name, of nobody's making, and ending soon."""

import socket
from pathlib import Path

import pytest

from probes.carriers.transfers import system_ca_file
from probes.checks.certificates import why_not_trusted
from probes.exchange import Certificate
from probes.sample import Reason

from .real_checks import Authority, authority, measured, tls_server
from .servers import free_port, raw_server

TLS = Path(__file__).parent / "tls"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def test_a_good_chain_is_good_and_nothing_is_asked(ca: Authority) -> None:
    asked: list[bytes] = []
    with tls_server(ca.certificate("good", 30), lambda connection: asked.append(connection.recv(100))) as port:
        found = measured(ca.ca_file, kind="tls", host="127.0.0.1", port=port)
    assert (found.reason, found.detail, found.stage, found.status) == (Reason.NONE, "", "", None)
    assert found.phases.tls is not None
    assert (found.phases.first_byte, found.phases.transfer) == (None, None)
    assert not any(asked)


def test_one_that_ends_soon_says_when(ca: Authority) -> None:
    with tls_server(ca.certificate("soon", 5)) as port:
        found = measured(ca.ca_file, kind="tls", host="localhost", port=port, days_left=14)
    assert (found.reason, found.stage) == (Reason.CERTIFICATE, "answer")
    assert found.detail.endswith("in 5.0 days; the check wants 14")


def test_one_that_has_expired_says_since_when() -> None:
    with tls_server(TLS / "expired.pem") as port:
        found = measured(str(TLS / "authority.pem"), kind="tls", host="localhost", port=port)
    assert (found.reason, found.stage, found.phases.tls) == (Reason.TLS, "tls", None)
    assert found.detail == (
        "not trusted: expired since 2021-01-16 (subject CN = late, issuer CN = Tikawatch test authority, ends 2021-01-16)"
    )


def test_one_for_another_name_says_for_whom(ca: Authority) -> None:
    with tls_server(ca.certificate("other", 30, "DNS:other.example,DNS:third.example")) as port:
        found = measured(ca.ca_file, kind="tls", host="localhost", port=port)
    assert (found.reason, found.stage) == (Reason.TLS, "tls")
    assert found.detail.startswith(
        "not trusted: made for other.example, third.example, not for localhost (subject CN = "
    )


def test_an_unknown_issuer_is_named(ca: Authority) -> None:
    with tls_server(ca.certificate("stray", 30)) as port:
        found = measured(system_ca_file(), kind="tls", host="localhost", port=port)
    assert found.detail.startswith("not trusted: unknown issuer (subject CN = stray, issuer CN = Test authority")


def test_one_that_signed_itself_is_called_so() -> None:
    with tls_server(TLS / "certificate.pem", key=TLS / "key.pem") as port:
        found = measured(system_ca_file(), kind="tls", host="127.0.0.1", port=port)
    assert found.detail.startswith("not trusted: signed by itself")


def test_a_port_that_does_not_speak_tls_is_told() -> None:
    with raw_server(lambda connection: connection.sendall(b"SSH-2.0-x\r\n")) as port:
        found = measured(kind="tls", host="127.0.0.1", port=port)
    assert (found.reason, found.stage) == (Reason.TLS, "tls")
    assert found.detail.startswith("the port does not speak TLS (")


def test_nobody_listening_is_refused() -> None:
    found = measured(kind="tls", host="127.0.0.1", port=free_port())
    assert (found.reason, found.stage) == (Reason.REFUSED, "connect")


@pytest.mark.process
@pytest.mark.timed
def test_a_hand_shake_that_stalls_ends_at_the_deadline() -> None:
    def stall(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    with raw_server(stall) as port:
        found = measured(kind="tls", host="127.0.0.1", port=port, deadline_s=0.3)
    assert (found.reason, found.stage) == (Reason.TIMEOUT, "tls")
    assert 0.28 < found.phases.total < 0.35


@pytest.mark.process
@pytest.mark.timed
def test_the_second_look_counts_against_the_same_deadline(ca: Authority) -> None:
    seen: list[int] = []
    certificate = ca.certificate("slow", 30, "DNS:other.example")

    with tls_server(certificate) as real:

        def first_only(connection: socket.socket) -> None:
            seen.append(1)
            if len(seen) > 1:
                while connection.recv(4096):
                    pass
                return
            with socket.create_connection(("127.0.0.1", real)) as there:
                while data := connection.recv(65536):
                    there.sendall(data)
                    connection.sendall(there.recv(65536))

        with raw_server(first_only) as port:
            found = measured(ca.ca_file, kind="tls", host="localhost", port=port, deadline_s=0.5)
    assert len(seen) == 2
    assert found.reason is Reason.TLS
    assert found.detail.startswith("the secure connection failed (")


def test_what_is_not_yet_valid_is_explained() -> None:
    chain = (Certificate("CN = a", "CN = b", ("a",), begins=2_000_000_000, ends=3_000_000_000),)
    assert why_not_trusted("x", "a", chain, 1_000_000_000).startswith("not trusted: not valid before 2033-05-18")
