"""A real SMTP server on a free port of 127.0.0.1 that can be told to misbehave, by address."""

import asyncio
import email
import email.policy
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Relay:
    """Answers by address: `at_rcpt` and `at_data` hold reply lines, `close_after_data` cuts without a word."""

    at_mail: str = ""
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    close_after_data: set[str] = field(default_factory=set)
    late_s: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    transactions: list[list[str]] = field(default_factory=list)
    quits: int = 0

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=0, **self.options)
        # aiosmtpd knocks at the very number it was given, so 0 does not do
        self._controller.port = _free_port()
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def ids(self, address: str | None = None) -> list[str]:
        return [str(mail["Message-ID"]) for to, mail in self.received if address in (None, to)]

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.at_mail or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _o: list[str]
    ) -> str:
        answer = self.at_rcpt.get(address, "250 OK")
        if answer.startswith("421"):
            await server.push(answer)
            cast(Any, server).transport.close()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.transactions.append(list(envelope.rcpt_tos))
        address = envelope.rcpt_tos[0]
        await asyncio.sleep(self.late_s)
        if address in self.at_data:
            return self.at_data[address]
        content = cast(bytes, envelope.content)
        self.raw.append(content)
        self.received.append((address, email.message_from_bytes(content, policy=email.policy.default)))
        if address in self.close_after_data:
            cast(Any, server).transport.abort()
        return "250 2.0.0 taken as 4F2A"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:
        self.quits += 1
        return "221 Bye"


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
