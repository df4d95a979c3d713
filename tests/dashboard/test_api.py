"""The machine-readable side: health, readiness, metrics, districts and incidents."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from dashboard import metrics
from dashboard.store import figures
from dashboard.web.api import create_api, readiness
from tests.dashboard.test_watch import Room, slow_in
from tests.places import EXAMPLE, THANE, at, example


@pytest.fixture
def room(engine: Engine) -> Room:
    return Room(engine)


@pytest.fixture
def client(room: Room) -> FlaskClient:
    app = Flask("api")
    app.register_blueprint(create_api(room.engine, room.settings, room.clock))
    return app.test_client()


def scraped(client: FlaskClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").get_data(as_text=True))
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_the_process_is_healthy_but_not_ready_before_the_watch_has_judged(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["ready"]) == (503, False)


def test_it_is_ready_while_the_watch_judges_and_no_longer_when_that_stops(client: FlaskClient, room: Room) -> None:
    room.run(30)
    assert client.get("/readyz").get_json() == {
        "ready": True,
        "store": "writable",
        "watch_age_s": 0.0,
        "newest_sample_age_s": 15.0,
    }
    room.clock.at += 100
    assert client.get("/readyz").status_code == 503


def test_it_is_not_ready_without_a_store(room: Room) -> None:
    with room.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE job")
    report = readiness(room.engine, room.settings, at("12:00"))
    assert (report["ready"], report["store"]) == (False, "no such table: job")


def test_metrics_tell_states_incidents_doses_and_ages(client: FlaskClient, room: Room) -> None:
    with room.engine.begin() as connection:
        figures.append(connection, list(example().figures), example().zone, 1)
    room.learn()
    room.run(90, slow_in(THANE))
    told = scraped(client)
    assert told["tikawatch_district_state", str(THANE), "slow"] == 1
    assert told["tikawatch_district_state", str(THANE), "ok"] == 0
    assert (told["tikawatch_incidents_open", "slowdown"], told["tikawatch_incidents_open", "outage"]) == (1, 0)
    assert [told["tikawatch_doses", kind] for kind in ("target", "reported", "recorded")] == [28_500, 18_338, 5_726]
    assert told["tikawatch_newest_sample_age_seconds",] == 15
    assert told["tikawatch_ingest_lag_seconds",] == 0
    assert told["tikawatch_outbox_oldest_due_seconds",] == 0


def test_an_empty_store_can_be_scraped(client: FlaskClient) -> None:
    assert ("tikawatch_newest_sample_age_seconds",) not in scraped(client)


def test_every_metric_stands_in_the_docs_and_no_other() -> None:
    page = (EXAMPLE.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = page.partition("## Control room")[2]
    assert {metric.name for metric in metrics.TABLE.values()} == set(re.findall(r"`(tikawatch_[a-z_]+)`", rows))


def test_what_is_not_there_is_said_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.get_json()["error"]) == (404, "there is no v1/nothing to ask so")


def test_districts_and_incidents_are_listed(client: FlaskClient, room: Room) -> None:
    answer: Any = client.get("/api/v1/districts").get_json()
    assert {row["state"] for row in answer["districts"]} == {"no data"}
    assert client.get("/api/v1/incidents").get_json() == {"incidents": []}
    room.learn()
    room.run(90, slow_in(THANE))
    thane = next(row for row in client.get("/api/v1/districts").get_json()["districts"] if row["code"] == THANE)
    assert (thane["state"], thane["name"]) == ("slow", "Thane")
    (incident,) = client.get("/api/v1/incidents").get_json()["incidents"]
    assert (incident["kind"], incident["status"], incident["districts"]) == ("slowdown", "open", [THANE])
    assert [step["what"] for step in incident["history"]] == ["opened"]
