"""The checks answered by hand: what they ask for, and what they make of the answers."""

import json
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from probes.checks import Measurement, Target, upload
from probes.clock import SetClock
from probes.exchange import Request, Result
from probes.registry import FUNCTIONS
from probes.sample import CheckKind, Outcome, Phases, Reason
from probes.settings import Check

PING = Check.model_validate(
    {"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/{district}/ping", "headers": {"X-Facility": "test"}}
)
UPLOAD = Check.model_validate(
    {
        "name": "upload",
        "kind": "upload",
        "url": "http://127.0.0.1:1/{district}/records",
        "deadline_s": 60,
        "expect_status": [200, 201],
        "read_back": {"url": "http://127.0.0.1:1/{district}/records/{record}", "every_s": 0.5},
        "clean_up": {"url": "http://127.0.0.1:1/{district}/records/{record}"},
    }
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


def seen() -> dict[str, object]:
    return {"found": True}


def not_yet(**more: object) -> dict[str, object]:
    return {"status": 404, **more}


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
    check = PING.model_copy(update={"kind": CheckKind.ANCHOR})
    assert Conversation(clock, {"status": status, "reason": Reason.TOO_LARGE}).of(check).outcome is Outcome.OK


def test_an_anchor_that_does_not_answer_fails(clock: SetClock) -> None:
    check = PING.model_copy(update={"kind": CheckKind.ANCHOR})
    assert Conversation(clock, {"status": None, "reason": Reason.TIMEOUT}).of(check).reason is Reason.TIMEOUT


# -- upload -------------------------------------------------------------------------------------------------------------


def test_an_upload_sends_reads_back_and_takes_away(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201, "took": 1.0}, not_yet(), not_yet(), seen(), {"status": 204, "took": 3.0})
    found = talk.of(UPLOAD)
    assert [request.method for request in talk.asked] == ["POST", "GET", "GET", "GET", "DELETE"]
    assert (found.outcome, found.status) == (Outcome.OK, 201)
    # looked at once, after 0.5 s and after 0.75 s more; a look takes 0.2 s; the clean-up is not counted
    assert found.phases.visible == pytest.approx(1.45)
    assert found.phases.total == pytest.approx(2.45)
    assert found.phases.dns == 0.001


def test_the_record_is_marked_and_has_its_size(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, seen())
    talk.of(UPLOAD)
    post, look, clean = talk.asked
    body = json.loads(post.body)
    assert len(post.body) == UPLOAD.payload_bytes
    assert (body["synthetic"], body["marker"], body["district"]) == (True, "TIKAWATCH-PROBE", 491)
    assert body["id"].startswith("tw-probe-")
    assert look.find == body["id"]
    assert look.url == clean.url == f"http://127.0.0.1:1/491/records/{body['id']}"
    assert all("X-Tikawatch-Probe: TIKAWATCH-PROBE" in request.headers for request in talk.asked)


def test_two_uploads_have_different_records(clock: SetClock) -> None:
    rng = random.Random(1)
    talk = Conversation(clock, {"status": 201, "found": True})
    check = UPLOAD.model_copy(update={"expect_status": (201,), "deadline_s": 1})
    talk.of(check, rng)
    talk.of(check, rng)
    assert len({json.loads(request.body)["id"] for request in talk.asked if request.method == "POST"}) == 2


def test_a_record_never_seen_is_not_visible_and_cleaned_up(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201, "took": 1.0}, *[not_yet()] * 16, {"status": 204})
    found = talk.of(UPLOAD)
    assert (found.outcome, found.reason, found.status) == (Outcome.FAILED, Reason.NOT_VISIBLE, 201)
    assert found.detail == "accepted with 201, not seen in 55.6 s and 16 looks; the last: status 404"
    assert found.phases.visible is None
    assert found.phases.total <= UPLOAD.deadline_s
    assert [request.method for request in talk.asked][-1] == "DELETE"


def test_a_200_without_the_record_is_not_seen(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, {"status": 200, "found": False, "took": 59.0}, {"status": 204})
    assert talk.of(UPLOAD).reason is Reason.NOT_VISIBLE


def test_a_failed_look_does_not_end_the_looking(clock: SetClock) -> None:
    broken: dict[str, object] = {"status": None, "reason": Reason.RESET, "detail": "broke off"}
    talk = Conversation(clock, {"status": 201}, broken, {"status": 500}, seen(), {"status": 204})
    assert talk.of(UPLOAD).outcome is Outcome.OK


def test_a_look_that_hangs_leaves_time_for_others(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, seen(), {"status": 204})
    talk.of(UPLOAD)
    assert talk.asked[1].deadline == pytest.approx(1010.2)


def test_a_busy_registry_is_asked_less_and_less_often(clock: SetClock) -> None:
    busy: dict[str, object] = {"status": 503}
    talk = Conversation(clock, {"status": 201}, *[busy] * 7, not_yet(), seen(), {"status": 204})
    talk.of(UPLOAD)
    moments = [request.not_before for request in talk.asked[1:-1]]
    pauses = [round(later - earlier, 3) for earlier, later in pairwise(moments)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 5.0]


def test_a_busy_registry_gets_the_time_it_asks_for(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, {"status": 503, "retry_after": 20.0}, seen(), {"status": 204})
    talk.of(UPLOAD)
    assert talk.asked[2].not_before - talk.asked[1].not_before == pytest.approx(20.2)


def test_every_request_of_an_upload_says_how_to_undo_it(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, not_yet(), seen(), {"status": 204})
    talk.of(UPLOAD)
    *steps, clean = talk.asked
    assert [(one.undo.method, one.undo.url, one.undo.undoes) for one in steps if one.undo] == [
        ("DELETE", clean.url, True)
    ] * 3
    assert clean.undoes


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 500},
        {"status": 302},
        {"status": None, "reason": Reason.TIMEOUT, "took": 60.0},
        {"status": None, "reason": Reason.RESET},
    ],
)
def test_a_doubtful_upload_fails_without_looking_and_is_cleaned_up(clock: SetClock, reply: dict[str, object]) -> None:
    talk = Conversation(clock, reply, {"status": 404})
    found = talk.of(UPLOAD)
    assert found.outcome is Outcome.FAILED
    assert found.reason is not Reason.NOT_VISIBLE
    assert [request.method for request in talk.asked] == ["POST", "DELETE"]
    assert talk.asked[1].deadline == pytest.approx(clock.at - 0.2 + upload.CLEAN_UP_S)


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 403},
        {"status": None, "reason": Reason.REFUSED},
        {"status": None, "reason": Reason.DNS},
        {"status": None, "reason": Reason.TIMEOUT, "cut_off": True},
    ],
)
def test_an_upload_that_cannot_be_stored_is_not_cleaned_up(clock: SetClock, reply: dict[str, object]) -> None:
    talk = Conversation(clock, reply)
    assert talk.of(UPLOAD).outcome is Outcome.FAILED
    assert len(talk.asked) == 1


def test_an_upload_accepted_at_its_deadline_has_no_time_to_be_seen(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201, "took": 60.0}, {"status": 204})
    found = talk.of(UPLOAD)
    assert (found.reason, found.detail) == (Reason.NOT_VISIBLE, "accepted with 201; no time was left to read it back")


def test_without_clean_up_nothing_is_deleted(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, seen())
    talk.of(UPLOAD.model_copy(update={"clean_up": None}))
    assert [request.method for request in talk.asked] == ["POST", "GET"]


def test_every_kind_of_check_has_a_function() -> None:
    assert set(FUNCTIONS) == set(CheckKind)
