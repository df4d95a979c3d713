"""DNS messages: a question in bytes, and what an answer says. Pure; RFC 1035, with the size of RFC 6891.

May be changed: which records are read. Answers come from anywhere: every length is checked, a name may only point backwards,
and there is an end to names and records, so that no answer can hold up the agent.
"""

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

TYPES: Final = {"A": 1, "NS": 2, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28}
SIZE: Final = 1232  # bytes of an answer that cross any line in one piece; we say so in the question
MOST_RECORDS: Final = 100
MOST_NAME: Final = 255
MOST_LABEL: Final = 63

_HEADER: Final = struct.Struct(">6H")
_RECORD: Final = struct.Struct(">HHIH")  # type, class, time to live, length
_INTERNET: Final = 1
_WANT_RECURSION: Final = 0x0100
_RESPONSE: Final = 0x8000
_TRUNCATED: Final = 0x0200
_CODE: Final = 0x000F
_OPT: Final = b"\0" + _RECORD.pack(41, SIZE, 0, 0)


class Unreadable(ValueError):
    """These bytes are not a DNS message, or none that we care to read."""


@dataclass(frozen=True)
class Record:
    """`text` as in a zone file; names in lower case without the last dot."""

    owner: str
    kind: int
    text: str


@dataclass(frozen=True)
class Reply:
    """`code` is the response code: 0 good, 2 SERVFAIL, 3 NXDOMAIN. A truncated reply has no records."""

    code: int
    truncated: bool
    records: tuple[Record, ...]

    def answers(self, name: str, kind: str) -> tuple[str, ...]:
        """The records of a kind for this name, and for what its aliases lead to."""
        names = {plain(name)}
        for _ in self.records:
            more = {one.text for one in self.records if one.kind == TYPES["CNAME"] and one.owner in names}
            if more <= names:
                break
            names |= more
        return tuple(one.text for one in self.records if one.kind == TYPES[kind] and one.owner in names)


def question(number: int, name: str, kind: str) -> bytes:
    """A question in one message; `number` is 16 bits.

    Raises:
        ValueError: the name cannot be asked for.
    """
    asked = encoded(name) + struct.pack(">HH", TYPES[kind], _INTERNET)
    return _HEADER.pack(number, _WANT_RECURSION, 1, 0, 0, 1) + asked + _OPT


def belongs(asked: bytes, answer: bytes) -> bool:
    """Whether an answer has the number and the words of this question. What has not may come from anybody."""
    if len(answer) < _HEADER.size or answer[:2] != asked[:2]:
        return False
    flags, questions = struct.unpack_from(">HH", answer, 2)
    if not flags & _RESPONSE:
        return False
    if questions == 0:  # some resolvers leave the question out when they refuse it
        return bool(flags & _CODE)
    words = asked[_HEADER.size : -len(_OPT)]
    return questions == 1 and answer[_HEADER.size : _HEADER.size + len(words)].lower() == words.lower()


def reply(message: bytes) -> Reply:
    """What an answer says.

    Raises:
        Unreadable: it is cut off, contradicts itself, or is longer than anybody needs.
    """
    if len(message) < _HEADER.size:
        raise Unreadable(f"{len(message)} bytes are too short for an answer")
    _, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    if not flags & _RESPONSE:
        raise Unreadable("it is a question")
    if flags & _TRUNCATED:
        return Reply(flags & _CODE, True, ())
    if questions > 1 or answers > MOST_RECORDS:
        raise Unreadable(f"it has {questions} questions and {answers} records")
    at = _HEADER.size
    for _ in range(questions):
        at = _name(message, at)[1] + 4
    records = []
    for _ in range(answers):
        record, at = _record(message, at)
        records.append(record)
    return Reply(flags & _CODE, False, tuple(records))


def plain(name: str) -> str:
    return name.lower().removesuffix(".")


def fault_of(name: str) -> str:
    """What keeps a name from being asked for; empty: nothing."""
    labels = plain(name).split(".")
    if not all(labels):
        return "has an empty part"
    if max(len(label) for label in labels) > MOST_LABEL:
        return f"has a part of more than {MOST_LABEL} letters"
    if not name.isascii():
        return "has letters that are not ASCII; write it as xn--…"
    return "is too long" if len(plain(name)) > MOST_NAME - 2 else ""


def encoded(name: str) -> bytes:
    """A name on the wire, not compressed. Raises ValueError as `question`."""
    fault = fault_of(name)
    if fault:
        raise ValueError(f'"{name[:80]}" {fault}')
    return b"".join(bytes([len(label)]) + label.encode() for label in plain(name).split(".")) + b"\0"


def _record(message: bytes, at: int) -> tuple[Record, int]:
    owner, at = _name(message, at)
    if at + _RECORD.size > len(message):
        raise Unreadable("a record is cut off")
    kind, _, _, length = _RECORD.unpack_from(message, at)
    begin = at + _RECORD.size
    end = begin + length
    if end > len(message):
        raise Unreadable("a record is longer than the answer")
    read = _READERS.get(kind)
    return Record(owner, kind, read(message, begin, end) if read else ""), end


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name at this place, and the place after it. A pointer leads to before where the name, or its last part, began."""
    labels: list[str] = []
    size, begin, after = 0, at, 0
    while True:
        length = _byte(message, at)
        if length >= 0xC0:
            to = (length & 0x3F) << 8 | _byte(message, at + 1)
            if to >= begin:
                raise Unreadable("a name points in a circle")
            after = after or at + 2
            at = begin = to
        elif length > MOST_LABEL:
            raise Unreadable("a name has a part of an unknown kind")
        elif length == 0:
            return ".".join(labels).lower(), after or at + 1
        else:
            size += length + 1
            if size >= MOST_NAME:
                raise Unreadable("a name is too long")
            if at + 1 + length > len(message):
                raise Unreadable("a name is cut off")
            labels.append(_shown(message[at + 1 : at + 1 + length]))
            at += 1 + length


def _byte(message: bytes, at: int) -> int:
    if at >= len(message):
        raise Unreadable("a name is cut off")
    return message[at]


def _shown(raw: bytes) -> str:
    return "".join(chr(byte) if 33 <= byte <= 126 and byte not in b'.\\"' else f"\\{byte:03d}" for byte in raw)


def _address(message: bytes, begin: int, end: int) -> str:
    raw = message[begin:end]
    if len(raw) not in (4, 16):
        raise Unreadable(f"an address has {len(raw)} bytes")
    return str(ipaddress.ip_address(raw))


def _host(message: bytes, begin: int, end: int) -> str:
    name, after = _name(message, begin)
    if after != end:
        raise Unreadable("a name does not fill its record")
    return name


def _exchange(message: bytes, begin: int, end: int) -> str:
    if end - begin < 3:
        raise Unreadable("a mail exchanger is cut off")
    return f"{int.from_bytes(message[begin : begin + 2])} {_host(message, begin + 2, end)}"


def _text(message: bytes, begin: int, end: int) -> str:
    parts = []
    while begin < end:
        after = begin + 1 + message[begin]
        if after > end:
            raise Unreadable("a text is longer than its record")
        parts.append(message[begin + 1 : after])
        begin = after
    return b"".join(parts).decode(errors="replace")


_READERS: Final[dict[int, Callable[[bytes, int, int], str]]] = {
    TYPES["A"]: _address,
    TYPES["AAAA"]: _address,
    TYPES["NS"]: _host,
    TYPES["CNAME"]: _host,
    TYPES["MX"]: _exchange,
    TYPES["TXT"]: _text,
}
