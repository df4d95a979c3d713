"""Incidents of doses that end because nothing is to be expected any more: by a decision, or in planned downtime. Pure.

Each is closed once, by one step that says why. What silences which kind stands in dashboard/decisions/silence.py.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from dashboard.decisions.kinds import DecisionKind
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.settings import ControlRoomFile

_NOBODY: frozenset[int] = frozenset()
_DECIDED: Final = {
    DecisionKind.SUSPEND: "sessions in {where} were suspended at {at}",
    DecisionKind.PAPER: "{where} went to paper at {at}",
}


class Quiet(NamedTuple):
    """Why a district is silent: words with {where} and {at}, and since when (seconds since 1970 UTC)."""

    words: str
    since: float


def decided(what: DecisionKind, since: float) -> Quiet:
    """The silence of a standing decision; KeyError for one that silences nothing."""
    return Quiet(_DECIDED[what], since)


def planned(note: str, since: float) -> Quiet:
    """The silence of planned downtime."""
    return Quiet("planned downtime in {where} began at {at}" + (f" ({note})" if note else ""), since)


def ended(
    settings: ControlRoomFile, kind: IncidentKind, quiet: Mapping[int, Quiet], standing: Sequence[Standing]
) -> list[Change]:
    """Closes each open incident of a kind all of whose districts are silent, but for a person's own; `quiet` by LGD code."""
    opened = (item for item in standing if item.kind is kind and item.resolved is None and not item.by_hand)
    return [
        Change(item, StepKind.RESOLVED, kind, item.scope, item.since, _NOBODY, _NOBODY, _said(settings, item, quiet))
        for item in opened
        if item.members and item.members <= quiet.keys()
    ]


def _said(settings: ControlRoomFile, item: Standing, quiet: Mapping[int, Quiet]) -> str:
    by_reason: dict[Quiet, list[int]] = defaultdict(list)
    for code in item.members:
        by_reason[quiet[code]].append(code)
    parts = [
        reason.words.format(where=sentences.names(settings, codes), at=sentences.clock(settings, reason.since))
        for reason, codes in sorted(by_reason.items(), key=lambda part: part[0].since)
    ]
    return f"Closed: {'; '.join(parts)}"
