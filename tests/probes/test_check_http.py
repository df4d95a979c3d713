"""The http check against real servers: what an answer must hold, and what it is called when it does not."""

import gzip

import pytest

from probes.clock import WallClock
from probes.kinds import check_of
from probes.sample import Outcome, Reason

from .real_checks import measured
from .servers import Call, http_server

BODY = b'{"stats": {"ignored": 0, "ok": true, "rate": 0.5}, "items": [{"id": "x"}], "version": "2.41", "none": null}'
JSON = {"Content-Type": "application/json; charset=utf-8"}


def answer(_call: Call) -> tuple[int, bytes, dict[str, str]]:
    return 200, BODY, JSON


@pytest.mark.parametrize(
    "expect",
    [
        {"expect_json": {"$.stats.ignored": 0, "$.items[0].id": "x", "$.stats.ok": True, "$.none": None}},
        {"expect_json": {"$.stats.rate": 0.5}, "expect_text": "2.41"},
        {"expect_headers": {"content-TYPE": "application/json"}},
        {"ip_version": 4},
        {"reuse_connection": True},
    ],
)
def test_a_good_answer_is_good(expect: dict[str, object]) -> None:
    with http_server(answer) as server:
        found = measured(kind="http", url=server.url, **expect)
    assert (found.outcome, found.reason, found.detail, found.stage) == (Outcome.OK, Reason.NONE, "", "")


@pytest.mark.parametrize(
    ("expect", "reason", "detail"),
    [
        ({"expect_json": {"$.stats.ignored": 1}}, Reason.BODY, "$.stats.ignored is 0, expected 1"),
        ({"expect_json": {"$.stats.ignored": False}}, Reason.BODY, "$.stats.ignored is 0, expected false"),
        ({"expect_json": {"$.stats.ok": 1}}, Reason.BODY, "$.stats.ok is true, expected 1"),
        ({"expect_json": {"$.items": "x"}}, Reason.BODY, '$.items is a list, expected "x"'),
        ({"expect_json": {"$.items[1].id": "x"}}, Reason.BODY, "the answer has no $.items[1].id"),
        ({"expect_text": "all is well"}, Reason.BODY, '"all is well" is not in the answer'),
        ({"expect_headers": {"X-Other": ""}}, Reason.HEADER, "the answer has no header X-Other"),
        (
            {"expect_headers": {"Content-Type": "text/html"}},
            Reason.HEADER,
            '"text/html" is not in the header Content-Type',
        ),
        ({"expect_status": [201]}, Reason.HTTP_STATUS, "answered 200, expected 201"),
    ],
)
def test_a_bad_answer_has_its_reason_and_its_stage(expect: dict[str, object], reason: Reason, detail: str) -> None:
    with http_server(answer) as server:
        found = measured(kind="http", url=server.url, **expect)
    assert (found.outcome, found.reason, found.detail, found.stage) == (Outcome.FAILED, reason, detail, "answer")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 50_000, b"1" * 5000, b'{"a": 1e999999, "a"}', b"{} {}",
        b'{"stats": {"ignored": NaN}}', b'{"stats": {"ignored": ' + b"9" * 4000 + b"}}", b'{"stats": {"ignored": 1e400}}',
        b" " * 300_000 + b'{"stats": {"ignored": 0}}',
    ],
)  # fmt: skip
def test_hostile_json_is_a_bad_body_and_nothing_worse(body: bytes) -> None:
    with http_server(lambda _: (200, body)) as server:
        found = measured(kind="http", url=server.url, expect_json={"$.stats.ignored": 0})
    assert (found.reason, found.stage) == (Reason.BODY, "answer")
    assert len(found.detail) <= 200


@pytest.mark.parametrize("packed", [gzip.compress(b"all is well", mtime=0), gzip.compress(b"\0" * 50_000_000)])
def test_what_is_packed_unasked_is_never_unpacked(packed: bytes) -> None:
    with http_server(lambda _: (200, packed, {"Content-Encoding": "gzip"})) as server:
        found = measured(kind="http", url=server.url, expect_text="all is well")
        [call] = server.calls
    assert "accept-encoding" not in call.headers
    assert found.detail == '"all is well" is not in the answer, which is packed with gzip though nobody asked for it'
    assert len(packed) <= found.bytes_down < len(packed) + 300


@pytest.mark.process
@pytest.mark.parametrize(
    ("pattern", "reason", "detail"),
    [
        ('"version": "[0-9.]+"', Reason.NONE, ""),
        ("^UP$", Reason.BODY, 'the pattern "^UP$" is not in the answer'),
        ('("[a-z]*)*[^a]$', Reason.NONE, ""),
    ],
)
@pytest.mark.timed
def test_a_pattern_decides(pattern: str, reason: Reason, detail: str) -> None:
    with http_server(answer) as server:
        found = measured(kind="http", url=server.url, expect_pattern=pattern)
    assert (found.reason, found.detail) == (reason, detail)


@pytest.mark.process
@pytest.mark.timed
def test_an_evil_pattern_ends_within_the_deadline() -> None:
    with http_server(lambda _: (200, b"a" * 40 + b"!")) as server:
        began = WallClock().monotonic()
        found = measured(kind="http", url=server.url, expect_pattern="(a+)+$", deadline_s=0.6)
        took = WallClock().monotonic() - began
    assert (found.reason, found.stage) == (Reason.BODY, "answer")
    assert found.detail.startswith("the pattern took longer than 0.")
    assert took < 0.8  # the loop and its server were made and ended as well


@pytest.mark.process
def test_only_the_first_64_kib_are_searched() -> None:
    with http_server(lambda _: (200, b"x" * 65_536 + b"needle")) as server:
        found = measured(kind="http", url=server.url, expect_pattern="needle")
    assert found.reason is Reason.BODY


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"expect_pattern": "(a"}, r'"\(a" is no pattern: missing \)'),
        ({"expect_pattern": "a{99999999999}"}, "is no pattern"),
        ({"expect_pattern": "x" * 201}, "at most 200 characters"),
        ({"expect_json": {"status": "UP"}}, r'"status" does not begin with \$'),
        ({"http2": True}, "HTTP/2 is agreed on in the TLS hand-shake"),
        ({"certificate_days": 14}, "an http:// address has no certificate"),
        ({"redirects": {"hosts": ["a.example:x"]}}, '"a.example:x" is no host'),
        (
            {"url": "https://127.0.0.1/", "certificate_days": 1, "reuse_connection": True},
            "an open connection shows no certificate",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused_at_load(more: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_of({"name": "it", "kind": "http", "url": "http://127.0.0.1:1/", **more})
