"""An inbox that is a mailbox: looked into each few seconds while somebody waits, in a thread of its own.

May be changed: how a mailbox is looked into. Nothing is changed in it, not even "seen". Nothing a server says is shown or
logged. The moment of a message is that of the look which found it: an upper bound, as fine as `every_s`.
"""

import imaplib
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.inbox_settings import Imap
from probes.inboxes.source import Ready, Received, why
from probes.inboxes.texts import of_mail
from probes.secrets import SecretError, read_all

log = logging.getLogger(__name__)

LOOK_S: Final = 8.0  # a look that takes longer is broken off
MOST_BYTES: Final = 4_194_304  # of one look
MOST_OF_A_MAIL: Final = 65_536
MOST_MAILS: Final = 20  # of one look, the newest
CLOSE_S: Final = 0.9
# imaplib parses as it reads: a server that talks nonsense ends in any of these
TROUBLE: Final = (
    imaplib.IMAP4.error,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SecretError,
)


class ImapSource:
    """A Source. Its thread starts with the first `wake` and keeps one session while somebody waits."""

    def __init__(self, settings: Imap, received: Received, loop: TransferLoop, clock: Clock) -> None:
        self._settings = settings
        self._received = received
        self._loop = loop
        self._clock = clock
        self._change = threading.Condition()
        self._fresh: list[Ready] = []  # who began to wait since the last look
        self._needed = False
        self._closed = False
        self._session = Session(settings)
        self._thread: threading.Thread | None = None
        self.problem = ""

    def wake(self, ready: Ready) -> None:
        with self._change:
            self._fresh.append(ready)
            self._needed = True
            self._change.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="imap", daemon=True)
            self._thread.start()

    def rest(self) -> None:
        with self._change:
            self._needed = False
            self._fresh.clear()
            self._change.notify()

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify()
        self._session.break_off()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or self._needed)
                if self._closed:
                    break
                fresh, self._fresh = self._fresh, []
            self._look(fresh)
            with self._change:
                self._change.wait_for(self._is_time, timeout=self._settings.every_s)
                needed = self._needed and not self._closed
            if not needed:
                self._session.end()
        self._session.end()

    def _is_time(self) -> bool:
        return self._closed or bool(self._fresh) or not self._needed

    def _look(self, fresh: list[Ready]) -> None:
        watchdog = threading.Timer(LOOK_S, self._session.break_off)
        watchdog.daemon = True
        watchdog.start()
        texts: list[str] = []
        try:
            texts, problem = self._session.look(), ""
        except TROUBLE as trouble:
            problem = self._said(trouble)
            self._session.drop()
        finally:
            watchdog.cancel()
        moment = self._clock.monotonic()
        with self._change:  # the loop may not be called once this is closed
            if not self._closed:
                self._loop.call_soon(lambda: self._tell(moment, texts, problem, fresh))

    def _tell(self, moment: float, texts: list[str], problem: str, fresh: list[Ready]) -> None:
        if problem and not self.problem:
            log.warning("mailbox %s at %s cannot be read: %s", self._settings.user, self._settings.host, problem)
        self.problem = problem
        for text in texts:  # before the newcomers hear that it is their turn: these are not for them
            self._received(moment, text)
        for ready in fresh:
            ready(problem)

    def _said(self, trouble: Exception) -> str:
        server = f"{self._settings.host}:{self._settings.port}"
        if isinstance(trouble, SecretError):
            return str(trouble)
        if isinstance(trouble, _Refused):
            return f"{server} refuses {trouble.what}"
        if isinstance(trouble, ssl.SSLError):
            return f"no secure connection to {server} ({why(trouble)[:80]})"
        return f"{server}: {why(trouble)}"


class _Refused(ValueError):
    """The server said no."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Session:
    """One log-in at a time. Used by one thread, but for `break_off`."""

    def __init__(self, settings: Imap) -> None:
        self._settings = settings
        self._imap: _Bounded | None = None
        self._line: socket.socket | None = None
        self._validity = b""
        self._next = 0  # the number the next new mail will have; 0: not known yet

    def look(self) -> list[str]:
        """The texts of the mails that came since the look before; the first look finds none.

        Raises:
            one of TROUBLE.
        """
        if self._imap is None:
            self._imap = self._logged_in()
        self._imap.taken = 0
        _good(self._imap.noop(), "to answer")
        found = _good(self._imap.uid("SEARCH", f"UID {self._next}:*"), "a search")
        # "*" is the newest mail, also when it is an old one
        numbers = sorted({int(one) for one in (found[0] or b"").split() if int(one) >= self._next})
        texts = [self._fetched(self._imap, number) for number in numbers[-MOST_MAILS:]]
        if numbers:
            self._next = numbers[-1] + 1
        return texts

    def end(self) -> None:
        """Log out, and forget what was seen."""
        if self._imap is not None:
            with suppress(*TROUBLE):
                self._imap.logout()
        self.drop()
        self._next = 0

    def drop(self) -> None:
        """After trouble: the next look logs in again, and finds what came meanwhile."""
        self.break_off()
        self._imap = None
        if self._line is not None:
            self._line.close()
            self._line = None

    def break_off(self) -> None:
        """From any thread: end what waits for the server."""
        line = self._line
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # not SSLSocket's, which is not for another thread

    def _logged_in(self) -> "_Bounded":
        password = _password(self._settings)
        imap = _Bounded(self._settings, self._keep)
        try:
            imap.login(self._settings.user, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise _Refused("the user name or the password") from None
        _good(imap.select(f'"{self._settings.folder}"', readonly=True), f"the folder {self._settings.folder}")
        validity, number = (imap.response(code)[1][0] or b"" for code in ("UIDVALIDITY", "UIDNEXT"))
        if not self._next or validity != self._validity:
            self._next = int(number)
        self._validity = validity
        return imap

    def _keep(self, line: socket.socket) -> None:
        self._line = line

    def _fetched(self, imap: "_Bounded", number: int) -> str:
        parts = _good(imap.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{MOST_OF_A_MAIL}>)"), "a mail")
        return "\n".join(of_mail(part[1]) for part in parts if isinstance(part, tuple))


class _Bounded(imaplib.IMAP4):
    """imaplib with a bound on what a server may say in one look, over TLS where the settings want it."""

    def __init__(self, settings: Imap, keep: Callable[[socket.socket], None]) -> None:
        self._settings = settings
        self._keep = keep
        self.taken = 0
        super().__init__(settings.host, settings.port, timeout=LOOK_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        line = socket.create_connection((self.host, self.port), timeout)
        self._keep(line)
        if self._settings.tls:
            context = ssl.create_default_context()
            secure = context.wrap_socket(line, server_hostname=self.host, do_handshake_on_connect=False)
            self._keep(secure)  # before the hand-shake, so that one which never ends can be broken off
            secure.do_handshake()
            return secure
        return line

    def read(self, size: int) -> bytes:
        self._take(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._take(len(line))
        return line

    def _take(self, size: int) -> None:
        self.taken += size
        if self.taken > MOST_BYTES:
            raise self.abort("it says too much")


def _password(settings: Imap) -> str:
    """Read at each log-in, so that a new one is found without a restart."""
    password = read_all({"password": settings.password_file})["secret:password"]
    if not password.isascii():
        raise SecretError(f"the password in {settings.password_file} may hold ASCII letters and signs only")
    return password


def _good(reply: tuple[str, list[Any]], what: str) -> list[Any]:
    if reply[0] != "OK":
        raise _Refused(what)
    return reply[1]
