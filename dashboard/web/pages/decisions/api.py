"""/api/v1/decisions, for programs on this machine: until there is a login the gate is all that stands before it.

Errors are JSON: error, field, hint.
"""

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.decisions.kinds import Decision, Objection
from dashboard.decisions.standing import Standing
from dashboard.decisions.suggestions import Suggestion
from dashboard.queries.decisions import decided
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.store import decisions
from dashboard.web.pages.decisions.taking import Asked, confirm, take
from probes.clock import Clock

NEWEST = 200
_MOST_BYTES = 64 * 1024
_KEYS = frozenset({"what", "districts", "who", "why", "incident_id", "form"})


def add_decisions(blueprint: Blueprint, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """The routes, on the blueprint of the API."""

    @blueprint.get("/api/v1/decisions")
    def read() -> Response:
        day = _day(request.args.get("day"))
        return _refused(day) if isinstance(day, Objection) else _json(known(engine, settings, day, clock.now()))

    @blueprint.post("/api/v1/decisions")
    def decide() -> Response:
        body = _body(_KEYS)
        if isinstance(body, Objection):
            return _refused(body)
        asked = Asked(
            body.get("what"),
            body.get("districts"),
            body.get("who"),
            body.get("why"),
            body.get("incident_id"),
            body.get("form"),
        )
        return _written(lambda: take(engine, settings, asked, clock.now()))

    @blueprint.post("/api/v1/decisions/<int:decision_id>/confirmations")
    def confirmed(decision_id: int) -> Response:
        body = _body(frozenset({"district", "who"}))
        if isinstance(body, Objection):
            return _refused(body)
        asked = (decision_id, body.get("district"), body.get("who"))
        return _written(lambda: confirm(engine, settings, asked, clock.now()))


def known(engine: Engine, settings: ControlRoomFile, day: Date | None, now: float) -> dict[str, Any]:
    """Decisions of a day (None: the newest), newest first, each with its evidence; what stands and what is suggested now."""
    with reading(engine) as connection:
        found = decided(connection, settings, int(now * 1000))
        shown = _of_day(found.decisions, day, settings)
        evidence = decisions.evidence(connection, [one.decision_id for one in shown])
    return {
        "decisions": [_decision(one) | {"evidence": evidence[one.decision_id]} for one in reversed(shown)],
        "standing": [
            _standing(code, one) for code, one in sorted(found.standing.items()) if one.what or one.back_entry
        ],
        "suggestions": [_suggestion(one) for one in found.suggestions],
    }


def _of_day(taken: Sequence[Decision], day: Date | None, settings: ControlRoomFile) -> Sequence[Decision]:
    if day is None:
        return taken[-NEWEST:]
    start, end = (
        datetime.combine(each, time(0), settings.zone).timestamp() * 1000 for each in (day, day + timedelta(days=1))
    )
    return [one for one in taken if start <= one.taken_ms < end]


def _decision(one: Decision) -> dict[str, Any]:
    confirmed = [
        {"district": code, "at_ms": word.at_ms, "who": word.who} for code, word in sorted(one.confirmed.items())
    ]
    return {
        "decision_id": one.decision_id, "what": str(one.what), "taken_ms": one.taken_ms, "who": one.who, "why": one.why,
        "incident_id": one.incident_id, "districts": list(one.districts), "confirmed": confirmed,
    }  # fmt: skip


def _standing(code: int, one: Standing) -> dict[str, Any]:
    owed = (
        None if one.back_entry is None else {"since_ms": one.back_entry.since_ms, "until_ms": one.back_entry.until_ms}
    )
    stands = (
        {"what": str(one.what), "since_ms": one.since_ms, "decision_id": one.decision_id}
        if one.what
        else {"what": None}
    )
    return {"district": code, **stands, "back_entry": owed}


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {"what": str(one.what), "districts": list(one.districts), "why": one.why, "silences": one.silence}


def _day(text: str | None) -> Date | Objection | None:
    if text is None:
        return None
    try:
        day = Date.fromisoformat(text) if len(text) == len("2021-01-16") else None
    except ValueError:
        day = None
    usable = day is not None and day.year > 1 and day < Date.max
    return day if usable else Objection("day", f'"{text[:20]}" is not a day', "Write for example ?day=2021-01-16")


def _body(keys: frozenset[str]) -> dict[str, Any] | Objection:
    if request.mimetype != "application/json":
        return Objection(
            "Content-Type", f"the content type is {request.mimetype[:60] or 'missing'}", "Send application/json"
        )
    raw = request.stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        return Objection("", f"the body is over {_MOST_BYTES} bytes", "A decision is short: shorten why")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        return Objection("", f"the body is not JSON: {problem}", "Send one JSON object")
    if not isinstance(body, dict):
        return Objection("", "the body is not a JSON object", f"Send the keys {', '.join(sorted(keys))}")
    unknown = sorted(body.keys() - keys)
    if unknown:
        return Objection(
            unknown[0][:40], f"there is no key {unknown[0][:40]}", f"Send the keys {', '.join(sorted(keys))}"
        )
    return body


def _written(write: Any) -> Response:
    try:
        answer = write()
    except OperationalError as problem:
        error = {
            "error": f"the store does not take writes now: {problem.orig}",
            "field": "",
            "hint": "Send it again, with the same form",
        }
        return _json(error, HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(answer, Objection):
        return _refused(answer)
    again = getattr(answer, "again", False)
    return _json(_decision(answer.decision), HTTPStatus.OK if again else HTTPStatus.CREATED)


def _refused(objection: Objection) -> Response:
    status = HTTPStatus.CONFLICT if objection.conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    if objection.field in ("", "day", "Content-Type"):
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE if objection.field == "Content-Type" else HTTPStatus.BAD_REQUEST
    return _json({"error": objection.error, "field": objection.field, "hint": objection.hint}, status)


def _json(body: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
