"""HTTP/1.1 of the rehearsal: just enough for a stand-in that must also hang and break off, which no ready server does.

Not for the open network: it trusts its clients to be on this machine. Limits are the two constants below.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

MAX_HEAD: Final = 16_384
MAX_BODY: Final = 11_534_336  # the largest payload a check may send is 10 MiB


@dataclass(frozen=True)
class Request:
    """One request; header names are in lower case, `path` has no query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """The path cut at its slashes, without empty parts."""
        return tuple(part for part in self.path.split("/") if part)


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Break(StrEnum):
    """Ways to end a conversation without an answer."""

    RESET = "reset"
    HANG = "hang"


Respond = Callable[[Request], Awaitable[Answer | Break]]


def json_answer(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def refusal(status: int, error: str, where: str = "", hint: str = "") -> Answer:
    """A JSON error: what is wrong, in which field, what to do instead."""
    return json_answer(status, {"error": error, "field": where, "hint": hint})


class _Unusable(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__()


async def serve(sock: socket.socket, respond: Respond) -> asyncio.Server:
    """Serve HTTP on a bound socket, inside the running loop."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _one_exchange(reader, writer, respond):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        except asyncio.CancelledError:
            writer.transport.abort()  # the server stops
        finally:
            writer.close()

    return await asyncio.start_server(converse, sock=sock, limit=MAX_HEAD)


async def _one_exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond) -> bool:
    """True when the connection stays open for another request."""
    try:
        request = await _read_request(reader, writer)
    except _Unusable as unusable:
        _write(writer, unusable.answer, keep_alive=False)
        await writer.drain()
        return False
    answer = await respond(request)
    if answer is Break.RESET:
        reset(writer)
        return False
    if isinstance(answer, Break):
        while await reader.read(65_536):  # until the client leaves
            pass
        return False
    _write(writer, answer, request.keep_alive, request.method != "HEAD")
    await writer.drain()
    return request.keep_alive


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise _Unusable(refusal(431, f"the head of the request is longer than {MAX_HEAD} bytes")) from None
    method, path, version, headers = _parsed(head)
    length = _body_length(headers)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(length)
    keep_alive = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method, path, headers, body, keep_alive)


def _parsed(head: str) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head[:-4].split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise _Unusable(refusal(400, "this is not a request of HTTP/1.1"))
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise _Unusable(refusal(400, "a header has no colon"))
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1].split("?")[0], words[2], headers


def _body_length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise _Unusable(refusal(411, "a body needs a Content-Length", "Content-Length"))
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise _Unusable(refusal(400, "Content-Length is not a number", "Content-Length"))
    if len(text) > 12 or int(text) > MAX_BODY:
        raise _Unusable(refusal(413, f"the body is longer than {MAX_BODY} bytes", "Content-Length"))
    return int(text)


def _write(writer: asyncio.StreamWriter, answer: Answer, keep_alive: bool, with_body: bool = True) -> None:
    phrase = HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {phrase}", "Server: Tikawatch-rehearsal", "Cache-Control: no-store"]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [] if keep_alive else ["Connection: close"]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (answer.body if with_body else b""))
