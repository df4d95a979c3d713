"""Hands one mail for one person to the relay, and says what became of it. Classifying the relay's answers is done here only.

smtplib's own sendmail() hides a recipient's temporary refusal and cannot say whether a lost connection was lost before
or after the hand-over; therefore the conversation is led here command by command.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from dashboard.notices.letter import one_line
from dashboard.notices.states import AttemptResult
from dashboard.settings import Mail
from probes.sections import is_loopback

REPLY_LENGTH = 300
RELAY_TROUBLE = "relay: "  # a reply that begins so speaks of the relay, not of the mailbox
# every answer but the last is quick; the last may take as long as timeout_s says (RFC 5321 section 4.5.3.2)
_QUICK_S = 60.0
_QUIT_S = 5.0

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Reply:
    """What became of one attempt, with the relay's own words, at most 300 characters."""

    result: AttemptResult
    text: str
    nobody_there: bool = False  # the connection was refused: worth an early retry

    @property
    def relay_trouble(self) -> bool:
        """True when no mail would have gone through: the others need not try now."""
        return self.text.startswith(RELAY_TROUBLE)


class _Stop(Exception):
    """Ends the conversation with a verdict."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class SmtpTransport:
    """One SMTP conversation a mail. `context` replaces the system's trust store, `quick_s` the limit of short answers."""

    def __init__(self, mail: Mail, context: ssl.SSLContext | None = None, quick_s: float = _QUICK_S) -> None:
        self._mail = mail
        self._context = context or ssl.create_default_context()
        self._quick_s = min(quick_s, mail.timeout_s)

    def send(self, message: EmailMessage, address: str, accepted: Callable[[str], None]) -> Reply:
        """Send to one address. `accepted` is called with the relay's words after its 250 and before QUIT.

        Troubles of mail and network come back as a Reply; what `accepted` raises goes through.

        Raises:
            ValueError: the mail or the address cannot be put into the protocol.
        """
        try:
            with self._connected() as relay:
                answer = self._converse(relay, message, address)
                accepted(_words(answer))
                return Reply(AttemptResult.ACCEPTED, _words(answer))
        except _Stop as stop:
            return stop.reply

    def _converse(self, relay: smtplib.SMTP, message: EmailMessage, address: str) -> Answer:
        sender = self._mail.sender
        body = _on_the_wire(message)
        with _stopping_at_relay_trouble(), _deadline(relay, self._quick_s):
            self._greet(relay)
            _expect_of_relay(relay.docmd("MAIL", f"FROM:<{sender}>"), 250)
        with _stopping_at_lost_connection(AttemptResult.LATER), _deadline(relay, self._quick_s):
            _expect_of_mailbox(relay.docmd("RCPT", f"TO:<{address}>"), (250, 251))
            _expect_of_mailbox(relay.docmd("DATA"), (354,))
        with _stopping_at_lost_connection(AttemptResult.IN_DOUBT), _deadline(relay, self._mail.timeout_s):
            relay.send(body)
            answer = relay.getreply()
        _expect_of_mailbox(answer, range(200, 300), AttemptResult.IN_DOUBT)
        return answer

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        domain = self._mail.sender.rpartition("@")[2]  # without it smtplib asks DNS for our own name
        relay = (
            smtplib.SMTP_SSL(local_hostname=domain, timeout=self._quick_s, context=self._context)
            if self._mail.tls == "implicit"
            else smtplib.SMTP(local_hostname=domain, timeout=self._quick_s)
        )
        # the name TLS verifies; smtplib sets it only when its constructor connects, where no deadline can reach
        relay._host = self._mail.host  # type: ignore[attr-defined]
        try:
            with _stopping_at_relay_trouble(), _deadline(relay, self._quick_s):
                _expect_of_relay(relay.connect(self._mail.host, self._mail.port), 220)
            yield relay
        finally:
            _say_goodbye(relay)

    def _greet(self, relay: smtplib.SMTP) -> None:
        relay.ehlo_or_helo_if_needed()
        if self._mail.tls == "starttls":
            relay.starttls(context=self._context)
            relay.ehlo_or_helo_if_needed()
        if self._mail.user:
            relay.login(self._mail.user, self._password())

    def _password(self) -> str:
        host = f"[{self._mail.host}]" if ":" in self._mail.host else self._mail.host
        if self._mail.tls == "none" and not is_loopback(f"smtp://{host}"):
            raise _relay_trouble("the password is not sent without TLS; set tls to starttls or implicit")
        if self._mail.password_file is None:
            raise _relay_trouble("there is a user, but no password_file")
        return self._mail.password_file.read_text(encoding="utf-8").rstrip("\r\n")


def _on_the_wire(message: EmailMessage) -> bytes:
    """CRLF only, or a relay and the next one may see the end of the mail at different places; dots doubled; the last dot."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message.as_bytes()).removesuffix(b"\r\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b"\r\n.\r\n"


def _expect_of_relay(answer: Answer, code: int) -> None:
    if answer[0] != code:
        raise _relay_trouble(_words(answer))


def _expect_of_mailbox(
    answer: Answer, wanted: tuple[int, ...] | range, otherwise: AttemptResult = AttemptResult.LATER
) -> None:
    code = answer[0]
    if code in wanted:
        return
    result = AttemptResult.REFUSED if 500 <= code < 600 else AttemptResult.LATER if 400 <= code < 500 else otherwise
    raise _Stop(Reply(result, _words(answer)))


def _relay_trouble(text: str, nobody_there: bool = False) -> _Stop:
    return _Stop(Reply(AttemptResult.LATER, _cut(RELAY_TROUBLE + text), nobody_there))


@contextmanager
def _stopping_at_relay_trouble() -> Iterator[None]:
    try:
        yield
    except ConnectionRefusedError:
        raise _relay_trouble("nobody listens there (connection refused)", nobody_there=True) from None
    except smtplib.SMTPResponseException as problem:
        words = problem.smtp_error
        raise _relay_trouble(
            _words((problem.smtp_code, words if isinstance(words, bytes) else words.encode()))
        ) from None
    except UnicodeError:
        raise _relay_trouble("user or password holds characters the relay's log-in cannot carry") from None
    except OSError as problem:
        raise _relay_trouble(str(problem) or type(problem).__name__) from None


@contextmanager
def _stopping_at_lost_connection(result: AttemptResult) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise _Stop(Reply(result, _cut(f"connection lost: {problem}"))) from None


@contextmanager
def _deadline(relay: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds in all: a socket's own timeout begins anew with every dripped byte."""
    fired = threading.Event()

    def cut() -> None:
        fired.set()
        with suppress(OSError):
            if relay.sock is not None:
                relay.sock.shutdown(socket.SHUT_RDWR)

    if relay.sock is not None:
        relay.sock.settimeout(seconds)
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, _Stop) as problem:  # a cut-off line can look like a short answer
        if fired.is_set() or "timed out" in str(problem):
            raise TimeoutError(f"no full answer within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()


def _say_goodbye(relay: smtplib.SMTP) -> None:
    with suppress(OSError), _deadline(relay, _QUIT_S):
        relay.docmd("QUIT")
    relay.close()


def _words(answer: Answer) -> str:
    return _cut(f"{answer[0]} {answer[1].decode('utf-8', 'replace')}")


def _cut(text: str) -> str:
    return one_line(text)[:REPLY_LENGTH]
