"""A small real IMAP server on 127.0.0.1: as much of IMAP4rev1 as looking into a mailbox needs. May be changed: manners, by adding."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .servers import raw_server


@dataclass
class Mailbox:
    """Mails by their number; what clients said; and how the server behaves."""

    password: str = "open sesame"
    mails: dict[int, bytes] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    manner: str = "good"  # good, hang, garbage, flood, breaks
    after: str = "NOOP"  # the command at which a bad manner begins
    port: int = 0

    def put(self, text: str, subject: str = "A message") -> None:
        head = f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        self.put_raw((head + "\r\n" + text + "\r\n").encode())

    def put_raw(self, mail: bytes) -> None:
        self.mails[max(self.mails, default=0) + 1] = mail


@contextmanager
def imap_server(mailbox: Mailbox, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yields the port."""

    def serve(connection: socket.socket) -> None:
        _serve(mailbox, secure.wrap_socket(connection, server_side=True) if secure else connection)

    with raw_server(serve) as port:
        mailbox.port = port
        yield port


def _serve(mailbox: Mailbox, connection: socket.socket) -> None:
    connection.sendall(b"* OK IMAP4rev1 ready\r\n")
    reader = connection.makefile("rb")
    while line := reader.readline():
        tag, _, command = line.decode().strip().partition(" ")
        mailbox.said.append(command)
        if command.startswith(mailbox.after) and mailbox.manner != "good":
            _misbehave(mailbox.manner, connection)
            return
        connection.sendall(_answer(mailbox, tag, command))
        if command == "LOGOUT":
            return


def _misbehave(manner: str, connection: socket.socket) -> None:
    if manner == "hang":
        connection.recv(1)
    elif manner == "garbage":
        connection.sendall(b"\x00\xff{}* what is this? Your OTP is 1234\r\n" * 3)
    elif manner == "flood":
        while True:
            connection.sendall(b"* OK nothing new\r\n" * 1000)


def _answer(mailbox: Mailbox, tag: str, command: str) -> bytes:
    done = f"{tag} OK done\r\n".encode()
    word, _, rest = command.partition(" ")
    if word == "CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n" + done
    if word == "LOGIN":
        return done if f'"{mailbox.password}"' in rest else f"{tag} NO {mailbox.password}\r\n".encode()
    if word in ("SELECT", "EXAMINE"):
        coming = max(mailbox.mails, default=0) + 1
        lines = f"* {len(mailbox.mails)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {coming}] ok\r\n"
        return lines.encode() + f"{tag} OK [READ-ONLY] done\r\n".encode()
    if rest.startswith("SEARCH"):
        first = int(re.findall(r"UID (\d+):\*", rest)[0])
        found = {one for one in mailbox.mails if one >= first} | ({max(mailbox.mails)} if mailbox.mails else set())
        return f"* SEARCH {' '.join(map(str, sorted(found)))}\r\n".encode() + done
    if rest.startswith("FETCH"):
        number = int(rest.split()[1])
        mail = mailbox.mails[number]
        return f"* {number} FETCH (UID {number} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n" + done
    return (b"* BYE\r\n" if word == "LOGOUT" else b"") + done
