"""The table of what can be asked under /api/v1 and beside it. A test compares it with the routes.

To add a path: one Operation in OPERATIONS, with the models of its body and its answer. A room's own model is named here; a shape that
no room has a model of stands in openapi_shapes.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from dashboard.web.openapi_shapes import (
    ConfirmationSent,
    DecisionRow,
    DecisionsAnswer,
    DecisionSent,
    DistrictsAnswer,
    FiguresSent,
    FiguresStored,
    IncidentAnswer,
    IncidentsAnswer,
    ReadinessAnswer,
    StepTaken,
    WindowRow,
    WindowsAnswer,
)  # fmt: skip
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
from probes.sample import Batch, Receipt


@dataclass(frozen=True)
class Operation:
    """One thing to ask. `answers`: by status a model, or a media type; `errors`: further statuses, answered as ErrorAnswer."""

    method: Literal["get", "post"]
    path: str
    says: str
    answers: Mapping[int, type[BaseModel] | str]
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    token: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


_JSON, _TEXT = "application/json", "text/plain"
_KEY = "a new one for each delivery, the same one when it is repeated"

_TAKEN = (400, 409, 415, 422, 503)

OPERATIONS = (
    Operation(
        "post", "/api/v1/samples", "Samples of an agent, stored once however often they come; the body may be gzip",
        {200: Receipt}, Batch, (400, 401, 403, 413, 422, 429, 503), token=True,
    ),
    Operation(
        "post", "/api/v1/doses", "Figures of doses: all good or nothing, unless `good_rows`",
        {200: FiguresStored}, FiguresSent, (400, 401, 403, 409, 413, 415, 422, 429, 503), token=True, headers={"Idempotency-Key": _KEY},
    ),
    Operation("get", "/api/v1/districts", "Every district with its state now, since when and why", {200: DistrictsAnswer}),
    Operation("get", "/api/v1/incidents", "The newest incidents with their districts and steps", {200: IncidentsAnswer}),
    Operation(
        "get", "/api/v1/incidents/{incident_id}", "One incident with its timeline, mails, recovery and doses",
        {200: IncidentAnswer}, errors=(404,),
    ),
    Operation(
        "post", "/api/v1/incidents", "Open an incident by hand; 200 when it was stored before, from the same form",
        {200: StepTaken, 201: StepTaken}, OpeningAsked, _TAKEN,
    ),
    *(
        Operation(
            "post", f"/api/v1/incidents/{{incident_id}}/{name}", says, {200: StepTaken, 201: StepTaken}, body, (*_TAKEN, 404)
        )
        for name, says, body in (
            ("acknowledge", "Take an open incident", AcknowledgeAsked), ("assign", "Another owner", AssignAsked),
            ("note", "Add a note to the timeline", NoteAsked), ("severity", "Another severity", SeverityAsked),
            ("snooze", "No mails until then, but that of its end", SnoozeAsked), ("close", "Close it by hand", CloseAsked),
            ("accept", "Close a slowdown as the new normal", AcceptAsked),
            ("merge", "Make others part of this one", MergeAsked), ("split", "Make an own incident of some districts", SplitAsked),
        )
    ),
    Operation("get", "/api/v1/maintenance", "Maintenance windows, from those of the last day on", {200: WindowsAnswer}),
    Operation(
        "post", "/api/v1/maintenance", "Nothing opens or grows in these districts in this time",
        {200: WindowRow, 201: WindowRow}, MaintenanceAsked, _TAKEN,
    ),
    Operation(
        "post", "/api/v1/maintenance/{maintenance_id}/end", "End a window now", {201: WindowRow}, EndAsked, (*_TAKEN, 404)
    ),
    Operation(
        "get", "/api/v1/decisions", "What was decided, what stands and what is suggested now",
        {200: DecisionsAnswer}, errors=(400,), query={"day": "YYYY-MM-DD; without it the newest"},
    ),
    Operation(
        "post", "/api/v1/decisions", "Take a decision; 200 when it was stored before, from the same form",
        {200: DecisionRow, 201: DecisionRow}, DecisionSent, (400, 409, 415, 422, 503),
    ),
    Operation(
        "post", "/api/v1/decisions/{decision_id}/confirmations", "An officer's word that a decision has arrived",
        {201: DecisionRow}, ConfirmationSent, (400, 409, 415, 422, 503),
    ),
    Operation("get", "/api/v1/openapi.json", "This document", {200: _JSON}),
    Operation("get", "/healthz", "The process is up", {200: _TEXT}),
    Operation("get", "/readyz", "The store takes writes and the watch is alive", {200: ReadinessAnswer, 503: ReadinessAnswer}),
    Operation("get", "/metrics", "Metrics in the text format of Prometheus", {200: _TEXT}),
)  # fmt: skip
