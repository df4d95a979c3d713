"""What an incident is. Pure words and records; who opens and closes them stands in transitions.py."""

from dataclasses import dataclass
from enum import StrEnum


class IncidentKind(StrEnum):
    OUTAGE = "outage"
    SLOWDOWN = "slowdown"
    LOCAL = "local"
    DOSE_STALL = "dose_stall"
    AGENT_SILENT = "agent_silent"
    MONITOR_OFFLINE = "monitor_offline"
    BACKLOG_STALLED = "backlog_stalled"


OF_DOSES = (IncidentKind.DOSE_STALL, IncidentKind.BACKLOG_STALLED)  # judged from figures, not from samples


class Scope(StrEnum):
    STATE = "state"
    DIVISION = "division"
    DISTRICT = "district"


class StepKind(StrEnum):
    OPENED = "opened"
    UPGRADED = "upgraded"  # another kind, a wider scope, or more districts
    REOPENED = "reopened"  # the same fault again within the reopen window
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


RULE = "rule"  # who, when no person took the step


@dataclass(frozen=True)
class Step:
    """One step of an incident, as it is stored and told."""

    incident_id: int
    number: int  # counts from 1
    what: StepKind
    at: float  # seconds since 1970 UTC
    since: float  # when the fault began, by the samples
    kind: IncidentKind
    scope: Scope
    districts: tuple[int, ...]  # LGD codes concerned after this step; for RESOLVED all that ever were
    joined: tuple[int, ...]  # those that this step added
    sentence: str  # who, what, since, compared with whom
    who: str = RULE
