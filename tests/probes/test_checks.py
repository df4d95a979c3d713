"""The checks answered by hand: what they ask for, and what they make of the answers."""

import random
from collections.abc import Callable

import pytest

from probes.checks import Measurement, Target
from probes.clock import SetClock
from probes.exchange import Request, Result
from probes.kinds import check_of
from probes.kinds.check import Check
from probes.registry import FUNCTIONS
from probes.sample import CheckKind, Outcome, Phases, Reason

PING = check_of(
    {"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/{district}/ping", "headers": {"X-Facility": "test"}}
)
Reply = Callable[[Request], dict[str, object]]


class Conversation:
    """Answers each request of a check from a list, moving the clock by `took` and up to the request's own moment."""

    def __init__(self, clock: SetClock, *replies: dict[str, object]) -> None:
        self._clock = clock
        self._replies = list(replies)
        self.asked: list[Request] = []

    def of(self, check: Check, rng: random.Random | None = None) -> Measurement:
        steps = FUNCTIONS[check.kind](Target(491, check), self._clock, rng or random.Random(1))
        try:
            request = next(steps)
            while True:
                self.asked.append(request)
                request = steps.send(self._answer(request))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _answer(self, request: Request) -> Result:
        reply = {"status": 200, "took": 0.2, "reason": Reason.NONE} | (
            self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        )
        self._clock.move(max(request.not_before - self._clock.at, 0))
        began = self._clock.at
        self._clock.move(float(reply.pop("took")))  # type: ignore[arg-type]
        phases = Phases(dns=0.001, connect=None if reply.pop("cut_off", False) else 0.01, total=self._clock.at - began)
        return Result(began, self._clock.at, phases=phases, **reply)  # type: ignore[arg-type]


# -- http ---------------------------------------------------------------------------------------------------------------


def test_a_get_asks_the_district_address_with_its_headers_and_deadline(clock: SetClock) -> None:
    talk = Conversation(clock, {"found": True})
    found = talk.of(PING)
    [request] = talk.asked
    assert (request.url, request.method) == ("http://127.0.0.1:1/491/ping", "GET")
    assert request.headers == ("X-Facility: test",)
    assert request.deadline == 1010.0
    assert (found.outcome, found.reason, found.status, found.detail) == (Outcome.OK, Reason.NONE, 200, "")


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        ({"status": 503}, Reason.HTTP_STATUS, "answered 503, expected 200"),
        (
            {"status": 302, "redirect": "http://169.254.169.254/me?token=1"},
            Reason.REDIRECT,
            "answered 302 to http://169.254.169.254",
        ),
        ({"status": 302}, Reason.REDIRECT, "answered 302 to nowhere"),
        ({"status": 302, "redirect": "http://[::1"}, Reason.REDIRECT, "answered 302 to an unreadable address"),
        ({"status": 200, "found": False}, Reason.BODY, '"all is well" is not in the answer'),
        ({"status": None, "reason": Reason.REFUSED, "detail": "nobody"}, Reason.REFUSED, "nobody"),
        ({"status": 200, "reason": Reason.RESET, "detail": "broke off"}, Reason.RESET, "broke off"),
    ],
)
def test_a_get_fails_with_its_reason(clock: SetClock, reply: dict[str, object], reason: Reason, detail: str) -> None:
    found = Conversation(clock, reply).of(PING.model_copy(update={"expect_text": "all is well"}))
    assert (found.outcome, found.reason, found.detail) == (Outcome.FAILED, reason, detail)


def test_a_redirect_that_is_expected_is_good(clock: SetClock) -> None:
    check = PING.model_copy(update={"expect_status": (302,)})
    assert Conversation(clock, {"status": 302, "found": True}).of(check).outcome is Outcome.OK


def test_an_agent_without_means_to_measure_says_unknown(clock: SetClock) -> None:
    found = Conversation(clock, {"status": None, "reason": Reason.AGENT_OFFLINE}).of(PING)
    assert found.outcome is Outcome.UNKNOWN


# -- anchor -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_any_answer_of_an_anchor_proves_the_line(clock: SetClock, status: int) -> None:
    check = check_of({"name": "neutral", "kind": "anchor", "url": "http://127.0.0.1:1/"})
    found = Conversation(clock, {"status": status, "reason": Reason.TOO_LARGE, "stage": "transfer"}).of(check)
    assert (found.outcome, found.detail, found.stage) == (Outcome.OK, "", "")


def test_an_anchor_that_does_not_answer_fails(clock: SetClock) -> None:
    check = check_of({"name": "neutral", "kind": "anchor", "url": "http://127.0.0.1:1/"})
    assert Conversation(clock, {"status": None, "reason": Reason.TIMEOUT}).of(check).reason is Reason.TIMEOUT


def test_every_kind_of_check_has_a_function() -> None:
    assert set(FUNCTIONS) == set(CheckKind)
