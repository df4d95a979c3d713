"""The checks answered by hand: what they ask for, and what they make of the answers."""

import pytest

from probes.clock import SetClock
from probes.kinds import check_of
from probes.registry import FUNCTIONS
from probes.sample import CheckKind, Outcome, Reason
from tests.probes.conversation import Conversation

PING = check_of(
    {"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/{district}/ping", "headers": {"X-Facility": "test"}}
)


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
