"""Plain HTTP beside the pages: /healthz, /readyz, /metrics and the reading half of /api/v1. Errors are JSON: error, field, hint."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from dashboard.detection.states import DistrictState
from dashboard.metrics import StoreCollector
from dashboard.notices import outbox
from dashboard.queries.incident_doses import DosesOfIncidents
from dashboard.queries.incidents import PHASE
from dashboard.settings import ControlRoomFile
from dashboard.store import flips, jobs
from dashboard.store.engine import reading
from dashboard.store.schema import incident, incident_district, incident_step, sample
from dashboard.web.openapi import add_openapi
from dashboard.web.pages.decisions.api import add_decisions
from dashboard.web.pages.incidents.api import add_incidents
from dashboard.web.pages.incidents.desk import Desk, Tell
from probes.clock import Clock

# the watch is alive when it judged within so many of its own steps
_MISSED_STEPS = 6
_NEWEST = 200


def create_api(engine: Engine, settings: ControlRoomFile, clock: Clock, tell: Tell = outbox.enqueue) -> Blueprint:
    """Answers for machines; decisions and steps of incidents can be written here, and only from this machine."""
    blueprint = Blueprint("api", __name__)
    doses_of = DosesOfIncidents(settings)
    registry = CollectorRegistry()
    registry.register(StoreCollector(engine, settings, clock))

    @blueprint.get("/healthz")
    def health() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @blueprint.get("/readyz")
    def ready() -> Response:
        report = readiness(engine, settings, clock.now())
        return _json(report, HTTPStatus.OK if report["ready"] else HTTPStatus.SERVICE_UNAVAILABLE)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @blueprint.get("/api/v1/districts")
    def districts() -> Response:
        return _json({"districts": district_rows(engine, settings)})

    @blueprint.get("/api/v1/incidents")
    def incidents() -> Response:
        return _json({"incidents": incident_rows(engine, doses_of, clock.now())})

    add_decisions(blueprint, engine, settings, clock)
    add_incidents(blueprint, Desk(engine, settings, clock, tell))
    add_openapi(blueprint)

    @blueprint.route("/api/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def nothing(path: str) -> Response:
        hint = "GET /api/v1/openapi.json lists what there is"
        return _json({"error": f"there is no {path[:60]} to ask so", "field": "", "hint": hint}, HTTPStatus.NOT_FOUND)

    return blueprint


def readiness(engine: Engine, settings: ControlRoomFile, now: float) -> dict[str, Any]:
    """Whether the store takes writes and the watch is alive, and how old the newest sample is (seconds)."""
    try:
        with engine.connect() as connection:  # BEGIN IMMEDIATE: fails when the store is not writable
            ran_ms = jobs.ran_at(connection, jobs.WATCH)
            received_ms = connection.execute(
                select(sample.c.received_ms).order_by(sample.c.sample_id.desc()).limit(1)
            ).scalar()
            connection.rollback()
    except DBAPIError as problem:
        return {"ready": False, "store": str(problem.orig), "watch_age_s": None, "newest_sample_age_s": None}
    watch_age = None if ran_ms is None else round(now - ran_ms / 1000, 1)
    alive = watch_age is not None and abs(watch_age) <= max(15.0, _MISSED_STEPS * settings.dashboard.step_s)
    sample_age = None if received_ms is None else round(now - received_ms / 1000, 1)
    return {"ready": alive, "store": "writable", "watch_age_s": watch_age, "newest_sample_age_s": sample_age}


def district_rows(engine: Engine, settings: ControlRoomFile) -> list[dict[str, Any]]:
    """Every configured district with its state now, since when, and the sentence of its judgement."""
    with reading(engine) as connection:
        now = flips.newest(connection)
    rows = []
    for district in settings.districts:
        last = now.get(district.code)
        rows.append(
            {
                "code": district.code, "name": district.name, "division": district.division,
                "state": last.new if last else DistrictState.NO_DATA,
                "since_ms": last.since_ms if last else None, "sentence": last.sentence if last else "nothing measured yet",
            }
        )  # fmt: skip
    return rows


def incident_rows(engine: Engine, doses_of: DosesOfIncidents, now: float) -> list[dict[str, Any]]:
    """The newest incidents, newest first, with their districts, steps and, where they can be told, delayed or deferred doses."""
    with reading(engine) as connection:
        rows = (
            connection.execute(select(incident, PHASE).order_by(incident.c.incident_id.desc()).limit(_NEWEST))
            .mappings()
            .all()
        )
        ids = [row["incident_id"] for row in rows]
        members = connection.execute(select(incident_district).where(incident_district.c.incident_id.in_(ids))).all()
        steps = connection.execute(
            select(incident_step).where(incident_step.c.incident_id.in_(ids)).order_by(incident_step.c.step)
        ).all()
        doses = doses_of.now(connection, ids, int(now * 1000))
    return [
        {str(key): value for key, value in row.items()}
        | {"districts": sorted(m.district for m in members if m.incident_id == row["incident_id"])}
        | {"history": [_step(s) for s in steps if s.incident_id == row["incident_id"]]}
        | {"doses": one.as_json if (one := doses.get(row["incident_id"])) else None}
        for row in rows
    ]


def _step(row: Any) -> dict[str, Any]:
    return {"step": row.step, "what": row.what, "at_ms": row.at_ms, "sentence": row.sentence, "who": row.who}


def _json(body: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
