"""The shapes of bodies and answers of the API that no room has a model of. A test holds real answers against them.

A field may be added with the answer that has it; one that goes or changes its meaning breaks the programs of others.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dashboard.decisions.kinds import DecisionKind
from dashboard.detection.states import DistrictState
from dashboard.doses.figure import TOLD_KINDS
from dashboard.incidents.incident import IncidentKind, Scope, Severity, StepKind


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- errors -------------------------------------------------------------------------------------------------------------


class ErrorAnswer(BaseModel):
    """What is wrong, where, and what to do; some answers tell more."""

    model_config = ConfigDict(extra="allow")

    error: str
    field: str
    hint: str


# -- doses --------------------------------------------------------------------------------------------------------------


class FigureSent(_Shape):
    """One figure, as a row of the doses file; docs/doses.md tells what each field takes."""

    district: int | str
    day: str
    kind: str = Field(json_schema_extra={"enum": [*TOLD_KINDS]})
    value: int | float | str | None
    as_of: str
    source: str
    status: str | None = None
    note: str | None = None


class FiguresSent(_Shape):
    """`good_rows`: store the good ones even if others are refused; `confirmed`: counts that fall are right."""

    figures: list[FigureSent]
    good_rows: bool = False
    confirmed: bool = False


class Remark(_Shape):
    error: str
    field: str
    index: int
    hint: str


class FiguresStored(_Shape):
    """The fields from `error` on are there when something was left out."""

    stored: int
    corrected: int
    known: int
    not_reported: int
    notices: list[Remark]
    sums: list[str]
    error: str = ""
    field: str = ""
    index: int = 0
    hint: str = ""
    findings: list[Remark] = []
    findings_in_all: int = 0


# -- districts and incidents --------------------------------------------------------------------------------------------


class DistrictRow(_Shape):
    code: int
    name: str
    division: str
    state: DistrictState
    since_ms: int | None
    sentence: str


class DistrictsAnswer(_Shape):
    districts: list[DistrictRow]


class StepRow(_Shape):
    step: int
    what: StepKind
    at_ms: int
    sentence: str
    who: str


class DosesRow(_Shape):
    day: str
    what: Literal["delayed", "deferred"]
    low: int
    high: int
    sentence: str


class IncidentRow(_Shape):
    """`status`: the technical state; `doses`: delayed or deferred, a range with the sentence that may be printed."""

    incident_id: int
    kind: IncidentKind
    scope: Scope
    severity: Severity
    status: Literal["open", "resolved"]
    phase: Literal["open", "recovering", "closed"]
    since_ms: int
    opened_ms: int
    resolved_ms: int | None
    closed_ms: int | None
    closed_by: str | None
    acknowledged_ms: int | None
    acknowledged_by: str | None
    owner: str
    made_by: str
    merged_into: int | None
    snoozed_until_ms: int | None
    sentence: str
    steps: int
    districts: list[int]
    history: tuple[StepRow, ...]
    doses: DosesRow | None


class IncidentsAnswer(_Shape):
    incidents: list[IncidentRow]


class WholeStep(StepRow):
    kind: IncidentKind
    scope: Scope
    districts: list[int]


class MailRow(_Shape):
    step: int
    recipient: str
    address: str
    state: str
    created_ms: int
    accepted_ms: int | None
    last_reply: str


class RecoveryRow(_Shape):
    """`left`: doses still on paper, null when no counts tell."""

    left: int | None
    sentence: str


class IncidentAnswer(IncidentRow):
    """`taken_in`: numbers of the incidents merged into it; `recovery` is there while it recovers."""

    history: tuple[WholeStep, ...]
    mails: list[MailRow]
    taken_in: list[int]
    recovery: RecoveryRow | None


class StepTaken(_Shape):
    """The incident, and the number of the step that was stored."""

    incident_id: int
    step: int


class WindowRow(_Shape):
    maintenance_id: int
    begins_ms: int
    ends_ms: int
    districts: list[int]
    why: str
    who: str
    made_ms: int
    ended_ms: int | None
    ended_by: str | None


class WindowsAnswer(_Shape):
    windows: list[WindowRow]


# -- decisions ----------------------------------------------------------------------------------------------------------


class DecisionSent(_Shape):
    """`districts`: LGD codes, or STATE; `form`: 1 to 40 plain characters, new for each decision, the same when it is sent again."""

    what: DecisionKind
    districts: list[int] | Literal["STATE"]
    who: str
    why: str
    incident_id: int | None = None
    form: str


class ConfirmationSent(_Shape):
    district: int
    who: str


class ConfirmedBy(_Shape):
    district: int
    at_ms: int
    who: str


class DecisionRow(_Shape):
    decision_id: int
    what: DecisionKind
    taken_ms: int
    who: str
    why: str
    incident_id: int | None
    districts: list[int]
    confirmed: list[ConfirmedBy]


class DecisionWithEvidence(DecisionRow):
    evidence: dict[str, Any]


class BackEntry(_Shape):
    since_ms: int
    until_ms: int | None


class StandingRow(_Shape):
    """What holds for a district now; `since_ms` and `decision_id` are there when `what` is."""

    district: int
    what: DecisionKind | None
    since_ms: int = 0
    decision_id: int = 0
    back_entry: BackEntry | None


class SuggestionRow(_Shape):
    what: DecisionKind
    districts: list[int]
    why: str
    silences: str


class DecisionsAnswer(_Shape):
    decisions: list[DecisionWithEvidence]
    standing: list[StandingRow]
    suggestions: list[SuggestionRow]


# -- health -------------------------------------------------------------------------------------------------------------


class ReadinessAnswer(_Shape):
    ready: bool
    store: str
    watch_age_s: float | None
    newest_sample_age_s: float | None
