"""The ledger of a replay: the same changes as in the store, kept in memory, and written as one line an incident."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.incidents.course import Told, followed
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.incidents.transitions import Change, Standing

# what a person calls one district's silence, when its own agent is all that is known of it
_TOLD_AS = {IncidentKind.AGENT_SILENT: IncidentKind.LOCAL}


@dataclass
class Entry:
    """One incident of the replay. Times in seconds since 1970 UTC."""

    standing: Standing
    opened: float
    sentence: str
    history: list[dict[str, Any]] = field(default_factory=list)
    doses: dict[str, int] = field(default_factory=dict)


class Book:
    """Takes changes, gives back what stands."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names
        self.entries: list[Entry] = []
        self._open: dict[int, Entry] = {}

    def standing(self, resolved_after: float) -> list[Standing]:
        """Open incidents, and those resolved after the given moment."""
        gone = [
            n
            for n, e in self._open.items()
            if e.standing.resolved is not None and e.standing.resolved <= resolved_after
        ]
        for number in gone:
            del self._open[number]
        return [entry.standing for entry in self._open.values()]

    def record(self, change: Change, now: float) -> Entry:
        """Keep one change; the incident as it stands after it."""
        entry = self._entry(change, now)
        old = entry.standing
        resolved = now if change.what is StepKind.RESOLVED else None
        members = frozenset() if resolved is not None else change.members
        entry.standing = Standing(
            old.incident_id,
            change.kind,
            change.scope,
            change.since,
            resolved,
            old.steps + 1,
            members,
            old.ever | change.members,
            spells=followed(old.spells, Told(change.what, now, change.kind, change.sentence), change.since),
        )
        entry.sentence = change.sentence
        told = _told(change.kind)
        before = entry.history[-1] if entry.history else {}
        phase = {"at": stamp(now), "kind": told, "scope": str(change.scope), "districts": self._named(change.members)}
        if resolved is None and any(phase[key] != before.get(key) for key in ("kind", "scope", "districts")):
            entry.history.append(phase)
        return entry

    def _entry(self, change: Change, now: float) -> Entry:
        if change.incident is not None:
            return self._open[change.incident.incident_id]
        number = len(self.entries) + 1
        nothing = Standing(number, change.kind, change.scope, change.since, None, 0, frozenset(), frozenset())
        entry = Entry(nothing, now, change.sentence)
        self.entries.append(entry)
        self._open[number] = entry
        return entry

    def _named(self, codes: frozenset[int]) -> list[str]:
        return [self._names[code] for code in sorted(codes)]

    def lines(self) -> list[dict[str, Any]]:
        """One record an incident, in the order of opening."""
        return [self._line(entry) for entry in self.entries]

    def _line(self, entry: Entry) -> dict[str, Any]:
        last = entry.history[-1]
        resolved = entry.standing.resolved
        return {
            "kind": last["kind"], "scope": last["scope"], "districts": last["districts"], "opened_at": stamp(entry.opened),
            "resolved_at": None if resolved is None else stamp(resolved), "since": stamp(entry.standing.since),
            "history": entry.history, "summary": entry.sentence, **entry.doses,
        }  # fmt: skip


def write(lines: Sequence[dict[str, Any]], out: Path) -> None:
    """JSON Lines, UTF-8."""
    with out.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(kind: IncidentKind) -> str:
    return str(_TOLD_AS.get(kind, kind))
