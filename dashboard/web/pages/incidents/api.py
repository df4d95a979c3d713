"""/api/v1/incidents/… and /api/v1/maintenance, for programs on this machine: until there is a login the gate is all that stands before it.

Errors are JSON: error, field, hint.
"""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask import Blueprint, Response
from sqlalchemy.exc import OperationalError

from dashboard.decisions.kinds import Objection
from dashboard.queries.frame import reading
from dashboard.store import maintenance
from dashboard.store.maintenance import Window
from dashboard.web.json_bodies import answered, body_of, refused
from dashboard.web.pages.incidents.actions import AskedOfOne, act, codes_of, open_one
from dashboard.web.pages.incidents.asked import (
    AcceptAsked,
    AcknowledgeAsked,
    AssignAsked,
    CloseAsked,
    EndAsked,
    MaintenanceAsked,
    MergeAsked,
    NoteAsked,
    OpeningAsked,
    SeverityAsked,
    SnoozeAsked,
    SplitAsked,
)  # fmt: skip
from dashboard.web.pages.incidents.desk import Desk, Done
from dashboard.web.pages.incidents.telling import Telling, as_json
from dashboard.web.pages.incidents.windows import Made, end, make

STEPS: Final[dict[str, type[AskedOfOne]]] = {
    "acknowledge": AcknowledgeAsked, "assign": AssignAsked, "note": NoteAsked, "severity": SeverityAsked, "snooze": SnoozeAsked,
    "close": CloseAsked, "accept": AcceptAsked, "merge": MergeAsked, "split": SplitAsked,
}  # fmt: skip
Placed = TypeVar("Placed", OpeningAsked, MaintenanceAsked)
_DAY_MS: Final = 24 * 3_600_000


def add_incidents(blueprint: Blueprint, desk: Desk) -> None:
    """The routes, on the blueprint of the API."""
    telling = Telling(desk)

    @blueprint.get("/api/v1/incidents/<int:incident_id>")
    def one(incident_id: int) -> Response:
        told = telling.one(incident_id)
        return _nothing(incident_id) if told is None else answered(as_json(told))

    @blueprint.post("/api/v1/incidents")
    def opened() -> Response:
        asked = _placed(desk, OpeningAsked)
        return refused(asked) if isinstance(asked, Objection) else _written(lambda: open_one(desk, *asked))

    for name, model in STEPS.items():
        blueprint.add_url_rule(
            f"/api/v1/incidents/<int:incident_id>/{name}", f"incident_{name}", _stepping(desk, model), methods=["POST"]
        )
    _add_maintenance(blueprint, desk)


def _stepping(desk: Desk, model: type[AskedOfOne]) -> Callable[[int], Response]:
    def step(incident_id: int) -> Response:
        asked = body_of(model)
        return refused(asked) if isinstance(asked, Objection) else _written(lambda: act(desk, incident_id, asked))

    return step


def _add_maintenance(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/api/v1/maintenance")
    def windows() -> Response:
        with reading(desk.engine) as connection:
            found = maintenance.ending_after(connection, int(desk.clock.now() * 1000) - _DAY_MS)
        return answered({"windows": [_window(one) for one in found]})

    @blueprint.post("/api/v1/maintenance")
    def made() -> Response:
        asked = _placed(desk, MaintenanceAsked)
        return refused(asked) if isinstance(asked, Objection) else _written(lambda: make(desk, *asked))

    @blueprint.post("/api/v1/maintenance/<int:maintenance_id>/end")
    def ended(maintenance_id: int) -> Response:
        asked = body_of(EndAsked)
        return (
            refused(asked) if isinstance(asked, Objection) else _written(lambda: end(desk, maintenance_id, asked.who))
        )


def _placed(desk: Desk, model: type[Placed]) -> tuple[Placed, frozenset[int]] | Objection:
    """What was sent, and the districts it names."""
    asked = body_of(model)
    if isinstance(asked, Objection):
        return asked
    codes = codes_of(desk.settings, asked.districts)
    return codes if isinstance(codes, Objection) else (asked, codes)


def _written(write: Callable[[], Done | Made | Objection]) -> Response:
    try:
        done = write()
    except OperationalError as problem:
        told = {"error": f"the store does not take writes now: {problem.orig}", "field": "", "hint": "Send it again"}
        return answered(told, HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(done, Objection):
        return refused(done)
    body = _window(done.window) if isinstance(done, Made) else {"incident_id": done.incident_id, "step": done.step}
    return answered(body, HTTPStatus.OK if done.again else HTTPStatus.CREATED)


def _window(window: Window) -> dict[str, Any]:
    return asdict(window)


def _nothing(incident_id: int) -> Response:
    hint = "GET /api/v1/incidents lists them"
    return refused(Objection("incident_id", f"there is no incident {incident_id}", hint))
