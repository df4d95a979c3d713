"""What a decision is. Taken by a person, never by a rule; plain records and words, no rule lives here.

The values of DecisionKind stand in the store, the API and the metrics: never rename one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DecisionKind(StrEnum):
    PAPER = "paper"
    SUSPEND = "suspend"
    RESUME = "resume"
    BACK_ENTRY_DONE = "back_entry_done"


NAMES = {
    DecisionKind.PAPER: "Go to paper",
    DecisionKind.SUSPEND: "Suspend sessions",
    DecisionKind.RESUME: "Resume",
    DecisionKind.BACK_ENTRY_DONE: "Back-entry done",
}
MEANS = {
    DecisionKind.PAPER: "Sessions go on; doses are written on paper and entered into the registry later.",
    DecisionKind.SUSPEND: "No doses are given until a decision to resume.",
    DecisionKind.RESUME: "Sessions go on with the registry; ends paper and suspension. Doses on paper still have to be entered.",
    DecisionKind.BACK_ENTRY_DONE: "All doses of the paper time are in the registry.",
}


@dataclass(frozen=True)
class Confirmation:
    """An officer's word that a decision has reached a district."""

    at_ms: int
    who: str


@dataclass(frozen=True)
class Decision:
    """One decision; `taken_ms` in milliseconds since 1970 UTC, `districts` LGD codes, `confirmed` by LGD code."""

    decision_id: int
    what: DecisionKind
    taken_ms: int
    districts: tuple[int, ...]
    who: str = ""
    why: str = ""
    incident_id: int | None = None
    confirmed: Mapping[int, Confirmation] = field(default_factory=dict)


@dataclass(frozen=True)
class Objection:
    """Why a decision is not taken as it was asked: which field, what is wrong, what to do. `conflict`: the world has moved on."""

    field: str
    error: str
    hint: str
    conflict: bool = False
