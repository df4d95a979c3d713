"""POST /api/v1/doses: a token, a key, JSON; the right 4xx with the field for whatever is wrong, and never a 5xx."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashboard.doses.decoding import MAX_BYTES
from dashboard.intake.doses import create_doses_intake
from dashboard.store import agents, figures
from dashboard.store.engine import reading
from probes.clock import SetClock
from tests.dashboard.doses.reading import NOW
from tests.places import example

GOOD = {
    "district": 491, "day": "2021-01-16", "kind": "reported", "value": 10, "as_of": "2021-01-16T13:30:00+05:30", "source": "Sakal",
}  # fmt: skip


class Sender:
    """A sender with a token, talking to the intake."""

    def __init__(self, engine: Engine) -> None:
        app = Flask("doses")
        app.register_blueprint(create_doses_intake(engine, example(), SetClock(NOW.timestamp())))
        self.client: FlaskClient = app.test_client()
        self.engine, self.keys = engine, 0
        with engine.begin() as connection:
            self.token = agents.add(connection, "state", 0)
            self.raigad = agents.add(connection, "raigad", 0)
            agents.bind(connection, "raigad", frozenset({491}))

    def post(self, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
        self.keys += 1
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": f"k{self.keys}",
            "Content-Type": "application/json",
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.post("/api/v1/doses", data=raw, headers={k: v for k, v in sent.items() if v})
        assert answer.status_code < 500
        return answer.status_code, answer.get_json()

    def count(self) -> int:
        with reading(self.engine) as connection:
            return figures.count(connection)


@pytest.fixture
def sender(engine: Engine) -> Sender:
    return Sender(engine)


def body(*changes: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"figures": [GOOD | change for change in changes or ({},)]} | options


def test_it_stores_figures_and_says_what_it_read_into_them(sender: Sender) -> None:
    status, answer = sender.post(
        body({}, {"district": "ठाणे", "value": "१,८२९"}, {"district": 497, "kind": "paper", "value": None})
    )
    assert (status, answer["stored"], answer["not_reported"], sender.count()) == (200, 2, 1, 2)
    assert [(n["field"], n["error"]) for n in answer["notices"]] == [
        ("figures[1].value", '"१,८२९" read as 1,829'),
        ("figures[2].value", "not reported"),
    ]


def test_a_repeated_delivery_gets_the_same_answer_and_stores_nothing(sender: Sender) -> None:
    first = sender.post(body(), Idempotency_Key="evening-1")
    assert sender.post(body(), Idempotency_Key="evening-1") == first
    assert sender.count() == 1
    status, answer = sender.post(body({"value": 11}), Idempotency_Key="evening-1")
    assert (status, answer["field"]) == (409, "Idempotency-Key")
    assert sender.post(body(), Idempotency_Key="evening-2")[1]["known"] == 1


def test_one_delivery_sent_eight_times_at_once_is_stored_once(sender: Sender) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sender.post(body({}, {"district": 497}), Idempotency_Key="rush"), range(8)))
    assert {status for status, _ in answers} == {200}
    assert {answer["stored"] for _, answer in answers} == {2}  # the same answer to all
    assert sender.count() == 2


def test_a_key_belongs_to_its_sender_and_a_refused_delivery_can_be_corrected_under_it(sender: Sender) -> None:
    assert sender.post(body({"value": "x"}), Idempotency_Key="k")[0] == 422
    assert sender.post(body(), Idempotency_Key="k")[0] == 200
    assert (
        sender.post(
            body({"value": 11, "note": "recount"}), Idempotency_Key="k", Authorization=f"Bearer {sender.raigad}"
        )[0]
        == 200
    )


def test_nothing_is_stored_of_a_delivery_with_a_mistake_and_each_item_has_its_verdict(sender: Sender) -> None:
    status, answer = sender.post(body({}, {"value": "1,2,3"}, {"day": "31/02/2021", "district": "Raygad"}))
    assert (status, sender.count()) == (422, 0)
    assert (answer["error"], answer["field"], answer["index"], answer["hint"]) == (
        '"1,2,3" has commas where no number has them', "figures[1].value", 1, "If 123 is meant, write 123",
    )  # fmt: skip
    assert [(f["index"], f["field"]) for f in answer["findings"]] == [
        (1, "figures[1].value"), (2, "figures[2].day"), (2, "figures[2].district"),
    ]  # fmt: skip
    status, answer = sender.post(body({}, {"value": "1,2,3"}, good_rows=True))
    assert (status, answer["stored"], answer["findings_in_all"], sender.count()) == (200, 1, 1, 1)


def test_a_count_that_falls_waits_for_a_word(sender: Sender) -> None:
    sender.post(body())
    lower = {"value": 8, "as_of": "2021-01-16T15:00:00+05:30"}
    status, answer = sender.post(body(lower))
    assert (status, answer["error"]) == (422, "8 is below the 10 of the same source before it")
    assert sender.post(body(lower, confirmed=True))[0] == 200
    assert sender.post(body(lower | {"value": 7, "note": "one entered twice"}))[0] == 200


def test_a_district_may_not_report_for_another(sender: Sender) -> None:
    status, answer = sender.post(body({}, {"district": "Thane"}), Authorization=f"Bearer {sender.raigad}")
    assert (status, answer["field"], sender.count()) == (403, "figures[1].district", 0)
    assert answer["error"] == "this sender may not report for Thane (497)"
    mixed = body({"value": "x"}, {}, {"district": "Thane"}, good_rows=True)
    status, answer = sender.post(mixed, Authorization=f"Bearer {sender.raigad}")
    assert (status, answer["field"], answer["findings_in_all"], sender.count()) == (403, "figures[2].district", 2, 0)
    for place in ("STATE", "mumbai", 482):
        assert sender.post(body({"district": place}), Authorization=f"Bearer {sender.raigad}")[0] == 403


def test_a_district_reports_for_its_sites_and_two_for_what_they_share(sender: Sender) -> None:
    site, shared = body({"district": "491/alibag"}), body({"district": "mumbai"})
    assert sender.post(site, Authorization=f"Bearer {sender.raigad}")[0] == 200
    for districts, status in (({482}, 403), ({482, 483}, 200)):
        with sender.engine.begin() as connection:
            agents.bind(connection, "raigad", frozenset(districts))
        assert sender.post(shared, Authorization=f"Bearer {sender.raigad}")[0] == status


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [
        ({"Authorization": ""}, 401, "Authorization"), ({"Authorization": "Bearer wrong"}, 401, "Authorization"),
        ({"Authorization": "Basic abc"}, 401, "Authorization"), ({"Idempotency_Key": ""}, 400, "Idempotency-Key"),
        ({"Idempotency_Key": "x" * 201}, 400, "Idempotency-Key"), ({"Idempotency_Key": "a b"}, 400, "Idempotency-Key"),
        ({"Content_Type": "text/csv"}, 415, "Content-Type"), ({"Content_Type": ""}, 415, "Content-Type"),
        ({"Content_Encoding": "gzip"}, 415, "Content-Encoding"),
    ],
)  # fmt: skip
def test_a_request_without_what_it_needs_is_refused(
    sender: Sender, headers: dict[str, str], status: int, field: str
) -> None:
    got, answer = sender.post(body(), **headers)
    assert (got, answer["field"], sender.count()) == (status, field, 0)
    assert answer["hint"]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", "the body is not JSON: Expecting value at line 1, column 1"),
        (b"{", "the body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        (b"\xff\xfe", "byte 1 is not UTF-8"),
        (b"[]", 'the body has no list "figures"'),
        (b"null", 'the body has no list "figures"'),
        (b'{"figures": {}}', 'the body has no list "figures"'),
        (b'{"figures": []}', "the list has 0 figures; 1 to 50000 are taken at once"),
        (b'{"figures": [{}], "figures": []}', 'key "figures" stands twice in one object'),
        (b'{"figures": [{"value": 1, "value": 2}]}', 'key "value" stands twice in one object'),
        (b'{"figures": [{"value": NaN}]}', "NaN is not JSON"),
        (b'{"figures": [{"value": -Infinity}]}', "-Infinity is not JSON"),
        (b'{"figures": [{}], "colour": 1}', 'there is no field "colour"'),
        (b'{"figures": [{}], "confirmed": "yes"}', '"yes" is not true or false'),
        (b'{"figures": [{}], "\\ud800": 1}', 'there is no field "\\xd800"'),
        (b'{"\\ud800": 1, "\\ud800": 2}', 'key "\\xd800" stands twice in one object'),
        (b"[" * 100_000, "the body is not JSON: it is nested too deeply"),
        (b'{"figures": [{"value": ' + b"9" * 5000 + b"}]}", "the body is not JSON: a number has too many digits"),
        (b'{"figures": [' + b"1," * 50_000 + b"1]}", "the list has 50001 figures; 1 to 50000 are taken at once"),
    ],
    ids=range(18),
)
def test_a_body_that_is_no_list_of_figures_is_a_400(sender: Sender, raw: bytes, error: str) -> None:
    status, answer = sender.post(raw)
    assert (status, answer["error"]) == (400, error)
    assert answer["hint"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"value": True}, '"True" is not a whole number or a text'), ({"value": 1.5}, '"1.5" is not a whole number'),
        ({"value": 10**400}, '"1000000000000000000000000000000" is over 1,000,000,000'), ({"value": -1}, '"-1" is negative'),
        ({"value": []}, '"[]" is not a whole number or a text'), ({"value": 1e300}, '"1e+300" is not a whole number'),
        ({"value": "1_000"}, '"1_000" is not a whole number'), ({"district": None}, '"None" is not a whole number or a text'),
        ({"district": 491.0}, '"491.0" is not a whole number or a text'), ({"day": 20210116}, '"20210116" is not a text'),
        ({"day": None}, '"None" is not a text'), ({"as_of": "2099-01-16T10:00Z"}, '"2099-01-16T10:00Z" is in the future'),
        ({"as_of": 1610798400}, '"1610798400" is not a text'), ({"kind": "doses"}, '"doses" is not a kind'),
        ({"source": "a\x00b"}, "the source holds the control character U+0000"), ({"colour": "red"}, 'there is no field "colour"'),
        ({"note": "\ud800"}, "the note holds the control character U+D800"),
        ({"note": "x" * 501}, "the note has 501 characters; 500 are allowed"),
        ({"status": "done"}, '"done" is not a status'), ({"district": "x" * 300}, f'"{"x" * 60}"… is not a district of Maharashtra'),
    ],
    ids=range(20),
)  # fmt: skip
def test_an_item_that_is_wrong_is_a_422_with_its_field(sender: Sender, change: dict[str, Any], error: str) -> None:
    status, answer = sender.post(body({}, change))
    assert (status, answer["error"], answer["index"]) == (422, error, 1)
    assert answer["field"] == f"figures[1].{next(iter(change))}"
    assert answer["hint"]
    assert sender.count() == 0


@pytest.mark.parametrize("field", ["district", "day", "kind", "value", "as_of", "source"])
def test_a_field_that_is_missing_is_named(sender: Sender, field: str) -> None:
    item = {key: value for key, value in GOOD.items() if key != field}
    status, answer = sender.post({"figures": [item]})
    assert (status, answer["error"], answer["field"]) == (422, f"the field {field} is missing", f"figures[0].{field}")


def test_a_whole_fraction_is_taken_and_said(sender: Sender) -> None:
    status, answer = sender.post(body({"value": 12.0}))
    assert (status, answer["notices"][0]["error"]) == (200, '"12.0" read as the whole number 12')


def test_a_body_over_the_limit_is_a_413_and_another_method_a_405(sender: Sender) -> None:
    assert sender.post(b"x" * (MAX_BYTES + 1))[0] == 413
    assert sender.client.get("/api/v1/doses").status_code == 405


def test_a_total_row_is_checked_and_not_stored(sender: Sender) -> None:
    status, answer = sender.post(body({}, {"district": "Total", "value": 12}))
    assert (status, answer["stored"]) == (200, 1)
    assert "the total row says 12: 2 less" in answer["sums"][0]


def test_no_body_by_chance_is_a_500(sender: Sender) -> None:
    chance = random.Random(16)
    good = json.dumps(body({}, {"district": "Total"})).encode()
    for _ in range(300):
        raw = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            raw[chance.randrange(len(raw))] = chance.choice(b'{}[]",:0123456789\x00\xffe-u\\')
        status, answer = sender.post(bytes(raw))
        assert status in (200, 400, 422)
        assert status == 200 or {"error", "field", "hint"} <= answer.keys()


def test_a_name_that_cannot_be_shown_is_answered_all_the_same(sender: Sender) -> None:
    status, answer = sender.post(b'{"figures": [{"\\ud800\\n": 1}]}')
    assert (status, answer["error"], answer["field"]) == (422, 'there is no field "\\xd800\\x0a"', "figures[0]")
    assert sender.post({"figures": [{}], "a\nb" * 1000: 1})[1]["field"] == "ab" * 20
