"""Mails against a real relay that accepts, refuses, delays and breaks off; the clock is moved by hand."""

import email
import email.policy
from collections.abc import Callable, Sequence
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import Engine, Row, select, update

from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.notices.counts import counts, in_doubt, oldest_owed_s
from dashboard.notices.outbox import enqueue
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import Reply, SmtpTransport
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import attempt, notice
from probes.clock import SetClock

from .conftest import RAIGAD, make_step, with_mail, with_officers, write_step
from .relay import Relay

ROOM, THANE, PUNE = "control-room@example.org", "dio.thane@example.org", "dio.pune@example.org"


def take(engine: Engine, settings: ControlRoomFile, clock: SetClock, number: int = 1, **changes: Any) -> None:
    step = make_step(number, changes.pop("what", StepKind.OPENED), **changes)
    write_step(engine, step)
    with engine.begin() as connection:
        enqueue(connection, settings, step, clock.now())


@pytest.fixture
def sender(engine: Engine, settings: ControlRoomFile, clock: SetClock) -> Sender:
    take(engine, settings, clock)
    return make_sender(engine, settings, clock)


def make_sender(engine: Engine, settings: ControlRoomFile, clock: SetClock) -> Sender:
    return Sender(engine, settings, clock, SmtpTransport(settings.dashboard.mail), lambda: 0.0)


def work(sender: Sender) -> int:
    steps = 0
    while sender.step():
        steps += 1
        assert steps < 100
    return steps


def row(engine: Engine, address: str, step: int = 1) -> Row[Any]:
    with engine.begin() as connection:
        return connection.execute(select(notice).where(notice.c.address == address, notice.c.step == step)).one()


def attempts(engine: Engine, address: str) -> Sequence[str]:
    query = select(attempt.c.result).join(notice).where(notice.c.address == address).order_by(attempt.c.attempt_id)
    with engine.begin() as connection:
        return connection.scalars(query).all()


def wait_s(engine: Engine, clock: SetClock, address: str) -> float:
    return float(row(engine, address).due_ms) / 1000 - clock.now()


def test_it_sends_each_mail_alone_and_marks_it_with_the_relay_s_words(
    engine: Engine, relay: Relay, sender: Sender, clock: SetClock
) -> None:
    assert work(sender) == 3
    assert relay.transactions == [[ROOM], [THANE], [PUNE]]
    sent = row(engine, THANE)
    assert (sent.state, sent.attempts, sent.accepted_ms) == ("accepted", 1, clock.now() * 1000)
    assert sent.last_reply == "250 2.0.0 taken as 4F2A"
    assert attempts(engine, THANE) == ["accepted"]
    assert sender.step() is False


def test_it_writes_the_headers_a_mail_program_needs(engine: Engine, relay: Relay, sender: Sender) -> None:
    work(sender)
    mail = relay.received[1][1]
    assert mail["From"] == '"State Health Control Room, Maharashtra" <tikawatch@example.org>'
    assert mail["To"] == '"Thane: District Immunisation Officer" <dio.thane@example.org>'
    assert mail["Reply-To"] == '"State Health Control Room, Maharashtra" <control-room@example.org>'
    assert mail["Date"] == "Sat, 16 Jan 2021 13:14:01 +0530"
    assert mail["Message-ID"] == row(engine, THANE).message_id
    assert mail["References"] == "<tw1.1610783040000.3.root@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Tikawatch-Incident"] == "3"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == row(engine, THANE).text
    assert html.get_content().replace("\r\n", "\n") == row(engine, THANE).html


def test_it_carries_marathi_whole_from_row_to_mailbox(
    engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock
) -> None:
    ours = with_officers(settings, Raigad={"language": "mr", "name": "जिल्हा लसीकरण अधिकारी"})
    take(engine, ours, clock, kind=IncidentKind.LOCAL, districts=(RAIGAD,), joined=(RAIGAD,))
    work(make_sender(engine, ours, clock))
    mail = relay.received[1][1]
    assert mail["Subject"] == "रायगड: 13:12 पासून स्वतःची लाइन बंद"
    # Python 3.11 reads a name of two encoded words with a space too many; its older reader does not
    to = email.message_from_bytes(relay.raw[1], policy=email.policy.compat32)["To"]
    assert str(make_header(decode_header(to))).startswith("Raigad: जिल्हा लसीकरण अधिकारी")
    assert "रायगड: स्वतःची लाइन बंद आहे" in str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_it_shows_a_refused_address_and_tells_the_others(engine: Engine, relay: Relay, sender: Sender) -> None:
    relay.at_rcpt[ROOM] = "550 5.1.1 no such user"
    work(sender)
    assert [address for address, _ in relay.received] == [THANE, PUNE]
    assert (row(engine, ROOM).state, row(engine, ROOM).last_reply) == ("refused", "550 5.1.1 no such user")
    assert attempts(engine, ROOM) == ["refused"]


@pytest.mark.parametrize("answer", ["450 4.2.0 greylisted", "451 4.3.0 try later", "421 4.7.0 too busy"])
def test_it_retries_only_the_one_that_was_put_off(
    engine: Engine, relay: Relay, sender: Sender, clock: SetClock, answer: str
) -> None:
    relay.at_rcpt[ROOM] = answer
    assert work(sender) == 3
    assert [address for address, _ in relay.received] == [THANE, PUNE]
    assert row(engine, ROOM).last_reply == answer
    assert wait_s(engine, clock, ROOM) == 60
    relay.at_rcpt.clear()
    clock.move(60)
    assert work(sender) == 1
    assert attempts(engine, ROOM) == ["later", "accepted"]
    assert [address for address, _ in relay.received] == [THANE, PUNE, ROOM]


def test_it_takes_a_refusal_after_data_for_what_it_says(engine: Engine, relay: Relay, sender: Sender) -> None:
    relay.at_data = {ROOM: "554 5.7.1 looks like spam", THANE: "452 4.3.1 disk full"}
    work(sender)
    assert [row(engine, address).state for address in (ROOM, THANE, PUNE)] == ["refused", "due", "accepted"]


def test_it_waits_longer_each_time_and_gives_up_in_the_end(
    engine: Engine, relay: Relay, sender: Sender, clock: SetClock
) -> None:
    relay.at_rcpt[ROOM] = "451 later"
    waits = []
    while row(engine, ROOM).state == "due":
        work(sender)
        waits.append(round(wait_s(engine, clock, ROOM) / 60))
        clock.move(waits[-1] * 60)
    assert waits[:7] == [1, 5, 15, 30, 60, 60, 60]
    assert sum(waits[:-1]) >= 24 * 60 > sum(waits[:-2])
    assert row(engine, ROOM).state == "given_up"
    assert sender.step() is False


def test_it_repeats_a_mail_in_doubt_with_the_same_message_id(
    engine: Engine, relay: Relay, sender: Sender, clock: SetClock
) -> None:
    relay.close_after_data.add(THANE)
    work(sender)
    assert row(engine, THANE).state == "due"
    relay.close_after_data.clear()
    clock.move(60)
    work(sender)
    assert attempts(engine, THANE) == ["in_doubt", "accepted"]
    assert relay.ids(THANE) == [row(engine, THANE).message_id] * 2
    with engine.begin() as connection:
        assert in_doubt(connection) == 1


def test_it_tries_a_relay_that_is_not_there_once_for_all_and_sends_everything_when_it_is_back(
    engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock, nobody_there: int
) -> None:
    take(engine, settings, clock)
    away = make_sender(engine, with_mail(settings, port=nobody_there), clock)
    assert work(away) == 1
    assert {wait_s(engine, clock, address) for address in (ROOM, THANE, PUNE)} == {20}
    assert "refused" in row(engine, PUNE).last_reply
    clock.move(20)
    assert work(away) == 1
    assert wait_s(engine, clock, ROOM) == 300
    take(engine, settings, clock, 2, what=StepKind.UPGRADED, districts=(RAIGAD,), joined=(RAIGAD,))
    back = make_sender(engine, settings, clock)
    assert work(back) == 5  # the new mail gets through, and brings the waiting ones forward
    assert [address for address, _ in relay.received] == ["dio.raigad@example.org", ROOM, THANE, PUNE, ROOM]


def test_it_never_says_over_before_it_said_open(
    engine: Engine, relay: Relay, sender: Sender, settings: ControlRoomFile, clock: SetClock
) -> None:
    relay.at_rcpt[THANE] = "451 later"
    work(sender)
    take(engine, settings, clock, 2, what=StepKind.RESOLVED, joined=())
    work(sender)
    assert relay.ids(THANE) == []
    relay.at_rcpt.clear()
    clock.move(60)
    work(sender)
    assert relay.ids(THANE) == [row(engine, THANE, 1).message_id, row(engine, THANE, 2).message_id]


def test_it_sends_again_what_a_crash_left_under_way(engine: Engine, relay: Relay, sender: Sender) -> None:
    with engine.begin() as connection:
        connection.execute(update(notice).where(notice.c.address == THANE).values(state="sending", attempts=1))
    assert sender.recover() == 1
    assert sender.recover() == 0
    work(sender)
    assert attempts(engine, THANE) == ["in_doubt", "accepted"]
    assert row(engine, THANE).attempts == 2


def test_it_finds_what_a_crash_left_under_way_without_being_asked(engine: Engine, relay: Relay, sender: Sender) -> None:
    with engine.begin() as connection:
        connection.execute(update(notice).values(state="sending"))
    assert work(sender) == 3
    assert len(relay.received) == 3


Send = Callable[[EmailMessage, str, Callable[[str], None]], Reply]


class Unruly:
    """A transport whose doings a test decides."""

    def __init__(self, doing: Send) -> None:
        self.doing = doing

    def send(self, message: EmailMessage, address: str, accepted: Callable[[str], None]) -> Reply:
        return self.doing(message, address, accepted)


def test_it_takes_a_mail_up_again_when_the_step_broke_off_and_sends_the_others_first(
    engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock
) -> None:
    def breaks(_message: EmailMessage, _address: str, _accepted: Callable[[str], None]) -> Reply:
        raise RuntimeError("out of memory")

    take(engine, settings, clock)
    transport = Unruly(breaks)
    sender = Sender(engine, settings, clock, transport, lambda: 0.0)
    with pytest.raises(RuntimeError):
        sender.step()
    assert row(engine, ROOM).state == "sending"
    transport.doing = SmtpTransport(settings.dashboard.mail).send
    clock.move(1)
    work(sender)
    assert attempts(engine, ROOM) == ["in_doubt", "accepted"]
    assert [address for address, _ in relay.received] == [THANE, PUNE, ROOM]


def test_it_refuses_an_address_that_would_break_a_header_and_sends_the_others(
    engine: Engine, relay: Relay, sender: Sender
) -> None:
    with engine.begin() as connection:
        evil = "x@example.org\r\nRCPT TO:<y@example.org>"
        connection.execute(update(notice).where(notice.c.address == ROOM).values(address=evil))
    work(sender)
    assert [address for address, _ in relay.received] == [THANE, PUNE]
    with engine.begin() as connection:
        assert counts(connection) == {"due": 0, "sending": 0, "accepted": 2, "refused": 1, "given_up": 0}


def test_it_leaves_a_mail_to_whoever_claimed_it_first(
    engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock
) -> None:
    def steals(_message: EmailMessage, _address: str, _accepted: Callable[[str], None]) -> Reply:
        raise AssertionError("not ours to send")

    take(engine, settings, clock)
    sender = Sender(engine, settings, clock, Unruly(steals), lambda: 0.0)
    sender.recover()
    first = sender._oldest_due()
    assert first is not None
    with engine.begin() as connection:
        connection.execute(update(notice).values(state="sending"))
    assert sender._claim(first) is None


def test_it_lengthens_waits_by_the_jitter_it_is_given(
    engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock
) -> None:
    take(engine, settings, clock)
    relay.at_rcpt[ROOM] = "451 later"
    work(Sender(engine, settings, clock, SmtpTransport(settings.dashboard.mail), lambda: 1.0))
    assert wait_s(engine, clock, ROOM) == 72


def test_the_mark_stands_before_quit(engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock) -> None:
    seen: list[tuple[str, int]] = []

    def watching(message: EmailMessage, address: str, accepted: Callable[[str], None]) -> Reply:
        def then(text: str) -> None:
            accepted(text)
            seen.append((row(engine, ROOM).state, relay.quits))

        return SmtpTransport(settings.dashboard.mail).send(message, address, then)

    take(engine, settings, clock)
    Sender(engine, settings, clock, Unruly(watching), lambda: 0.0).step()
    assert seen == [("accepted", 0)]
    assert relay.quits == 1


def test_it_counts_what_is_owed_and_since_when(engine: Engine, sender: Sender, relay: Relay, clock: SetClock) -> None:
    clock.move(30)
    with engine.begin() as connection:
        assert counts(connection)["due"] == 3
        assert oldest_owed_s(connection, clock.now()) == 30
    work(sender)
    with engine.begin() as connection:
        assert counts(connection)["accepted"] == 3
        assert oldest_owed_s(connection, clock.now()) is None
        assert in_doubt(connection) == 0
