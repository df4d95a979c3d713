"""/api/v1/decisions over HTTP: taken once, refused with where, what and what to do, never a 5xx."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind
from dashboard.web.api import create_api
from dashboard.web.gate import add_gate
from tests.builders import Scene, example_settings
from tests.places import DHULE, PUNE, RAIGAD

GOOD: dict[str, Any] = {
    "what": "paper", "districts": [DHULE, RAIGAD], "who": "Dr. A. Deshmukh", "why": "uploads fail", "incident_id": 2, "form": "a1",
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Dhule cannot upload, Raigad has lost its line; an incident each, and an older one."""
    made = Scene(tmp_path / "t.db", example_settings())
    with made.at_once():
        made.watch()
        made.flip("Dhule", "12:05", DistrictState.DOWN)
        made.flip("Raigad", "13:12", DistrictState.OWN_LINE)
        made.incident(IncidentKind.SLOWDOWN, ["Pune"], "11:40", "Registry slow in Pune since 11:40.")
        made.incident(IncidentKind.OUTAGE, ["Dhule"], "12:05", "Every upload fails in Dhule since 12:05.")
    return made


@pytest.fixture
def client(scene: Scene) -> FlaskClient:
    app = Flask("api")
    add_gate(app)
    app.register_blueprint(create_api(scene.engine, scene.settings, scene.clock))
    return app.test_client()


def post(client: FlaskClient, **changed: Any) -> TestResponse:
    return client.post(
        "/api/v1/decisions", json={key: value for key, value in (GOOD | changed).items() if value is not ...}
    )


def listed(client: FlaskClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/v1/decisions{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_decision_is_taken_with_its_evidence_from_the_server(client: FlaskClient, scene: Scene) -> None:
    answer = post(client)
    assert (answer.status_code, answer.get_json()["decision_id"], answer.get_json()["taken_ms"]) == (
        201,
        1,
        scene.now_ms,
    )
    found = listed(client)
    (one,) = found["decisions"]
    assert (one["what"], one["districts"], one["who"], one["why"], one["incident_id"], one["confirmed"]) == (
        "paper", [DHULE, RAIGAD], "Dr. A. Deshmukh", "uploads fail", 2, [],
    )  # fmt: skip
    assert one["evidence"]["incident"]["sentence"] == "Every upload fails in Dhule since 12:05."
    assert [state["state"] for state in one["evidence"]["states"]] == ["down", "own line"]
    assert one["evidence"]["suggestion"] is None
    assert {row["district"]: row["what"] for row in found["standing"]} == {DHULE: "paper", RAIGAD: "paper"}


def test_the_same_form_sent_twice_is_one_decision(client: FlaskClient) -> None:
    assert [post(client).status_code, post(client).status_code] == [201, 200]
    assert len(listed(client)["decisions"]) == 1
    other = post(client, districts=[PUNE])
    assert (other.status_code, other.get_json()["field"]) == (409, "form")


def test_the_whole_state_is_all_its_districts(client: FlaskClient, scene: Scene) -> None:
    assert len(post(client, districts="STATE", what="suspend").get_json()["districts"]) == len(scene.settings.districts)


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        ({"what": "wait"}, "what", 'there is no decision "wait"'),
        ({"what": ...}, "what", "what was decided is missing"),
        ({"what": ["paper"]}, "what", "there is no decision \"['paper']\""),
        ({"districts": []}, "districts", "no district is chosen"),
        ({"districts": ...}, "districts", "no district is chosen"),
        ({"districts": "Dhule"}, "districts", "no district is chosen"),
        ({"districts": [DHULE, 999]}, "districts", "there is no district 999"),
        ({"districts": ["474"]}, "districts", "there is no district 474"),
        ({"districts": [True]}, "districts", "there is no district True"),
        ({"districts": [{}]}, "districts", "there is no district {}"),
        ({"who": " \t"}, "who", "the name of who decides is missing"),
        ({"who": 7}, "who", "the name of who decides is missing"),
        ({"who": "x" * 121}, "who", "the name of who decides has 121 characters"),
        ({"why": ""}, "why", "the reason is missing"),
        ({"why": "x" * 1001}, "why", "the reason has 1001 characters"),
        ({"why": "a\x00b"}, "why", "the reason has characters that cannot be shown"),
        ({"incident_id": 77}, "incident_id", "there is no incident 77"),
        ({"incident_id": True}, "incident_id", "there is no incident True"),
        ({"incident_id": 10**30}, "incident_id", "there is no incident 1e+30"),
        ({"form": ...}, "form", "the form has no number of its own"),
        ({"form": "मी"}, "form", "the form has no number of its own"),
        ({"evidence": {}}, "evidence", "there is no key evidence"),
    ],
)
def test_a_mistake_is_named_by_its_field(client: FlaskClient, changed: dict[str, Any], field: str, error: str) -> None:
    answer = post(client, **changed)
    told = answer.get_json()
    assert (answer.status_code, told["field"], told["error"], bool(told["hint"])) == (422, field, error, True)
    assert listed(client)["decisions"] == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"{", "application/json", 400), (b"[1]", "application/json", 400), (b"what=paper", "application/x-www-form-urlencoded", 415),
     (b'"' + b"x" * 70_000 + b'"', "application/json", 400), (b'{"why": "\xff"}', "application/json", 400),
     (rb'{"why": "\ud800"}', "application/json", 400)],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(client: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    answer = client.post("/api/v1/decisions", data=body, content_type=content_type)
    assert (answer.status_code, set(answer.get_json())) == (status, {"error", "field", "hint"})


def test_a_page_of_another_site_cannot_decide(client: FlaskClient) -> None:
    answer = client.post("/api/v1/decisions", json=GOOD, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert listed(client)["decisions"] == []


def test_what_does_not_fit_what_stands_is_a_conflict(client: FlaskClient) -> None:
    post(client)
    again = post(client, form="a2")
    assert (again.status_code, again.get_json()["error"]) == (409, "Dhule, Raigad: already on paper")
    early = post(client, form="a3", what="back_entry_done")
    assert early.get_json()["error"] == "Dhule, Raigad: still on paper: resume first"
    assert post(client, form="a4", what="resume", districts=[PUNE]).status_code == 409


def test_paper_resume_and_back_entry_follow_each_other(client: FlaskClient, scene: Scene) -> None:
    for number, what in enumerate(("paper", "resume", "back_entry_done")):
        scene.clock.at += 60
        assert post(client, form=f"f{number}", what=what).status_code == 201
    assert listed(client)["standing"] == []


def test_officers_confirm_one_by_one(client: FlaskClient) -> None:
    post(client)
    send = "/api/v1/decisions/1/confirmations"
    said = client.post(send, json={"district": DHULE, "who": "DIO Dhule"})
    assert (said.status_code, [word["who"] for word in said.get_json()["confirmed"]]) == (201, ["DIO Dhule"])
    assert client.post(send, json={"district": DHULE, "who": "DIO Dhule"}).status_code == 201
    assert client.post(send, json={"district": DHULE, "who": "another"}).get_json()["error"] == (
        "Dhule was confirmed before, by DIO Dhule"
    )
    assert client.post(send, json={"district": PUNE, "who": "DIO Pune"}).get_json()["error"] == (
        "there is no decision 1 for Pune"
    )
    assert client.post(send, json={"district": 5, "who": "x"}).status_code == 422
    assert client.post(send, json={"district": DHULE, "who": ""}).get_json()["field"] == "who"
    huge = client.post(f"/api/v1/decisions/{10**30}/confirmations", json={"district": DHULE, "who": "x"})
    assert huge.status_code in (404, 409, 422)


def test_decisions_are_asked_for_by_their_day(client: FlaskClient) -> None:
    post(client)
    assert len(listed(client, "?day=2021-01-16")["decisions"]) == 1
    assert listed(client, "?day=2021-01-15")["decisions"] == []
    for wrong in ("yesterday", "2021-13-01", "0001-01-01", "9999-12-31", "20210116", ""):
        answer = client.get(f"/api/v1/decisions?day={wrong}")
        assert (answer.status_code, answer.get_json()["field"]) == (400, "day")


def test_what_is_suggested_is_told_and_kept_as_evidence(client: FlaskClient, scene: Scene) -> None:
    with scene.at_once():
        for district in scene.settings.districts:
            scene.flip(district.name, "16:05", DistrictState.DOWN)
    (one,) = listed(client)["suggestions"]
    assert (one["what"], len(one["districts"])) == ("paper", 36)
    post(client)
    assert listed(client)["decisions"][0]["evidence"]["suggestion"] == one["why"]


def test_standing_decisions_are_a_metric(client: FlaskClient) -> None:
    post(client)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'tikawatch_decisions_standing{what="paper"} 2.0' in text
    assert 'tikawatch_decisions_standing{what="suspend"} 0.0' in text
    assert 'tikawatch_decisions_standing{what="back_entry"} 2.0' in text
