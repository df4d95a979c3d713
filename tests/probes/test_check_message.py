"""The message check answered by hand, and whole against a registry that sends to a webhook."""

import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from probes.checks import Measurement, Target
from probes.checks.message import measure
from probes.clock import SetClock, WallClock
from probes.exchange import Arrival, Request, Result, Wish
from probes.inboxes.turn import Turn
from probes.kinds import check_of
from probes.kinds.message import MessageCheck
from probes.once.leading import Told, Woken
from probes.once.leading import measure as measure_once
from probes.sample import Outcome, Phases, Reason
from probes.settings import Probes

from .servers import Call, HttpServer, free_port, http_server

SECRET = "a-secret-of-some-length"
FIELDS: dict[str, Any] = {
    "name": "otp", "kind": "message", "url": "http://127.0.0.1:1/otp/{district}", "body": {"mobile": "{secret:mobile}"},
    "expect_status": [202], "inbox": "phone", "find": "Your OTP for {district}", "deadline_s": 60,
}  # fmt: skip


@pytest.fixture
def mobile(tmp_path: Path) -> Path:
    file = tmp_path / "mobile"
    file.write_text("9999900000\n")
    return file


@pytest.fixture
def check(mobile: Path) -> MessageCheck:
    made = check_of({**FIELDS, "secrets": {"mobile": mobile}})
    assert isinstance(made, MessageCheck)
    return made


def talk(check: MessageCheck, clock: SetClock, *replies: dict[str, Any]) -> tuple[list[Wish], Measurement]:
    """Answer each wish from the list, moving the clock by `took` seconds."""
    steps, asked, left = measure(Target(490, check), clock, random.Random(1)), [], list(replies)
    try:
        wish = next(steps)
        while True:
            asked.append(wish)
            reply = {"reason": Reason.NONE, "took": 0.0, **left.pop(0)}
            began = clock.at
            clock.move(reply.pop("took"))
            wish = steps.send(Result(began, clock.at, phases=Phases(total=max(clock.at - began, 0)), **reply))
    except StopIteration as end:
        return asked, end.value


# -- by hand ------------------------------------------------------------------------------------------------------------


def test_it_takes_its_turn_asks_and_waits(clock: SetClock, check: MessageCheck) -> None:
    (turn, ask, arrival), found = talk(check, clock, {}, {"status": 202, "took": 0.5}, {"took": 12.0})
    assert isinstance(turn, Turn)
    assert isinstance(ask, Request)
    assert isinstance(arrival, Arrival)
    assert (turn.inbox, turn.find, turn.hold_s) == ("phone", "Your OTP for 490", 60)
    assert (ask.method, ask.url, bytes(ask.body)) == ("POST", "http://127.0.0.1:1/otp/490", b'{"mobile": "9999900000"}')
    assert "X-Tikawatch-Probe: TIKAWATCH-PROBE" in ask.headers
    assert "Content-Type: application/json" in ask.headers
    assert (arrival.find, arrival.since, arrival.deadline) == ("Your OTP for 490", 1000.0, 1060.0)
    assert (found.outcome, found.status, found.stage) == (Outcome.OK, 202, "")
    assert (found.phases.visible, found.phases.total) == (12.0, 12.5)
    assert [(step.name, step.seconds) for step in found.steps] == [("ask", 0.5), ("message", 12.0)]


def test_waiting_for_the_inbox_is_a_step_and_in_no_phase(clock: SetClock, check: MessageCheck) -> None:
    _, found = talk(check, clock, {"took": 40.0}, {"status": 202, "took": 0.5}, {"took": 2.0})
    assert [(step.name, step.seconds) for step in found.steps] == [("turn", 40.0), ("ask", 0.5), ("message", 2.0)]
    assert found.phases.total == 2.5


def test_the_secret_number_does_not_show(clock: SetClock, check: MessageCheck) -> None:
    asked, _ = talk(check, clock, {}, {"status": 202}, {})
    assert "9999900000" not in repr(asked)


def test_a_message_that_does_not_come_says_what_was_asked(clock: SetClock, check: MessageCheck) -> None:
    missing = {"reason": Reason.NOT_ARRIVED, "detail": "nothing in inbox phone", "took": 59.5}
    _, found = talk(check, clock, {}, {"status": 202, "took": 0.5}, missing)
    assert (found.outcome, found.reason, found.stage) == (Outcome.FAILED, Reason.NOT_ARRIVED, "message")
    assert found.detail == "asked for (status 202), nothing in inbox phone after 60 s"
    assert found.phases.visible is None


def test_an_inbox_that_breaks_meanwhile_says_nothing_of_the_registry(clock: SetClock, check: MessageCheck) -> None:
    broken = {"reason": Reason.AGENT_FAULT, "detail": "inbox phone cannot be read: no answer in time"}
    _, found = talk(check, clock, {}, {"status": 202}, broken)
    assert found.outcome is Outcome.UNKNOWN
    assert found.detail == "asked for (status 202), and then inbox phone cannot be read: no answer in time"


def test_an_inbox_that_cannot_be_read_is_not_asked_for(clock: SetClock, check: MessageCheck) -> None:
    asked, found = talk(check, clock, {"reason": Reason.AGENT_FAULT, "detail": "inbox phone cannot be read"})
    assert len(asked) == 1
    assert (found.outcome, found.stage) == (Outcome.UNKNOWN, "turn")


def test_a_secret_that_is_missing_is_our_own_fault(clock: SetClock, check: MessageCheck, mobile: Path) -> None:
    mobile.unlink()
    asked, found = talk(check, clock)
    assert (asked, found.outcome, found.stage) == ([], Outcome.UNKNOWN, "ask")
    assert 'the secret "mobile" cannot be read' in found.detail


@pytest.mark.parametrize(
    ("reply", "reason", "stage"),
    [
        ({"status": 503}, Reason.HTTP_STATUS, "ask"),
        ({"reason": Reason.REFUSED, "stage": "connect"}, Reason.REFUSED, "ask: connect"),
    ],
)
def test_a_registry_that_does_not_send_fails_at_once_and_the_turn_is_given_back(
    clock: SetClock, check: MessageCheck, reply: dict[str, Any], reason: Reason, stage: str
) -> None:
    (turn, _, back), found = talk(check, clock, {}, {**reply, "took": 0.3}, {})
    assert isinstance(turn, Turn)
    assert isinstance(back, Turn)
    assert (turn.over, back.over, back.find) == (False, True, turn.find)
    assert (found.reason, found.stage, found.steps[0].name) == (reason, stage, "ask")


def test_a_message_quicker_than_the_answer_took_no_time(clock: SetClock, check: MessageCheck) -> None:
    _, found = talk(check, clock, {}, {"status": 202, "took": 3.0}, {"took": -1.0})
    assert (found.phases.visible, found.phases.total) == (0.0, 3.0)


# -- whole --------------------------------------------------------------------------------------------------------------


def send(port: int, text: str, path: str = SECRET) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", text.encode(), {"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code
    except OSError:  # the check has ended meanwhile
        return 0


@contextmanager
def registry(sends: Callable[[], object], after_s: float = 0.2, status: int = 202) -> Iterator[HttpServer]:
    """Accepts, and sends a little later."""
    timers: list[threading.Timer] = []

    def answering(_: Call) -> tuple[int, bytes]:
        timers.append(threading.Timer(after_s, sends))
        timers[-1].start()
        return status, b""

    with http_server(answering) as server:
        yield server
    for timer in timers:
        timer.join(60)


def whole(url: str, port: int, folder: Path, **more: Any) -> Told:
    (folder / "secret").write_text(SECRET)
    fields = {**FIELDS, "url": url, "body": {"mobile": "1"}, "deadline_s": 1.5, **more}
    settings = {
        "agent": "a", "vantage": "here", "districts": [490], "checks": [fields],
        "inboxes": [{"name": "phone", "webhook": {"port": port, "secret_file": str(folder / "secret")}}],
    }  # fmt: skip
    probes = Probes.model_validate(settings)
    return measure_once(probes, Target(490, probes.checks[0]), WallClock(), threading.Event(), Woken())


@pytest.mark.process
@pytest.mark.timed
def test_a_message_is_timed_from_the_answer_to_its_arrival(tmp_path: Path) -> None:
    port = free_port()

    def twice() -> None:
        send(port, "Your OTP for 490 is 123456")
        send(port, "Your OTP for 490 is 123456")

    with registry(twice) as server:
        sample = whole(server.url, port, tmp_path).sample
    assert sample is not None
    assert (sample.outcome, sample.reason, sample.status) == (Outcome.OK, Reason.NONE, 202)
    assert sample.phases.visible is not None
    assert 0.15 < sample.phases.visible < 0.6
    assert [step.name for step in sample.steps][-2:] == ["ask", "message"]
    assert "123456" not in sample.model_dump_json()


@pytest.mark.process
@pytest.mark.parametrize("text", ["", "Your OTP for 491 is 1234", "Your OTP for 4900 is 1234", "Your parcel is here"])
@pytest.mark.timed
def test_somebody_elses_message_is_not_taken(tmp_path: Path, text: str) -> None:
    port = free_port()
    with registry(lambda: send(port, text)) as server:
        sample = whole(server.url, port, tmp_path, deadline_s=0.6).sample
    assert sample is not None
    assert (sample.reason, sample.stage) == (Reason.NOT_ARRIVED, "message")
    assert sample.detail == "asked for (status 202), nothing in inbox phone after 1 s"
    assert 0.55 < sample.phases.total < 0.75


@pytest.mark.process
def test_a_registry_that_refuses_to_send_is_a_bad_status_of_the_step_ask(tmp_path: Path) -> None:
    with http_server(lambda _: (429, b"")) as server:
        sample = whole(server.url, free_port(), tmp_path).sample
    assert sample is not None
    assert (sample.reason, sample.stage, sample.detail) == (Reason.HTTP_STATUS, "ask", "answered 429, expected 202")


@pytest.mark.process
def test_an_inbox_whose_port_is_taken_is_not_asked_for(tmp_path: Path) -> None:
    with http_server(lambda _: (202, b"")) as server:
        told = whole(server.url, server.port, tmp_path)
    assert told.sample is not None
    assert told.sample.outcome is Outcome.UNKNOWN
    assert f"nobody can listen on 127.0.0.1:{server.port} (Address already in use" in told.sample.detail
    assert server.calls == []
