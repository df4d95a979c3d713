"""The checks tcp, dns and icmp, against real servers, a resolver that answers by script, and in a running agent."""

import socket
from collections.abc import Iterable, Iterator

import pytest
from pydantic import ValidationError

from probes.carriers.echoes import echo_allowed
from probes.checks.bundle import bundled
from probes.dns_messages import SIZE, TYPES, encoded
from probes.kinds import check_of
from probes.registry import FUNCTIONS
from probes.sample import CheckKind, Outcome, Reason
from probes.sections import is_loopback

from .agents import Place, by_check, running, until
from .line_servers import Answering, Lines, dns_answer, udp_server
from .servers import HttpServer, Intake, free_port, raw_server

HERE = bytes([192, 0, 2, 10])


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


# -- tcp ----------------------------------------------------------------------------------------------------------------


def test_a_port_that_answers_is_good(lines: Lines) -> None:
    with raw_server(lambda connection: connection.recv(1)) as port:
        found = lines.measure(kind="tcp", host="127.0.0.1", port=port)
    assert (found.outcome, found.stage, found.detail) == (Outcome.OK, "", "")
    assert found.phases.connect is not None


def test_a_greeting_as_expected_is_good(lines: Lines) -> None:
    def greet(connection: socket.socket) -> None:
        if connection.recv(10) == b"PING\r\n":
            connection.sendall(b"+PONG\r\n")

    with raw_server(greet) as port:
        found = lines.measure(kind="tcp", host="127.0.0.1", port=port, send_text="PING\r\n", expect_text="PONG\r\n")
    assert (found.outcome, found.bytes_up, found.bytes_down) == (Outcome.OK, 6, 7)
    assert found.phases.first_byte is not None


def test_another_greeting_is_shown(lines: Lines) -> None:
    with raw_server(lambda connection: connection.sendall(b"554 go\x00 away\r\n")) as port:
        found = lines.measure(kind="tcp", host="127.0.0.1", port=port, expect_text="220 ")
    assert (found.reason, found.stage) == (Reason.ANSWER, "answer")
    assert found.detail == '"220 " is not in the answer, which begins with "554 go away"'


def test_a_closed_port_keeps_its_reason(lines: Lines) -> None:
    found = lines.measure(kind="tcp", host="127.0.0.1", port=free_port(), expect_text="220 ")
    assert (found.reason, found.stage) == (Reason.REFUSED, "connect")


# -- dns ----------------------------------------------------------------------------------------------------------------


def ask(lines: Lines, answering: Answering, **more: object) -> tuple[Reason, str, str]:
    """Reason, stage and detail of a dns check of a resolver that answers so."""
    with udp_server(answering) as port:
        found = lines.measure(
            **{"kind": "dns", "resolver": "127.0.0.1", "port": port, "question": "registry.example.org", **more}
        )
    assert found.phases.total <= 10
    return found.reason, found.stage, found.detail


def good(asked: bytes) -> Iterable[bytes]:
    return [dns_answer(asked, ("A", HERE))]


def test_a_resolver_that_knows_the_name_is_good(lines: Lines) -> None:
    assert ask(lines, good) == (Reason.NONE, "", "")
    assert ask(lines, good, expect_answer=["192.0.2.9", "192.0.2.10"]) == (Reason.NONE, "", "")


def test_each_kind_of_record_can_be_asked_for(lines: Lines) -> None:
    data = {
        "AAAA": bytes.fromhex("20010db8" + "00" * 11 + "01"),
        "CNAME": encoded("there.example"),
        "MX": b"\0\5" + encoded("mail.example"),
        "NS": encoded("ns.example"),
        "TXT": b"\x05V=Spf",
    }
    expected = {
        "AAAA": "2001:0DB8::1",
        "CNAME": "There.Example.",
        "MX": "5 mail.example",
        "NS": "ns.example",
        "TXT": "V=Spf",
    }
    assert {*data, "A"} == set(TYPES)
    for kind, raw in data.items():
        found = ask(
            lines,
            lambda asked, kind=kind, raw=raw: [dns_answer(asked, (kind, raw))],  # type: ignore[misc]
            record=kind,
            expect_answer=[expected[kind]],
        )
        assert found == (Reason.NONE, "", ""), kind


def test_another_answer_is_shown(lines: Lines) -> None:
    hijacked = ask(
        lines,
        lambda asked: [dns_answer(asked, ("A", HERE), ("A", bytes([203, 0, 113, 66])))],
        expect_answer=["192.0.2.10"],
    )
    assert hijacked == (Reason.ANSWER, "answer", '"203.0.113.66" is none of the expected answers')


def test_nothing_of_an_answer_can_steer_a_terminal(lines: Lines) -> None:
    found = ask(
        lines, lambda asked: [dns_answer(asked, ("TXT", b"\x09\x1b[31mred\n"))], record="TXT", expect_answer=["ok"]
    )
    assert found == (Reason.ANSWER, "answer", '"[31mred" is none of the expected answers')


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "it did not understand the question (FORMERR)"),
        (2, "it could not find out (SERVFAIL)"),
        (3, "there is no such name (NXDOMAIN)"),
        (5, "it does not answer us (REFUSED)"),
        (9, "it says code 9"),
    ],
)
def test_a_resolver_without_an_answer_says_why(lines: Lines, code: int, words: str) -> None:
    found = ask(lines, lambda asked: [dns_answer(asked, code=code)])
    assert found == (Reason.DNS, "answer", f'the resolver has no answer for "registry.example.org": {words}')


def test_a_name_without_such_a_record_is_told(lines: Lines) -> None:
    found = ask(lines, lambda asked: [dns_answer(asked)])
    assert found == (Reason.DNS, "answer", '"registry.example.org" has no A record')


def test_an_answer_that_is_cut_short_is_told(lines: Lines) -> None:
    found = ask(lines, lambda asked: [dns_answer(asked, ("A", HERE), flags=0x8380)])
    assert found == (Reason.ANSWER, "answer", "the answer is cut short: it does not fit into one packet")


def test_an_answer_that_makes_no_sense_is_told(lines: Lines) -> None:
    found = ask(lines, lambda asked: [dns_answer(asked, ("A", b"\1\2"))])
    assert found == (Reason.ANSWER, "answer", "the answer cannot be understood (an address has 2 bytes)")


@pytest.mark.parametrize("size", [SIZE + 1, 65_000])
def test_an_answer_that_is_too_long_is_told(lines: Lines, size: int) -> None:
    found = ask(lines, lambda asked: [dns_answer(asked, ("A", HERE)).ljust(size, b"\0")])
    assert found == (Reason.TOO_LARGE, "answer", f"the answer has {size} bytes, {SIZE} are allowed")


def test_answers_with_another_number_or_question_are_not_taken(lines: Lines) -> None:
    def spoofed(asked: bytes) -> Iterator[bytes]:
        wrong = bytes([203, 0, 113, 66])
        number = int.from_bytes(asked[:2])
        yield dns_answer(asked, ("A", wrong), number=number ^ 1)
        yield dns_answer(asked, ("A", wrong)).replace(b"registry", b"registrz")
        yield b"\xff" * 40
        yield from good(asked)

    assert ask(lines, spoofed, expect_answer=["192.0.2.10"]) == (Reason.NONE, "", "")


def test_the_question_holds_the_district_and_another_number_each_time(lines: Lines) -> None:
    heard: list[bytes] = []

    def note(asked: bytes) -> Iterable[bytes]:
        heard.append(asked)
        return good(asked)

    three = bundled(FUNCTIONS[CheckKind.DNS])
    with udp_server(note) as port:
        settings = {"kind": "dns", "resolver": "127.0.0.1", "port": port, "question": "d{district}.example.org"}
        found = lines.measure(three, **settings, bundle={"count": 3, "gap_s": 0.01, "most_lost": 0})
    assert all(b"\x04d491\x07example\x03org" in one for one in heard)
    assert len({one[:2] for one in heard}) == len(heard) == len(found.bundle) == 3
    assert found.outcome is Outcome.OK


@pytest.mark.process
@pytest.mark.parametrize("answering", [lambda _: [], lambda _: [b"\xff" * 40], lambda asked: [asked]])
@pytest.mark.timed
def test_a_resolver_that_gives_no_answer_ends_at_the_deadline(lines: Lines, answering: Answering) -> None:
    begun = lines.within(0)
    reason, stage, detail = ask(lines, answering, deadline_s=0.2)
    assert (reason, stage) == (Reason.TIMEOUT, "first_byte")
    assert detail.startswith("no end after 0.2 s, waiting for the answer to begin")
    assert lines.told[0] - begun <= 0.2 + 0.05


@pytest.mark.process
@pytest.mark.timed
def test_a_bundle_with_a_resolver_that_loses_some_ends_in_time(lines: Lines) -> None:
    asked_so_far: list[bytes] = []

    def forget_some(asked: bytes) -> Iterable[bytes]:
        asked_so_far.append(asked)
        return [] if len(asked_so_far) in (2, 5) else good(asked)

    with udp_server(forget_some) as port:
        settings = {"kind": "dns", "resolver": "127.0.0.1", "port": port, "question": "registry.example.org"}
        begun = lines.within(0)
        found = lines.measure(
            bundled(FUNCTIONS[CheckKind.DNS]), **settings, deadline_s=0.5, bundle={"count": 5, "gap_s": 0.05}
        )
    assert found.outcome is Outcome.OK
    assert [one is None for one in found.bundle] == [False, True, False, False, True]
    assert found.detail.startswith("2 of 5 lost; the last: no end after 0.1 s")
    assert lines.told[-1] - begun <= 0.55


# -- icmp ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(echo_allowed()), reason=echo_allowed())
def test_this_machine_answers_a_ping(lines: Lines) -> None:
    found = lines.measure(kind="icmp", host="127.0.0.1")
    assert (found.outcome, found.bytes_up, found.bytes_down) == (Outcome.OK, 64, 64)


# -- settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"kind": "tcp", "host": "h", "port": 1, "send_text": "PING"},
            "send_text is sent and no answer is waited for",
        ),
        ({"kind": "dns", "resolver": "h", "question": "a..b"}, '"a..b" has an empty part'),
        (
            {"kind": "icmp", "host": "h", "deadline_s": 1, "bundle": {"count": 6}},
            "6 samples 0.2 s apart do not fit into deadline_s 1",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        check_of({"name": "line", **fields})


def test_addresses_say_where_a_check_goes() -> None:
    of_ours = {
        "tcp://[::1]:25": {"kind": "tcp", "host": "::1", "port": 25},
        "dns://127.0.0.1:53": {"kind": "dns", "resolver": "127.0.0.1", "question": "registry.example.org"},
        "icmp://localhost": {"kind": "icmp", "host": "localhost"},
    }
    for address, fields in of_ours.items():
        assert check_of({"name": "line", **fields}).addresses == (address,)
        assert is_loopback(address)
    assert not is_loopback(check_of({"name": "line", "kind": "icmp", "host": "2001:db8::1"}).addresses[0])


# -- in a running agent -------------------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.timed
def test_an_agent_measures_and_delivers_them(place: Place, intake: Intake, room: HttpServer) -> None:
    ok, no = ("ok", "none"), ("failed", "refused")
    with raw_server(lambda connection: connection.recv(1)) as port, udp_server(good) as resolver:
        checks: list[dict[str, object]] = [
            {"name": "open", "kind": "tcp", "host": "127.0.0.1", "port": port},
            {"name": "closed", "kind": "tcp", "host": "127.0.0.1", "port": free_port()},
            {"name": "names", "kind": "dns", "resolver": "127.0.0.1", "port": resolver, "question": "r.example"},
        ]
        if not echo_allowed():
            checks.append({"name": "ping", "kind": "icmp", "host": "127.0.0.1"})
        with running(place.config(room.url, checks)):
            until(lambda: len(by_check(intake)) == len(checks))
    expected = {"open": {ok}, "closed": {no}, "names": {ok}, "ping": {ok}}
    assert by_check(intake) == {str(check["name"]): expected[str(check["name"])] for check in checks}
