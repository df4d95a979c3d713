"""The conversation with the relay where it goes wrong: TLS, log-in, silence, dripping, breaking off."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from dashboard.notices.smtp import SmtpTransport
from dashboard.notices.states import AttemptResult
from dashboard.settings import ControlRoomFile, Mail

from .relay import Relay

TO = "dio.raigad@example.org"


def mail_to(port: int, **changes: object) -> Mail:
    fields: dict[str, object] = {"sender": "tikawatch@example.org", "host": "127.0.0.1", "port": port, "timeout_s": 5.0}
    return Mail.model_validate(fields | changes)


def letter(text: str = "Text.\n") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Test"
    message.set_content(text)
    return message


def nothing(_text: str) -> None:
    raise AssertionError("nothing was accepted")


@contextmanager
def running(**options: object) -> Iterator[Relay]:
    relay = Relay(options=dict(options))
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server for one connection that does what `talk` does; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                with server.accept()[0] as peer:
                    peer.settimeout(60)
                    talk(peer)
            except OSError:
                pass  # the client went away, which is what some tests are about

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
    thread.join(60)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, made on the spot."""
    folder = tmp_path_factory.mktemp("tls")
    file = folder / "relay.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=relay"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def test_it_doubles_dots_at_the_start_of_lines_so_that_nothing_is_cut_off() -> None:
    with running() as relay:
        reply = SmtpTransport(mail_to(relay.port)).send(letter(".\n..\nafter\n"), TO, lambda text: None)
    assert reply.result is AttemptResult.ACCEPTED
    assert relay.received[0][1].get_content() == ".\r\n..\r\nafter\r\n"


def test_it_sends_nothing_when_starttls_was_stripped() -> None:
    with running() as relay:
        reply = SmtpTransport(mail_to(relay.port, tls="starttls")).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.LATER
    assert reply.text == "relay: STARTTLS extension not supported by server."
    assert relay.transactions == []


@pytest.mark.parametrize(("tls", "option"), [("starttls", "tls_context"), ("implicit", "ssl_context")])
def test_it_sends_nothing_to_a_relay_whose_certificate_is_not_trusted(certificate: Path, tls: str, option: str) -> None:
    with running(**{option: server_context(certificate)}) as relay:
        reply = SmtpTransport(mail_to(relay.port, tls=tls)).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.LATER
    assert reply.relay_trouble
    assert "certificate verify failed" in reply.text
    assert relay.transactions == []


@pytest.mark.parametrize(("tls", "option"), [("starttls", "tls_context"), ("implicit", "ssl_context")])
def test_it_sends_over_tls_to_a_relay_it_can_verify(certificate: Path, tls: str, option: str) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with running(**{option: server_context(certificate)}) as relay:
        reply = SmtpTransport(mail_to(relay.port, tls=tls), trusting).send(letter(), TO, lambda text: None)
        stranger = SmtpTransport(mail_to(relay.port, tls=tls, host="localhost"), trusting).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.ACCEPTED
    assert "certificate" in stranger.text


def test_it_logs_in_with_the_password_of_the_file(tmp_path: Path) -> None:
    def check(_s: object, _session: object, _e: object, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == b"secret-word", handled=False)

    file = tmp_path / "password"
    file.write_text("secret-word\n", encoding="utf-8")
    with running(authenticator=check, auth_required=True, auth_require_tls=False) as relay:
        transport = SmtpTransport(mail_to(relay.port, user="tikawatch", password_file=file))
        right = transport.send(letter(), TO, lambda text: None)
        file.write_text("wrong-word", encoding="utf-8")
        wrong = transport.send(letter(), TO, nothing)
        file.write_text("पासवर्ड", encoding="utf-8")
        strange = transport.send(letter(), TO, nothing)
        file.unlink()
        missing = transport.send(letter(), TO, nothing)
    assert right.result is AttemptResult.ACCEPTED
    assert [reply.result for reply in (wrong, strange, missing)] == [AttemptResult.LATER] * 3
    assert all(reply.relay_trouble for reply in (wrong, strange, missing))
    assert wrong.text.startswith("relay: 535 ")
    assert "word" not in wrong.text


def test_it_does_not_send_a_password_without_tls_to_another_machine(tmp_path: Path) -> None:
    transport = SmtpTransport(mail_to(25, user="tikawatch", host="relay.example.org", password_file=tmp_path / "x"))
    with pytest.raises(Exception, match="not sent without TLS"):
        transport._password()


def test_it_says_so_when_there_is_a_user_without_a_password() -> None:
    with running(authenticator=lambda *a: None, auth_require_tls=False) as relay:
        reply = SmtpTransport(mail_to(relay.port, user="tikawatch")).send(letter(), TO, nothing)
    assert reply.text == "relay: there is a user, but no password_file"


def test_a_refused_sender_is_the_relay_s_trouble_and_not_the_mailbox_s() -> None:
    with running() as relay:
        relay.at_mail = "550 5.7.1 sender not allowed"
        reply = SmtpTransport(mail_to(relay.port)).send(letter(), TO, nothing)
    assert (reply.result, reply.text) == (AttemptResult.LATER, "relay: 550 5.7.1 sender not allowed")


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n", b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_it_tries_later_when_the_greeting_is_none(greeting: bytes) -> None:
    with scripted(lambda peer: peer.sendall(greeting)) as port:
        reply = SmtpTransport(mail_to(port)).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.LATER
    assert reply.relay_trouble
    assert not reply.nobody_there


def test_it_knows_a_port_where_nobody_listens(nobody_there: int) -> None:
    reply = SmtpTransport(mail_to(nobody_there)).send(letter(), TO, nothing)
    assert (reply.result, reply.nobody_there) == (AttemptResult.LATER, True)


def test_a_connection_lost_before_the_hand_over_is_not_in_doubt() -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        for answer in (b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n"):
            peer.recv(1000)
            peer.sendall(answer)
        peer.recv(1000)

    with scripted(talk) as port:
        reply = SmtpTransport(mail_to(port)).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.LATER
    assert not reply.relay_trouble
    assert reply.text.startswith("connection lost: ")


@pytest.mark.parametrize("last_word", [b"hm\r\n", b"", b"x" * 9000])
def test_an_answer_that_is_none_after_the_hand_over_leaves_the_mail_in_doubt(last_word: bytes) -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        for answer in (b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n"):
            peer.recv(1000)
            peer.sendall(answer)
        while not peer.recv(10_000).endswith(b"\r\n.\r\n"):
            pass
        peer.sendall(last_word)

    with scripted(talk) as port:
        reply = SmtpTransport(mail_to(port)).send(letter(), TO, nothing)
    assert reply.result is AttemptResult.IN_DOUBT


def test_what_the_callback_raises_goes_through_and_the_connection_is_closed() -> None:
    def full(_text: str) -> None:
        raise RuntimeError("disk full")

    with running() as relay:
        with pytest.raises(RuntimeError, match="disk full"):
            SmtpTransport(mail_to(relay.port)).send(letter(), TO, full)
        assert relay.quits == 1


@pytest.mark.process
@pytest.mark.timed
def test_it_waits_for_a_late_last_word_longer_than_for_the_others() -> None:
    with running() as relay:
        relay.late_s = 0.8
        reply = SmtpTransport(mail_to(relay.port), quick_s=0.4).send(letter(), TO, lambda text: None)
    assert reply.result is AttemptResult.ACCEPTED
    assert len(relay.received) == 1


@pytest.mark.process
@pytest.mark.timed
def test_a_last_word_that_never_comes_leaves_the_mail_in_doubt() -> None:
    with running() as relay:
        relay.late_s = 1.6
        reply = SmtpTransport(mail_to(relay.port, timeout_s=1.0)).send(letter(), TO, nothing)
    assert (reply.result, reply.text) == (AttemptResult.IN_DOUBT, "connection lost: no full answer within 1 s")


@pytest.mark.process
def test_a_relay_that_drips_its_greeting_is_cut_off_at_the_deadline() -> None:
    enough = threading.Event()

    def drip(peer: socket.socket) -> None:
        while not enough.wait(0.05):
            peer.sendall(b"2")

    with scripted(drip) as port:
        reply = SmtpTransport(mail_to(port), quick_s=0.5).send(letter(), TO, nothing)
        enough.set()
    assert (reply.result, reply.text) == (AttemptResult.LATER, "relay: no full answer within 0.5 s")


def test_the_shipped_config_waits_ten_minutes_for_the_last_word(example: ControlRoomFile) -> None:
    assert example.dashboard.mail.timeout_s == 600
