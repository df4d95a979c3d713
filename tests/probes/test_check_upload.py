"""The upload check answered by hand: what it asks for, and what it makes of the answers."""

import json
import random
from itertools import pairwise

import pytest

from probes.checks import Target, upload
from probes.clock import SetClock
from probes.kinds import check_of
from probes.sample import Outcome, Reason

from .conversation import Conversation

UPLOAD = check_of(
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


def seen() -> dict[str, object]:
    return {"found": True}


def not_yet(**more: object) -> dict[str, object]:
    return {"status": 404, **more}


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


@pytest.mark.parametrize(
    ("replies", "gone", "also"),
    [
        (
            [{"status": 201}, seen()],
            True,
            (),
        ),  # what was there is taken away or it is refused: 409 says no more than 500
        ([{"status": 201}, not_yet(took=60.0)], False, (409,)),  # a queue may be slower than the deadline
        ([{"status": None, "reason": Reason.TIMEOUT, "took": 60.0}], False, (409,)),  # the registry may be at work yet
        ([{"status": 504}], False, (409,)),
        ([{"status": 202}], False, (409,)),
        ([{"status": 500}], True, (409,)),
        ([{"status": 302}], True, (409,)),
    ],
)
def test_what_the_registry_does_not_know_is_gone_unless_it_may_come_yet(
    clock: SetClock, replies: list[dict[str, object]], gone: bool, also: tuple[int, ...]
) -> None:
    clean_up = UPLOAD.clean_up.model_copy(update={"also_gone": (409,)})  # type: ignore[attr-defined]
    talk = Conversation(clock, *replies, {"status": 204})
    talk.of(UPLOAD.model_copy(update={"clean_up": clean_up}))
    submit, *_, clean = talk.asked
    assert submit.undo is not None
    assert (submit.undo.absent_is_gone, submit.undo.also_gone) == (False, (409,))
    assert (clean.undoes, clean.absent_is_gone, clean.also_gone) == (True, gone, also)


def test_a_look_or_a_clean_up_does_not_say_that_the_registry_is_well(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, seen(), {"status": 204})
    talk.of(UPLOAD)
    assert [request.aside for request in talk.asked] == [False, True, True]


def test_without_clean_up_nothing_is_deleted(clock: SetClock) -> None:
    talk = Conversation(clock, {"status": 201}, seen())
    talk.of(UPLOAD.model_copy(update={"clean_up": None}))
    assert [request.method for request in talk.asked] == ["POST", "GET"]


@pytest.mark.parametrize("reason", [Reason.AGENT_OFFLINE, Reason.AGENT_FAULT, Reason.UNREACHABLE, Reason.DNS])
def test_a_line_that_dies_while_the_record_is_looked_for_is_told_as_that(clock: SetClock, reason: Reason) -> None:
    dead: dict[str, object] = {"status": None, "reason": reason, "detail": "no way out", "stage": "connect"}
    found = Conversation(clock, {"status": 201}, not_yet(), *[dead] * 20).of(UPLOAD)
    assert (found.reason, found.detail, found.stage) == (reason, "no way out", "read_back: connect")


def test_a_last_look_that_found_no_turn_does_not_undo_those_that_saw_no_record(clock: SetClock) -> None:
    late: dict[str, object] = {"status": None, "reason": Reason.AGENT_FAULT, "detail": "no budget", "took": 0.0}
    talk = Conversation(clock, {"status": 201, "took": 1.0}, *[not_yet()] * 14, *[late] * 9)
    found = talk.of(UPLOAD)
    assert found.reason is Reason.NOT_VISIBLE
    assert found.detail.endswith("status 404")


def test_a_registry_that_answers_no_look_has_not_shown_the_record(clock: SetClock) -> None:
    silent: dict[str, object] = {"status": None, "reason": Reason.TIMEOUT, "detail": "no end", "took": 10.0}
    assert Conversation(clock, {"status": 201}, *[silent] * 20).of(UPLOAD).reason is Reason.NOT_VISIBLE


def away(district: int, **more: object) -> Target:
    site = {490: "one.example.org", 491: "two.example.org"}
    fields = {"name": "upload", "kind": "upload", "with": {"site": site}, "url": "http://{site}:81/{district}/records"}
    return Target(district, check_of({**fields, "read_back": {"url": "http://{site}:81/{record}"}, **more}))


def test_where_it_goes_is_known_for_each_district_before_it_starts() -> None:
    log_in = {"url": "https://login.example.org/{site}", "carry": {"token": "$.t"}}
    assert [away(code).origins for code in (490, 491)] == [
        ("http://one.example.org:81",), ("http://two.example.org:81",),
    ]  # fmt: skip
    assert away(490, authorise=log_in).origins == ("https://login.example.org", "http://one.example.org:81")
    assert away(490, authorise=log_in).origin == "http://one.example.org:81"


@pytest.mark.parametrize(("host", "aside"), [("login.example.org", False), ("one.example.org:81", True)])
def test_a_log_in_elsewhere_tells_that_its_own_place_is_well(clock: SetClock, host: str, aside: bool) -> None:
    target = away(490, authorise={"url": f"http://{host}/", "carry": {"token": "$.t"}})
    assert next(upload.measure(target, clock, random.Random(1))).aside is aside
