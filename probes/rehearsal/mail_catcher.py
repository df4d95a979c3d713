"""A mail relay that delivers nothing: SMTP in, files on disk, a page to read them. For the rehearsal and for tests.

The only module of this package that needs aiosmtpd. Change what the pages look like in mail_page.py.
"""

import argparse
import asyncio
import dataclasses
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session

from probes.rehearsal.listening import Background, bound_pair, run_until_told
from probes.rehearsal.mail_folder import MAX_MAILS, Mail, MailFolder
from probes.rehearsal.mail_page import CONTENT_SECURITY_POLICY, list_page, mail_page, missing_page
from probes.rehearsal.wire import Answer, Break, Request, json_answer, refusal, serve

MAX_MAIL_BYTES: Final = 10_485_760
Stage = Literal["RCPT", "DATA", "STORED"]
Reply = Callable[[str, Stage], str | None]


class MailPorts(NamedTuple):
    """Where the two listeners are."""

    smtp: int
    page: int


class MailCatcher:
    """The relay and its page; usable in-process.

    `reply(address, stage)` may answer in place of the relay, for example "450 4.2.0 Later": at RCPT, at DATA (the mail
    is not stored) or at STORED (it is). None lets it pass; a 421 also closes the connection. It is called on the
    catcher's thread. `delay_s` passes between the storing and the last 250; both may be changed while it runs.
    """

    def __init__(  # noqa: PLR0913 - each has a default and a name
        self,
        folder: Path,
        *,
        smtp_port: int = 0,
        page_port: int = 0,
        host: str = "127.0.0.1",
        reply: Reply | None = None,
        delay_s: float = 0.0,
        max_mails: int = MAX_MAILS,
    ) -> None:
        self.reply, self.delay_s = reply, delay_s
        self._host, self._wanted = host, (smtp_port, page_port)
        self._where, self._max_mails = folder, max_mails
        self._background = Background("mail catcher", self._open)

    def start(self) -> MailPorts:
        """Returns the ports when both listen. CannotListen when a port is taken."""
        self._sockets = bound_pair(self._host, *self._wanted)
        self._folder = MailFolder(self._where, self._max_mails)
        self.ports = MailPorts(*(sock.getsockname()[1] for sock in self._sockets))
        self._background.start()
        return self.ports

    def stop(self) -> None:
        """Ends every conversation; the mails stay in the folder."""
        self._background.stop()

    def mails(self) -> list[Mail]:
        """All mails kept, newest first."""
        return self._folder.mails()

    async def _open(self) -> list[asyncio.Server]:
        smtp, page = self._sockets
        loop = asyncio.get_running_loop()
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every line otherwise
        relay = await loop.create_server(
            lambda: SMTP(self, data_size_limit=MAX_MAIL_BYTES, hostname="rehearsal"), sock=smtp
        )
        return [relay, await serve(page, self._page)]

    # -- hooks of aiosmtpd, by their names --

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._other_reply(server, address, "RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        first = envelope.rcpt_tos[0]
        answer = self._other_reply(server, first, "DATA")
        if answer:
            return answer
        content = envelope.content
        mail = self._folder.add(envelope.rcpt_tos, content if isinstance(content, bytes) else b"")
        await asyncio.sleep(self.delay_s)
        return self._other_reply(server, first, "STORED") or f"250 OK kept as {mail.number}"

    def _other_reply(self, server: SMTP, address: str, stage: Stage) -> str | None:
        answer = self.reply(address, stage) if self.reply else None
        if answer and answer.startswith("421"):
            # after the answer is written; close() lets it out first
            asyncio.get_running_loop().call_soon(_close, server.transport)
        return answer

    # -- the page --

    async def _page(self, request: Request) -> Answer | Break:
        if request.method not in ("GET", "HEAD"):
            return refusal(405, "only GET is known here")
        match request.parts:
            case ():
                return _html(200, list_page(self._folder.mails()))
            case ("mails.json",):
                return json_answer(200, [dataclasses.asdict(mail) for mail in self._folder.mails()])
            case ("mails", number) if number.isascii() and number.isdigit() and len(number) < 10:
                message = self._folder.message(int(number))
                if message is not None:
                    return _html(200, mail_page(int(number), message))
        return _html(404, missing_page())


def _close(transport: Any) -> None:
    if transport is not None:
        transport.close()


def _html(status: int, page: str) -> Answer:
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Answer(status, page.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; see --help. Prints {"smtp": port, "page": port} when it listens."""
    parser = argparse.ArgumentParser(prog="probes.rehearsal.mail_catcher", description="Catches the rehearsal's mails.")
    parser.add_argument("--smtp-port", type=int, default=8605, help="0 takes a free one")
    parser.add_argument("--page-port", type=int, default=8603, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails are kept, one file each")
    given = parser.parse_args(arguments)
    catcher = MailCatcher(given.folder, smtp_port=given.smtp_port, page_port=given.page_port, host=given.host)
    return run_until_told(lambda: catcher.start()._asdict(), catcher.stop)


if __name__ == "__main__":
    raise SystemExit(main())
