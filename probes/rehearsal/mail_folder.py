"""Caught mails on disk: one numbered .eml each, fsynced before the relay's last word, the newest MAX_MAILS kept."""

import email
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default as POLICY
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

MAX_MAILS: Final = 2000
_MAX_TEXT: Final = 20_000  # characters of a mail's text kept in memory


@dataclass(frozen=True)
class Mail:
    """One caught mail. `to`: the recipients of the envelope; `date`: ISO 8601 by the mail's own header, or empty."""

    number: int
    to: tuple[str, ...]
    subject: str
    message_id: str
    date: str
    text: str


class MailFolder:
    """A folder of mails that survives a restart; safe to use from several threads."""

    def __init__(self, folder: Path, max_mails: int = MAX_MAILS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._max_mails = folder, max_mails
        self._lock = threading.Lock()
        self._mails: OrderedDict[int, Mail] = OrderedDict()
        for file in sorted(folder.glob("[0-9]*.eml")):
            if file.stem.isdigit():
                self._mails[int(file.stem)] = _summary(int(file.stem), file.read_bytes())
        self._last = max(self._mails, default=0)

    def mails(self) -> list[Mail]:
        """Newest first."""
        with self._lock:
            return list(reversed(self._mails.values()))

    def message(self, number: int) -> EmailMessage | None:
        """The whole mail; None when there is none of that number."""
        with self._lock:
            return _parsed(self._file(number).read_bytes()) if number in self._mails else None

    def add(self, to: Sequence[str], content: bytes) -> Mail:
        """Store one mail; it is on disk when this returns."""
        stored = b"".join(b"X-Envelope-To: " + _one_line(address) + b"\r\n" for address in to) + content
        with self._lock:
            number = self._last = self._last + 1
            self._write(self._file(number), stored)
            mail = self._mails[number] = _summary(number, stored)
            while len(self._mails) > self._max_mails:
                oldest, _ = self._mails.popitem(last=False)
                self._file(oldest).unlink(missing_ok=True)
        return mail

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06d}.eml"

    def _write(self, file: Path, content: bytes) -> None:
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a power cut could take the new name away again
        finally:
            os.close(folder)


def headers(message: EmailMessage) -> list[tuple[str, str]]:
    """All headers as texts, whatever is in them: the library's own reading fails on some that are broken."""
    return [(name, _readable(str(value))) for name, value in message.raw_items()]


def header(message: EmailMessage, name: str) -> str:
    """The first header of that name; empty when there is none."""
    return next((value for one, value in headers(message) if one.lower() == name.lower()), "")


def text_and_html(message: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML part, each empty when the mail has none."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return _content(plain), _content(html)


def _content(part: object) -> str:
    if not isinstance(part, EmailMessage):
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a charset nobody knows, or broken bytes
        return str(part.get_payload())


def _readable(raw: str) -> str:
    line = "".join(raw.splitlines()).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, LookupError, ValueError):  # broken base64, or a charset nobody knows
        return line


def _parsed(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, EmailMessage, policy=POLICY)


def _summary(number: int, content: bytes) -> Mail:
    message = _parsed(content)
    return Mail(
        number=number,
        to=tuple(value for name, value in headers(message) if name == "X-Envelope-To"),
        subject=header(message, "Subject"),
        message_id=header(message, "Message-ID").strip(),
        date=_iso(header(message, "Date")),
        text=text_and_html(message)[0][:_MAX_TEXT],
    )


def _iso(date: str) -> str:
    try:
        return parsedate_to_datetime(date).isoformat()
    except (ValueError, TypeError):
        return ""


def _one_line(address: str) -> bytes:
    return " ".join(address.split()).encode("ascii", "replace")
