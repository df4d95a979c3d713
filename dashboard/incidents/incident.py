"""What an incident is. Pure words and records; who opens and closes them stands in transitions/ (rules) and by_hand.py (people).

The values of the enums stand in the store, the API and the metrics: never rename one.
"""

from collections.abc import Collection, Iterable
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
RECOVERING = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN, IncidentKind.LOCAL)  # their end leaves doses on paper


class Scope(StrEnum):
    STATE = "state"
    DIVISION = "division"
    DISTRICT = "district"


class Severity(StrEnum):
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class StepKind(StrEnum):
    OPENED = "opened"
    UPGRADED = "upgraded"  # another kind, a wider scope, or more districts
    REOPENED = "reopened"  # the same fault again within the reopen window
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"  # the technical end, or a person's word that it is over
    NOTED = "noted"
    ASSIGNED = "assigned"
    GRADED = "graded"  # another severity, by a person
    ACCEPTED = "accepted"  # what is measured now is the usual from here on
    SNOOZED = "snoozed"
    WOKEN = "woken"  # the snooze is over
    MERGED = "merged"
    SPLIT = "split"
    CLOSED = "closed"  # the recovering phase is over


_TOLD = (StepKind.OPENED, StepKind.UPGRADED, StepKind.REOPENED, StepKind.RESOLVED, StepKind.WOKEN)
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
    snoozed: bool = False

    @property
    def tells(self) -> bool:
        """Whether mails go out: for what changes the fault itself, and while it is snoozed only for its end."""
        return self.what in _TOLD and (not self.snoozed or self.what is StepKind.RESOLVED)


def worst(severities: Iterable[Severity]) -> Severity:
    """The worst of them, of which there must be one."""
    return max(severities, key=tuple(Severity).index)


def severity(kind: IncidentKind, scope: Scope, districts: Collection[int]) -> Severity:
    """The rule's severity: critical is a state without its registry or its monitor, minor what one district can mend by itself."""
    if kind is IncidentKind.MONITOR_OFFLINE or (kind is IncidentKind.OUTAGE and scope is Scope.STATE):
        return Severity.CRITICAL
    small = kind in (IncidentKind.LOCAL, IncidentKind.AGENT_SILENT, IncidentKind.BACKLOG_STALLED)
    return Severity.MINOR if small and len(districts) == 1 else Severity.MAJOR
