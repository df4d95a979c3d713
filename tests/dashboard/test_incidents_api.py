"""/api/v1/incidents and /api/v1/maintenance over HTTP: steps by hand, refused with where, what and what to do, never a 5xx."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.store.schema import incident, notice
from dashboard.web.api import create_api
from dashboard.web.gate import add_gate
from tests.builders import Scene, example_settings
from tests.places import DHULE, PUNE, RAIGAD, THANE

BY: dict[str, Any] = {"who": "Asha, State Immunisation Officer"}
OPENING: dict[str, Any] = BY | {
    "kind": "local", "districts": [THANE], "since": "2021-01-16T16:10:00+05:30", "why": "the DIO rang: a cable is cut", "form": "o1",
}  # fmt: skip
WINDOW: dict[str, Any] = BY | {
    "districts": [RAIGAD], "begins": "2021-01-16T16:30:00+05:30", "ends": "2021-01-16T18:00:00+05:30", "why": "new line", "form": "m1",
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """1: slow in Pune and Dhule, 2: Raigad's line; both open; 3: over since 15:00 and recovering."""
    made = Scene(tmp_path / "t.db", example_settings())
    with made.at_once():
        made.watch()
        made.incident(IncidentKind.SLOWDOWN, ["Pune", "Dhule"], "11:40", "Registry slow in Dhule and Pune since 11:40.")
        made.incident(IncidentKind.LOCAL, ["Raigad"], "13:12", "Raigad has lost its own line since 13:12.", told=(2, 3))
        made.incident(
            IncidentKind.OUTAGE, ["Latur"], "14:00", "Latur was down.", resolved="15:00", scope=Scope.DISTRICT
        )
    return made


@pytest.fixture
def client(scene: Scene) -> FlaskClient:
    app = Flask("api")
    add_gate(app)
    app.register_blueprint(create_api(scene.engine, scene.settings, scene.clock))
    return app.test_client()


def post(client: FlaskClient, path: str, **body: Any) -> TestResponse:
    return client.post(f"/api/v1/{path}", json=BY | body)


def one(client: FlaskClient, number: int) -> dict[str, Any]:
    answer = client.get(f"/api/v1/incidents/{number}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_one_incident_is_told_with_all_that_is_known_of_it(client: FlaskClient) -> None:
    found = one(client, 2)
    assert (found["phase"], found["kind"], found["districts"], found["severity"]) == (
        "open",
        "local",
        [RAIGAD],
        "major",
    )
    assert [(step["what"], step["districts"]) for step in found["history"]] == [("opened", [RAIGAD])]
    assert [mail["state"] for mail in found["mails"]] == ["accepted", "accepted", "due"]
    assert (found["recovery"], found["doses"], found["taken_in"]) == (None, None, [])
    recovering = one(client, 3)
    assert recovering["phase"] == "recovering"
    assert recovering["recovery"] == {"left": None, "sentence": "No counts of the registry are known here"}
    assert [client.get(f"/api/v1/incidents/{number}").status_code for number in (77, 2**53, 2**64)] == [404, 404, 404]


def test_every_step_is_taken_and_stands_in_the_timeline(client: FlaskClient) -> None:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("acknowledge", {"owner": "Bela"}), ("assign", {"owner": "Chitra"}), ("note", {"text": "Rang twice", "form": "n1"}),
        ("severity", {"severity": "critical"}), ("snooze", {"until": "2021-01-16T17:00:00+05:30"}), ("snooze", {"until": None}),
        ("split", {"districts": [DHULE]}), ("merge", {"others": [2]}), ("close", {"why": "works again"}),
    ]  # fmt: skip
    for name, body in steps:
        answer = post(client, f"incidents/1/{name}", **body)
        assert answer.status_code == 201, answer.get_json()
    assert answer.get_json() == {"incident_id": 1, "step": 10}
    found = one(client, 1)
    assert [step["what"] for step in found["history"]] == [
        "opened", "acknowledged", "assigned", "noted", "graded", "snoozed", "woken", "split", "merged", "resolved",
    ]  # fmt: skip
    assert (found["phase"], found["owner"], found["taken_in"], found["districts"]) == (
        "closed",
        "Chitra",
        [2],
        [PUNE, RAIGAD],
    )
    assert one(client, 4)["districts"] == [DHULE]
    assert one(client, 2)["merged_into"] == 1


def test_an_incident_is_opened_by_hand_once_with_its_mails(client: FlaskClient, scene: Scene) -> None:
    answers = [client.post("/api/v1/incidents", json=OPENING) for _ in range(2)]
    assert [(a.status_code, a.get_json()) for a in answers] == [
        (201, {"incident_id": 4, "step": 1}), (200, {"incident_id": 4, "step": 1}),
    ]  # fmt: skip
    with scene.engine.connect() as connection:
        owed = connection.execute(select(notice.c.address).where(notice.c.incident_id == 4)).scalars().all()
    assert sorted(owed) == ["control-room@example.org", "dio.thane@example.org"]
    assert one(client, 4)["sentence"] == "Own line lost in Thane since 16:10: the DIO rang: a cable is cut"


@pytest.mark.parametrize(
    ("path", "body", "status", "field", "error"),
    [
        ("incidents/1/note", {"text": ""}, 422, "text", "text cannot be taken: string should have at least 1 character"),
        ("incidents/1/note", {"text": "a\x07b", "form": "x"}, 422, "text", "text cannot be taken: it has characters that cannot be shown"),
        ("incidents/1/note", {"text": "x" * 2001, "form": "x"}, 422, "text", "text cannot be taken: string should have at most 2000"),
        ("incidents/1/note", {"text": "x"}, 422, "form", "form is missing"),
        ("incidents/1/note", {"text": "x", "form": "मी"}, 422, "form", "form cannot be taken: string should match pattern"),
        ("incidents/1/note", {"text": "x", "form": "y", "colour": 1}, 422, "colour", "there is no key colour"),
        ("incidents/1/note", {"who": " ", "text": "x", "form": "y"}, 422, "who", "who cannot be taken: string should have at least 1"),
        ("incidents/99999999999999999999/close", {"why": "x"}, 404, "incident_id", "there is no incident 99999999999999999999"),
        ("maintenance/99999999999999999999/end", {}, 404, "maintenance_id", "there is no window 99999999999999999999"),
        ("incidents/77/note", {"text": "x", "form": "y"}, 404, "incident_id", "there is no incident 77"),
        ("incidents/1/severity", {"severity": "huge"}, 422, "severity", "severity cannot be taken: should be 'minor', 'major'"),
        ("incidents/1/severity", {"severity": "minor", "step": 9}, 409, "step", "incident 1 has moved on: its newest step is 1, not 9"),
        ("incidents/1/snooze", {"until": "2021-01-16T17:00:00"}, 422, "until", "until cannot be taken: should have timezone info"),
        ("incidents/1/snooze", {"until": "2021-01-18T17:00:00+05:30"}, 422, "until", "a snooze ends within the next 24 hours"),
        ("incidents/1/merge", {"others": []}, 422, "others", "others cannot be taken: list should have at least 1 item"),
        ("incidents/1/merge", {"others": [True]}, 422, "others", "others cannot be taken: a whole number is wanted"),
        ("incidents/1/merge", {"others": [99]}, 404, "incident_id", "there is no incident 99"),
        ("incidents/1/split", {"districts": [PUNE, DHULE]}, 422, "districts", "some of its districts, and not all of them, must be named"),
        ("incidents/3/acknowledge", {}, 409, "incident_id", "incident 3 is over"),
        ("incidents", OPENING | {"districts": [999]}, 422, "districts", "there is no district 999"),
        ("incidents", OPENING | {"districts": [PUNE], "kind": "outage"}, 409, "districts", "Pune stands in incident 1 already"),
        ("incidents", OPENING | {"since": "2021-01-16T18:00:00+05:30"}, 422, "since", "it began after now, or over 30 days ago"),
        ("maintenance", WINDOW | {"ends": "2021-01-16T16:00:00+05:30"}, 422, "ends", "the window does not end after it begins"),
        ("maintenance", WINDOW | {"ends": "2021-02-16T16:00:00+05:30"}, 422, "ends", "the window does not end after it begins"),
        ("maintenance/9/end", {}, 404, "maintenance_id", "there is no window 9"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_field(
    client: FlaskClient, path: str, body: dict[str, Any], status: int, field: str, error: str
) -> None:
    answer = post(client, path, **body)
    told = answer.get_json()
    assert (answer.status_code, told["field"]) == (status, field)
    assert told["error"].startswith(error)
    assert told["hint"]
    assert len(one(client, 1)["history"]) == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400), (b"[1]", "application/json", 400), (b"{}", "text/plain", 415),
        (b" " * 70_000, "application/json", 400),
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_said(client: FlaskClient, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/incidents/1/close", data=body, content_type=kind)
    assert (answer.status_code, bool(answer.get_json()["hint"])) == (status, True)


def test_a_store_that_takes_no_writes_is_said(client: FlaskClient, scene: Scene) -> None:
    _read_only(scene.engine)
    answer = post(client, "incidents/1/close", why="over")
    assert (answer.status_code, answer.get_json()["hint"]) == (503, "Send it again")


def test_a_window_is_made_once_listed_and_ended_early(client: FlaskClient, scene: Scene) -> None:
    answers = [client.post("/api/v1/maintenance", json=WINDOW) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].get_json()["begins_ms"] == scene.now_ms  # what has passed means now
    assert client.post("/api/v1/maintenance", json=WINDOW | {"why": "other"}).status_code == 409
    assert post(client, "maintenance/1/end").status_code == 201
    assert post(client, "maintenance/1/end").status_code == 409
    (window,) = client.get("/api/v1/maintenance").get_json()["windows"]
    assert (window["districts"], window["ended_by"], window["ended_ms"]) == ([RAIGAD], BY["who"], scene.now_ms)


def test_another_site_s_page_changes_nothing(client: FlaskClient, scene: Scene) -> None:
    sent = {"json": BY | {"why": "over"}, "headers": {"Sec-Fetch-Site": "cross-site"}}
    assert client.post("/api/v1/incidents/1/close", **sent).status_code == 403  # type: ignore[arg-type]
    with scene.engine.connect() as connection:
        assert connection.execute(select(incident.c.status).where(incident.c.incident_id == 1)).scalar() == "open"


def _read_only(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
        connection.rollback()
