"""The intake over HTTP: tokens, gzip, and a clear 4xx for whatever is wrong."""

import gzip
import json
import random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from dashboard.intake import MAX_BYTES, create_intake
from dashboard.store import agents
from dashboard.store.engine import reading
from dashboard.store.schema import sample
from probes.clock import SetClock
from tests.places import RAIGAD, THANE, at
from tests.samples import a_batch, a_sample

NOON = at("12:00")


class Agent:
    """An agent with a token, talking to the intake."""

    def __init__(self, engine: Engine) -> None:
        app = Flask("intake")
        app.register_blueprint(create_intake(engine, SetClock(NOON), frozenset({THANE, RAIGAD})))
        self.client: FlaskClient = app.test_client()
        with engine.begin() as connection:
            self.token = agents.add(connection, "control-room", 0)

    def post(self, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        answer = self.client.post("/api/v1/samples", data=body, headers=sent)
        return answer.status_code, answer.get_json()


@pytest.fixture
def agent(engine: Engine) -> Agent:
    return Agent(engine)


GOOD = a_batch([a_sample(1, THANE, NOON - 3), a_sample(2, RAIGAD, NOON - 2)]).model_dump_json().encode()


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(GOOD) | fields).encode()


def with_sample(**fields: Any) -> bytes:
    batch = json.loads(GOOD)
    batch["samples"][1] |= fields
    return json.dumps(batch).encode()


def test_it_stores_a_batch_plain_or_gzipped_and_says_what_it_stored(agent: Agent, engine: Engine) -> None:
    assert agent.post(GOOD) == (200, {"stored": 2, "doubled": 0})
    assert agent.post(gzip.compress(GOOD), Content_Encoding="gzip") == (200, {"stored": 0, "doubled": 2})
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(sample)).scalar() == 2


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc"])
def test_without_a_valid_token_nothing_is_taken(agent: Agent, header: str) -> None:
    status, answer = agent.post(GOOD, Authorization=header)
    assert (status, answer["field"]) == (401, "Authorization")
    assert "tikawatch agent add" in answer["hint"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, ""),
        (b"{", 422, ""),
        (b"[]", 422, ""),
        (changed(contract=2), 422, "contract"),
        (changed(extra=1), 422, "extra"),
        (changed(boot="xyz"), 422, "boot"),
        (changed(agent="somebody-else"), 403, "agent"),
        (with_sample(district=1), 422, "samples.1.district"),
        (with_sample(district="Raigad"), 422, "samples.1.district"),
        (with_sample(outcome="fine"), 422, "samples.1.outcome"),
        (with_sample(status=99), 422, "samples.1.status"),
        (with_sample(phases={"total": -1}), 422, "samples.1.phases.total"),
        (with_sample(phases={"total": 1e12}), 422, "samples.1.phases.total"),
        (with_sample(started=-1), 422, "samples.1.started"),
        (with_sample(detail="x" * 201), 422, "samples.1.detail"),
        (changed(samples=[json.loads(GOOD)["samples"][0]] * 1001), 422, "samples"),
    ],
)
def test_a_bad_batch_gets_the_right_answer_with_the_field_and_nothing_is_stored(
    agent: Agent, engine: Engine, body: bytes, status: int, field: str
) -> None:
    got, answer = agent.post(body)
    assert (got, answer["field"]) == (status, field)
    assert answer["error"]
    assert answer["hint"]
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(sample)).scalar() == 0


def test_what_is_not_gzip_or_too_long_is_refused_without_being_unpacked(agent: Agent) -> None:
    assert agent.post(b"plain", Content_Encoding="gzip")[0] == 400
    broken = bytearray(gzip.compress(GOOD))
    broken[15] ^= 0xFF
    assert agent.post(bytes(broken), Content_Encoding="gzip")[0] == 400
    assert agent.post(b" " * (MAX_BYTES + 1))[0] == 413
    assert agent.post(random.Random(1).randbytes(MAX_BYTES + 1), Content_Encoding="gzip")[0] == 413
    assert agent.post(gzip.compress(b" " * (MAX_BYTES * 50)), Content_Encoding="gzip")[0] == 413


def test_a_revoked_agent_is_out(agent: Agent, engine: Engine) -> None:
    with engine.begin() as connection:
        agents.revoke(connection, "control-room", 1)
    assert agent.post(GOOD)[0] == 401


def test_a_bound_token_sends_samples_of_its_districts_alone(agent: Agent, engine: Engine) -> None:
    with engine.begin() as connection:
        agents.bind(connection, "control-room", frozenset({THANE}))
    status, answer = agent.post(GOOD)
    assert (status, answer["field"]) == (422, "samples.1.district")
    assert answer["error"] == f"district {RAIGAD} is not in this token's list"
    assert answer["hint"].endswith("bind its token anew: tikawatch agent add control-room --districts CODES")
    assert agent.post(with_sample(district=THANE))[0] == 200
    with engine.begin() as connection:
        agents.bind(connection, "control-room", None)
    assert agent.post(GOOD) == (200, {"stored": 0, "doubled": 2})


def test_a_store_that_takes_no_writes_gets_the_agent_to_keep_its_samples(agent: Agent, engine: Engine) -> None:
    with engine.connect() as other:  # BEGIN IMMEDIATE: holds the only writer's place
        other.exec_driver_sql("SELECT 1")
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
        status, answer = _impatient(agent, engine)
    assert (status, answer["hint"]) == (503, "Send the batch again later")
    assert agent.post(GOOD)[0] == 200


def _impatient(agent: Agent, engine: Engine) -> tuple[int, dict[str, Any]]:
    from sqlalchemy import event

    def hurry(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(engine, "checkout", hurry)
    try:
        return agent.post(GOOD)
    finally:
        event.remove(engine, "checkout", hurry)
