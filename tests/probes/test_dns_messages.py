"""DNS messages: what is written, what is read, and that nothing anybody sends does more than be refused."""

import random
import struct
import time

import pytest

from probes.dns_messages import MOST_RECORDS, TYPES, Unreadable, belongs, encoded, fault_of, question, reply

from .line_servers import dns_answer

ASKED = question(0x1234, "Registry.Example.org.", "A")
ADDRESS = bytes([192, 0, 2, 10])


def message(answers: int, body: bytes, flags: int = 0x8180, questions: int = 0) -> bytes:
    """Any body under a header that says what it likes."""
    return struct.pack(">6H", 0x1234, flags, questions, answers, 0, 0) + body


def record(kind: str, data: bytes, owner: bytes = b"\0", length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return owner + struct.pack(">HHIH", TYPES[kind], 1, 60, size) + data


def test_a_question_is_written_as_the_standard_says() -> None:
    assert ASKED == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
        b"\x08registry\x07example\x03org\x00\x00\x01\x00\x01"
        b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
    )


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("registry.example.org", ""),
        ("_dmarc.example.org.", ""),
        ("a..b", "has an empty part"),
        ("", "has an empty part"),
        ("a" * 64 + ".org", "has a part of more than 63 letters"),
        (".".join(["a" * 60] * 5), "is too long"),
        ("पंजीकरण.example", "has letters that are not ASCII; write it as xn--…"),
    ],
)
def test_a_name_that_cannot_be_asked_for_says_why(name: str, fault: str) -> None:
    assert fault_of(name) == fault
    if fault:
        with pytest.raises(ValueError, match=fault.split(";", maxsplit=1)[0]):
            question(1, name, "A")


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("A", ADDRESS, "192.0.2.10"),
        ("AAAA", bytes.fromhex("20010db8" + "00" * 11 + "01"), "2001:db8::1"),
        ("CNAME", encoded("Other.Example"), "other.example"),
        ("NS", b"\x02ns\xc0\x15", "ns.example.org"),  # "example.org" stands there in the question
        ("MX", b"\x00\x0a" + encoded("mail.example"), "10 mail.example"),
        ("TXT", b"\x05v=spf\x06 -all\xff", "v=spf -all\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_each_kind_of_record_is_read(kind: str, data: bytes, text: str) -> None:
    asked = question(7, "registry.example.org", kind)
    said = reply(dns_answer(asked, (kind, data)))
    assert (said.code, said.truncated) == (0, False)
    assert said.answers("registry.example.org", kind) == (text,)


def test_records_of_unknown_kinds_are_passed_over() -> None:
    body = b"\0" + struct.pack(">HHIH", 65_280, 1, 60, 3) + b"???" + record("A", ADDRESS)
    assert [one.text for one in reply(message(2, body)).records] == ["", "192.0.2.10"]


def test_aliases_are_followed_and_other_names_are_not() -> None:
    chain = [
        record("CNAME", encoded("two"), encoded("one")),
        record("CNAME", encoded("three"), encoded("TWO")),
        record("CNAME", encoded("one"), encoded("three")),  # and round again
        record("A", ADDRESS, encoded("three")),
        record("A", bytes(4), encoded("somebody-else")),
    ]
    said = reply(message(5, b"".join(reversed(chain))))
    assert said.answers("One.", "A") == ("192.0.2.10",)
    assert said.answers("nobody", "A") == ()


def test_a_truncated_answer_is_said_to_be_one() -> None:
    said = reply(message(3, b"\x03cut", flags=0x8380))
    assert (said.truncated, said.records) == (True, ())


@pytest.mark.parametrize(
    ("bytes_", "words"),
    [
        (b"", "0 bytes are too short"),
        (b"\x12\x34\x81\x80\x00\x00", "6 bytes are too short"),
        (message(0, b"", flags=0x0100), "it is a question"),
        (message(0, b"", questions=2), "it has 2 questions"),
        (message(MOST_RECORDS + 1, b""), "101 records"),
        (message(1, b""), "a name is cut off"),
        (message(1, b"\x05abc"), "a name is cut off"),
        (message(1, b"\xc0"), "a name is cut off"),
        (message(1, b"\0\0\1"), "a record is cut off"),
        (message(1, record("A", ADDRESS, length=5)), "a record is longer than the answer"),
        (message(1, record("A", b"\1\2\3")), "an address has 3 bytes"),
        (message(1, record("MX", b"\0\1")), "a mail exchanger is cut off"),
        (message(1, record("TXT", b"\5abc")), "a text is longer than its record"),
        (message(1, record("CNAME", b"\0more")), "a name does not fill its record"),
        (message(1, b"\x80" + b"x" * 40), "a name has a part of an unknown kind"),
        (message(1, b"\x40" + b"x" * 80), "a name has a part of an unknown kind"),
        (message(1, b"\xc0\x0c"), "a name points in a circle"),
        (message(1, b"\x01a\xc0\x0c" + b"x" * 20), "a name points in a circle"),
        (message(1, b"\xc0\xff" + b"x" * 300), "a name points in a circle"),
        (message(1, (b"\x3f" + b"a" * 63) * 5 + b"\0"), "a name is too long"),
    ],
)
def test_what_is_not_an_answer_is_refused_with_a_word(bytes_: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        reply(bytes_)


def test_the_words_of_a_name_are_always_readable() -> None:
    [one] = reply(message(1, record("CNAME", b"\x04a.\0\n\0"))).records
    assert one.text == "a\\046\\000\\010"


def test_only_an_answer_to_the_question_belongs_to_it() -> None:
    good = dns_answer(ASKED, ("A", ADDRESS))
    other = question(0x1234, "elsewhere.example.org", "A")
    assert belongs(ASKED, good)
    assert belongs(ASKED, good.replace(b"example", b"EXAMPLE"))
    assert belongs(ASKED, message(0, b"", flags=0x8181))  # refused, without the question
    for foreign in (
        b"",
        good[:11],
        ASKED,  # our own question, thrown back
        dns_answer(ASKED, ("A", ADDRESS), number=0x1235),
        dns_answer(other, ("A", ADDRESS)),
        dns_answer(question(0x1234, "registry.example.org", "AAAA"), ("A", ADDRESS)),
        message(0, b""),  # all is well, and no question
        message(0, good[12:], questions=2),
        good[:20],
    ):
        assert not belongs(ASKED, foreign)


def test_twenty_thousand_spoiled_messages_are_only_ever_refused() -> None:
    rng = random.Random(20210116)
    whole = [
        dns_answer(ASKED, ("A", ADDRESS), ("CNAME", b"\x01b\xc0\x0c"), ("TXT", b"\x05hello")),
        dns_answer(ASKED, ("MX", b"\0\1\xc0\x0c"), ("NS", encoded("ns.example")), ("AAAA", bytes(16))),
        message(3, record("CNAME", b"\xc0\x0c") * 3, questions=0),
    ]
    began, refused = time.thread_time(), 0
    for number in range(20_000):
        spoiled = bytearray(rng.choice(whole) if number % 4 else rng.randbytes(rng.randrange(600)))
        for _ in range(rng.randrange(6)):
            if spoiled:
                spoiled[rng.randrange(len(spoiled))] = rng.choice((0, 0xC0, 0xFF, rng.randrange(256)))
        if number % 3 == 0:
            del spoiled[rng.randrange(len(spoiled) + 1) :]
        belongs(ASKED, bytes(spoiled))
        try:
            said = reply(bytes(spoiled))
            said.answers("registry.example.org", "A")
            assert all(one.text.isprintable() or one.kind == TYPES["TXT"] for one in said.records)
        except Unreadable:
            refused += 1
    assert 2_000 < refused < 20_000
    assert time.thread_time() - began < 20


def test_the_worst_answer_is_read_at_once() -> None:
    """As many records as are read, each with the longest name there can be, by way of pointers."""
    name = b"".join(b"\x01a" for _ in range(125)) + b"\0"
    body = record("TXT", b"", name) + record("TXT", b"", b"\xc0\x0c") * (MOST_RECORDS - 1)
    began = time.thread_time()
    assert len(reply(message(MOST_RECORDS, body)).records) == MOST_RECORDS
    assert time.thread_time() - began < 1


def test_sixty_four_kilobytes_of_pointers_are_refused_at_once() -> None:
    body = b"".join((0xC000 | (at & 0x3FFF)).to_bytes(2) for at in range(12, 65_000, 2))
    began = time.thread_time()
    with pytest.raises(Unreadable):
        reply(message(65_535, body))
    with pytest.raises(Unreadable):
        reply(message(50, body))
    assert time.thread_time() - began < 1
