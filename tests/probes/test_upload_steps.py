"""The steps of an upload answered by hand: log-in, values carried from answers, clean-up in doubt, secrets."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from probes.checks import Target, upload
from probes.checks.upload import CLEAN_UP_S, clean_up_again
from probes.clock import SetClock
from probes.exchange import Request, Result
from probes.kinds import check_of
from probes.kinds.check import Check
from probes.sample import Outcome, Phases, Reason

from .conversation import Conversation

BASE = "http://127.0.0.1:1"
Reply = dict[str, object]


def check(folder: Path, **more: object) -> Check:
    (folder / "client").write_text("s3cret")
    fields: dict[str, Any] = {
        "name": "upload", "kind": "upload", "deadline_s": 60,
        "secrets": {"client": str(folder / "client")},
        "authorise": {"url": BASE + "/token", "body": {"secret": "{secret:client}"}, "carry": {"token": "$.token"}},
        "headers": {"Authorization": "Bearer {token}"},
        "url": BASE + "/{district}/records", "expect_status": [201],
        "carry": {"id": "$.id"},
        "read_back": {"url": BASE + "/records/{id}", "every_s": 0.5},
        "clean_up": {"url": BASE + "/records/{id}", "in_doubt_url": BASE + "/records?of={record}"},
    }  # fmt: skip
    return check_of(fields | more)


def says(document: object, status: int = 200, **more: object) -> Reply:
    return {"status": status, "body": json.dumps(document).encode(), **more}


LOGGED_IN, CREATED, SEEN, GONE = says({"token": "t0ken"}), says({"id": 7}, 201), {"found": True}, {"status": 204}


def test_each_step_is_asked_with_what_the_ones_before_it_gave(clock: SetClock, tmp_path: Path) -> None:
    talk = Conversation(clock, LOGGED_IN, CREATED, SEEN, GONE)
    assert talk.of(check(tmp_path)).outcome is Outcome.OK
    login, post, look, clean = talk.asked
    assert json.loads(login.body) == {"secret": "s3cret"}
    assert [one.url for one in talk.asked[1:]] == [f"{BASE}/491/records", f"{BASE}/records/7", f"{BASE}/records/7"]
    assert all("Authorization: Bearer t0ken" in one.headers for one in (post, look, clean))
    assert "Authorization: Bearer t0ken" not in login.headers


def test_each_step_is_timed_and_the_total_begins_with_the_first(clock: SetClock, tmp_path: Path) -> None:
    talk = Conversation(
        clock, LOGGED_IN | {"took": 0.5}, CREATED | {"took": 1.0}, SEEN | {"took": 0.25}, GONE | {"took": 3.0}
    )
    found = talk.of(check(tmp_path))
    assert [(one.name, one.seconds) for one in found.steps] == [
        ("authorise", 0.5), ("submit", 1.0), ("read_back", 0.25), ("clean_up", 3.0),
    ]  # fmt: skip
    assert (found.phases.total, found.phases.visible) == (1.75, 0.25)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (says({}), "the answer has no $.token"),
        (says({"token": None}), '"token" in the answer is no text of 1 to 16384 plain characters'),
        (says({"token": "a\r\nX-Other: b"}), '"token" in the answer is no text of 1 to 16384 plain characters'),
        (says({"token": "a" * 16_385}), '"token" in the answer is no text of 1 to 16384 plain characters'),
        ({"status": 200, "body": b"<html>"}, "the answer is not JSON"),
        ({"status": 200, "body": b"[" * 200_000}, "the answer is not JSON"),
        ({"status": 200, "body": b"1" * 262_144}, "the answer is too long to be read as JSON, 262144 bytes are read"),
    ],
)
def test_a_log_in_without_its_token_fails_there(clock: SetClock, tmp_path: Path, answer: Reply, detail: str) -> None:
    talk = Conversation(clock, answer)
    found = talk.of(check(tmp_path))
    assert (found.outcome, found.reason, found.stage, found.detail) == (
        Outcome.FAILED, Reason.BODY, "authorise", detail,
    )  # fmt: skip
    assert len(talk.asked) == 1


def test_a_log_in_that_breaks_off_says_how_far_it_came(clock: SetClock, tmp_path: Path) -> None:
    broken: Reply = {"status": None, "reason": Reason.TLS, "stage": "tls", "detail": "no trust"}
    found = Conversation(clock, broken).of(check(tmp_path))
    assert (found.reason, found.stage, found.detail) == (Reason.TLS, "authorise: tls", "no trust")


def test_a_submit_that_breaks_off_says_how_far_it_came(clock: SetClock, tmp_path: Path) -> None:
    broken: Reply = {"status": None, "reason": Reason.TIMEOUT, "stage": "first_byte", "took": 59.0}
    found = Conversation(clock, LOGGED_IN, broken, GONE).of(check(tmp_path))
    assert (found.reason, found.stage) == (Reason.TIMEOUT, "submit: first_byte")


def test_a_value_of_an_answer_cannot_leave_its_part_of_an_address(clock: SetClock, tmp_path: Path) -> None:
    talk = Conversation(clock, LOGGED_IN, says({"id": "../../admin?all=1#"}, 201), SEEN, GONE)
    talk.of(check(tmp_path))
    assert talk.asked[2].url == f"{BASE}/records/..%2F..%2Fadmin%3Fall%3D1%23"


def test_an_accepted_record_without_its_id_is_cleaned_up_in_doubt(clock: SetClock, tmp_path: Path) -> None:
    talk = Conversation(clock, LOGGED_IN, says({}, 201), GONE)
    found = talk.of(check(tmp_path))
    assert (found.reason, found.stage, found.detail) == (Reason.BODY, "submit", "the answer has no $.id")
    assert talk.asked[-1].method == "DELETE"
    assert talk.asked[-1].url.startswith(f"{BASE}/records?of=tw-probe-")


def test_what_is_undone_in_doubt_becomes_exact_with_the_answer(clock: SetClock, tmp_path: Path) -> None:
    talk = Conversation(clock, LOGGED_IN, CREATED, SEEN, GONE)
    talk.of(check(tmp_path))
    login, post, look, clean = talk.asked
    assert login.undo is None
    assert post.undo is not None
    assert look.undo is not None
    assert post.undo.url.startswith(f"{BASE}/records?of=tw-probe-")
    assert look.undo.url == clean.url
    assert "Authorization: Bearer t0ken" in post.undo.headers


def test_a_value_from_a_header_is_what_stands_after_a_mark(clock: SetClock, tmp_path: Path) -> None:
    place = (("location", "https://other.example.org/base/records/77/_history/1?x=y"),)
    talk = Conversation(clock, LOGGED_IN, {"status": 201, "headers": place}, SEEN, GONE)
    talk.of(check(tmp_path, carry={"id": {"header": "Location", "after": "/records/"}}))
    assert talk.asked[1].keep_headers
    assert talk.asked[2].url == f"{BASE}/records/77"


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ((), "the answer has no header Location"),
        ((("location", "/x"),), 'the header Location does not hold "/records/"'),
    ],
)
def test_a_header_that_is_not_there_is_said(
    clock: SetClock, tmp_path: Path, headers: tuple[tuple[str, str], ...], detail: str
) -> None:
    talk = Conversation(clock, LOGGED_IN, {"status": 201, "headers": headers}, GONE)
    found = talk.of(check(tmp_path, carry={"id": {"header": "Location", "after": "/records/"}}))
    assert (found.reason, found.detail) == (Reason.BODY, detail)


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ({"ok": True, "n": 1}, ""),
        ({"ok": 1, "n": 1}, "$.ok is 1, expected true"),
        ({"ok": True, "n": True}, "$.n is true, expected 1"),
        ({"ok": True, "n": {}}, "$.n is a section, expected 1"),
        ({"n": 1}, "the answer has no $.ok"),
    ],
)
def test_values_of_the_answer_must_be_as_expected(
    clock: SetClock, tmp_path: Path, document: object, detail: str
) -> None:
    talk = Conversation(clock, says(document, 201))
    fields: dict[str, Any] = {"authorise": None, "headers": {}, "carry": {}, "read_back": None, "clean_up": None}
    found = talk.of(check(tmp_path, **fields, stores=False, expect_json={"$.ok": True, "$.n": 1}))
    assert (found.detail, found.reason) == (detail, Reason.BODY if detail else Reason.NONE)
    assert (found.phases.visible, len(talk.asked)) == (None, 1)


def test_the_json_that_is_read_back_decides_too(clock: SetClock, tmp_path: Path) -> None:
    look = {"url": BASE + "/records/{id}", "expect_status": [200, 203], "expect_json": {"$.id": "{id}"}}
    wrong, right = says({"id": "8"}, found=True), says({"id": "7"}, 203, found=True)
    talk = Conversation(clock, LOGGED_IN, CREATED, wrong, right, GONE)
    assert talk.of(check(tmp_path, read_back=look)).outcome is Outcome.OK
    assert len(talk.asked) == 5


def test_what_was_seen_last_is_said_when_the_record_never_came(clock: SetClock, tmp_path: Path) -> None:
    nearly = {"status": 200, "found": False, "took": 59.7}
    found = Conversation(clock, LOGGED_IN, CREATED, nearly, GONE).of(check(tmp_path))
    assert found.detail.endswith("1 looks; the last: status 200, the record is not in it")
    assert (found.reason, found.stage) == (Reason.NOT_VISIBLE, "read_back")


# -- secrets --------------------------------------------------------------------------------------------------------------


def test_a_secret_that_cannot_be_read_is_our_own_fault(clock: SetClock, tmp_path: Path) -> None:
    talk, of = Conversation(clock), check(tmp_path)
    (tmp_path / "client").unlink()
    found = talk.of(of)
    assert (found.outcome, found.reason, found.stage) == (Outcome.UNKNOWN, Reason.AGENT_FAULT, "authorise")
    assert found.detail.startswith('the secret "client" cannot be read: ')
    assert talk.asked == []


def test_no_secret_shows_in_a_request_or_a_detail(clock: SetClock, tmp_path: Path) -> None:
    login = {"url": BASE + "/token", "headers": {"X-Key": "{secret:client}"}, "body": {"key": "{secret:client}"}}
    steps = {"authorise": {**login, "carry": {"token": "$.token"}, "explain": "$.error"}, "explain": "$.error"}
    for secret, replies in (("s3cret", []), ("t0ken" * 50, [says({"token": "t0ken" * 50})])):
        talk = Conversation(clock, *replies, says({"error": f"{secret} is bad"}, 400))
        found = talk.of(check(tmp_path, **steps))
        assert found.detail.endswith("(hidden) is bad")
        shown = repr(talk.asked) + found.detail
        assert "s3cret" not in shown
        assert "t0ken" not in shown
    assert talk.asked[0].body == b'{"key": "s3cret"}'


@pytest.mark.parametrize("secret", ["s3cret", 's3 "cret"/\\', "x" * 58 + "s3cret", "1234567"])
def test_what_our_own_words_quote_of_an_answer_is_hidden_too(clock: SetClock, tmp_path: Path, secret: str) -> None:
    login = {"url": BASE + "/token", "body": {"key": "{secret:client}"}, "expect_json": {"$.you": "us"}}
    steps = check(tmp_path, authorise={**login, "carry": {"token": "$.token"}})
    (tmp_path / "client").write_text(secret)
    for said in (secret, *([int(secret)] if secret.isdigit() else [])):
        found = Conversation(clock, says({"you": said, "token": "t0ken"})).of(steps)
        assert found.reason is Reason.BODY
        assert "(hidden)" in found.detail
        assert not any(part in found.detail for part in ("s3", "xxx", "1234567"))


def test_a_password_alone_is_hidden_as_well(clock: SetClock, tmp_path: Path) -> None:
    steps = check(tmp_path, headers={"Authorization": "Basic {basic:client}"}, authorise=None, explain="$.error")
    (tmp_path / "client").write_text("clerk:pa55 word")
    found = Conversation(clock, says({"error": "pa55 word or pa55%20word is bad, clerk"}, 401)).of(steps)
    assert found.detail == "answered 401, expected 201: (hidden) or (hidden) is bad, clerk"


def test_a_look_that_shows_the_token_hides_it(clock: SetClock, tmp_path: Path) -> None:
    looks = {"url": BASE + "/records/{id}", "expect_json": {"$.id": "{record}"}}
    talk = Conversation(clock, LOGGED_IN, CREATED, {**SEEN, **says({"id": "Bearer t0ken"}), "took": 70}, GONE)
    found = talk.of(check(tmp_path, read_back=looks))
    assert found.reason is Reason.NOT_VISIBLE
    assert '$.id is "Bearer (hidden)"' in found.detail


# -- what is left for later -----------------------------------------------------------------------------------------------


def test_a_later_clean_up_logs_in_anew(clock: SetClock, tmp_path: Path) -> None:
    target = Target(491, check(tmp_path))
    left = Request(url=f"{BASE}/records/7", method="DELETE", deadline=0.0, undoes=True)
    steps = clean_up_again(target, left, clock, random.Random(1))
    login = next(steps)
    assert login.url == f"{BASE}/token"  # type: ignore[attr-defined]
    again = steps.send(Result(0.0, 0.1, Reason.NONE, Phases(total=0.1), 200, body=b'{"token": "new"}'))
    assert isinstance(again, Request)
    assert (again.url, again.method, again.undoes) == (left.url, "DELETE", True)
    assert again.deadline == clock.at + CLEAN_UP_S
    assert again.headers == ("Authorization: Bearer new", "X-Tikawatch-Probe: TIKAWATCH-PROBE")
    with pytest.raises(StopIteration) as end:
        steps.send(Result(0.0, 0.1, Reason.NONE, Phases(total=0.1), 204))
    assert end.value.value is True


def test_a_later_clean_up_ends_where_the_log_in_is_refused(clock: SetClock, tmp_path: Path) -> None:
    left = Request(url=f"{BASE}/records/7", method="DELETE", deadline=0.0, undoes=True)
    steps = clean_up_again(Target(491, check(tmp_path)), left, clock, random.Random(1))
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(Result(0.0, 0.1, Reason.NONE, Phases(total=0.1), 401))
    assert end.value.value is False


# -- the rate -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "first_byte", "rate"),
    [
        (upload.LARGE, 0.5, upload.LARGE * 2),
        (upload.LARGE - 1, 0.5, None),
        (upload.LARGE, None, None),
        (upload.LARGE, 0.0, None),
    ],
)
def test_the_rate_is_that_of_a_large_record_that_was_answered(
    size: int, first_byte: float | None, rate: float | None
) -> None:
    sent = Result(0.0, 1.0, Reason.NONE, Phases(first_byte=first_byte, total=1.0), 201)
    assert upload.rate_of(b"x" * size, sent) == rate
