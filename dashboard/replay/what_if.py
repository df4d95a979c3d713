"""What would we have been told? A stored day once more through the live objects, with other thresholds, beside what was told then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from dashboard.incidents.incident import IncidentKind
from dashboard.queries import history
from dashboard.queries.history import Told
from dashboard.replay.book import Book
from dashboard.replay.stored import LEARN_S, MOST_S, Progress, Rerun, read
from dashboard.settings import ControlRoomFile, Rules
from dashboard.store import jobs
from dashboard.store.engine import reading
from probes import config_file
from probes.config_file import ConfigError, Document

_AFTER_S = 3600.0  # incidents of a session may end after it
_NEAR_S = 900.0  # incidents this far apart may be the same
_FAMILIES = (
    {IncidentKind.OUTAGE, IncidentKind.SLOWDOWN}, {IncidentKind.LOCAL, IncidentKind.AGENT_SILENT},
    {IncidentKind.MONITOR_OFFLINE}, {IncidentKind.DOSE_STALL},
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One incident as it was told and as it would be told; `then` None: it is new, `now` None: it is missing."""

    then: Told | None
    now: Told | None

    @property
    def either(self) -> Told:
        """The one that is there."""
        one = self.now or self.then
        assert one is not None
        return one

    @property
    def later_s(self) -> float | None:
        """Seconds by which it would have been told later, below 0: earlier; None when one is not there."""
        return self.now.opened - self.then.opened if self.now and self.then else None


@dataclass(frozen=True)
class WhatIf:
    """The answer. Times in seconds since 1970 UTC; `changed` are thresholds by key, as they are and as they were tried."""

    day: Date
    start: float
    end: float
    pairs: tuple[Pair, ...]
    changed: Mapping[str, tuple[str, str]]
    samples: int
    cut: float | None  # from here on samples are left out, as there are too many


def run(
    engine: Engine, settings: ControlRoomFile, rules: Rules, day: Date, progress: Progress = lambda _share: None
) -> WhatIf:
    """Judge the sessions of a day anew with these rules; what is usual is learnt from the hours before them.

    Raises:
        ValueError: no session, or nothing measured on that day.
    """
    opens, end = _span(engine, settings, day)
    known = read(engine, settings, max(opens - LEARN_S, end - MOST_S), end)
    rerun = Rerun(_with(settings, rules), known)
    rerun.run(progress)
    with reading(engine) as connection:
        then = [one for one in history.told(connection, opens, end) if one.kind != IncidentKind.BACKLOG_STALLED]
    now = [one for one in _of_book(rerun.book) if opens <= one.opened < end]
    changed = _changed(settings.dashboard.rules, rules)
    return WhatIf(day, opens, end, tuple(_paired(then, now)), changed, len(known.heard.arrived), known.heard.cut)


def _span(engine: Engine, settings: ControlRoomFile, day: Date) -> tuple[float, float]:
    """From the first opening to an hour after the last closing; not beyond what the watch has judged."""
    hours = settings.calendar.span_on(day, [district.code for district in settings.districts])
    if hours is None:
        raise ValueError(f"no session was held on {day}, so nothing would have been told. Choose a day with sessions")
    opens, closes = (datetime.combine(day, hour, settings.zone).timestamp() for hour in hours)
    with reading(engine) as connection:
        measured = history.measured(connection, opens, closes)
        ran_ms = jobs.ran_at(connection, jobs.WATCH)
    if measured is None:
        raise ValueError(f"nothing was measured in the sessions of {day}. Choose a day of which samples are stored")
    return opens, min(closes + _AFTER_S, measured[1] if ran_ms is None else ran_ms / 1000)


def _with(settings: ControlRoomFile, rules: Rules) -> ControlRoomFile:
    return settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update={"rules": rules})})


def _of_book(book: Book) -> Iterator[Told]:
    for entry in book.entries:
        item = entry.standing
        yield Told(str(item.kind), str(item.scope), entry.opened, item.resolved, item.ever, entry.sentence)


# -- beside each other -------------------------------------------------------------------------------------------------


def _paired(then: Sequence[Told], now: Sequence[Told]) -> list[Pair]:
    """Each incident with the nearest one of the same family, time and place; the rest is missing or new. In order of time."""
    near = sorted(
        ((abs(a.opened - b.opened), i, j) for i, a in enumerate(then) for j, b in enumerate(now) if _same(a, b)),
    )
    taken: dict[int, int] = {}
    for _, i, j in near:
        if i not in taken and j not in taken.values():
            taken[i] = j
    pairs = [Pair(one, now[taken[i]] if i in taken else None) for i, one in enumerate(then)]
    pairs += [Pair(None, one) for j, one in enumerate(now) if j not in taken.values()]
    return sorted(pairs, key=lambda pair: pair.either.opened)


def _same(a: Told, b: Told) -> bool:
    family = any({IncidentKind(a.kind), IncidentKind(b.kind)} <= kinds for kinds in _FAMILIES)
    apart = max(a.opened, b.opened) - min(a.resolved or float("inf"), b.resolved or float("inf"))
    return family and apart <= _NEAR_S and bool(a.districts & b.districts)


def mark(pair: Pair) -> str:
    """What has become of an incident."""
    if pair.then is None:
        return "new"
    if pair.now is None:
        return "missing"
    later = (pair.later_s or 0.0) / 60
    return "as then" if abs(later) < 0.5 else f"told {abs(later):.0f} min {'later' if later > 0 else 'earlier'}"


def summary(found: WhatIf) -> str:
    """All pairs in one line."""
    new, missing = sum(pair.then is None for pair in found.pairs), sum(pair.now is None for pair in found.pairs)
    then, now = len(found.pairs) - new, len(found.pairs) - missing
    return f"Told then: {then}; told with these thresholds: {now}; new: {new}, missing: {missing}"


# -- the thresholds ----------------------------------------------------------------------------------------------------


def read_rules(file: Path, settings: ControlRoomFile) -> Rules:
    """Thresholds that a file changes, over those in force; it may begin at `rules:`, at `dashboard:`, or below them.

    Raises:
        ConfigError: every mistake of the file at once.
    """
    document = config_file.read(file)
    for section in ("dashboard", "rules"):
        document = _inside(document, section) if document.data.keys() == {section} else document
    merged = _merged(settings.dashboard.rules.model_dump(), document.data)
    whole = Document(document.file, merged, document.lines, document.findings)
    rules, findings = config_file.validate(whole, Rules)
    findings = config_file.all_of(whole, findings)
    if rules is None or findings:
        raise ConfigError(document.file, findings)
    return rules


def _inside(document: Document, section: str) -> Document:
    data = document.data[section]
    lines = {path[1:]: line for path, line in document.lines.items() if path[:1] == (section,)}
    return Document(document.file, data if isinstance(data, dict) else {section: data}, lines, document.findings)


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(old.get(key), dict)
        merged[key] = _merged(old[key], value) if both else value
    return merged


def _changed(old: Rules, new: Rules) -> dict[str, tuple[str, str]]:
    """Keys whose value differs, as a person writes them: degraded.ratio."""
    before, after = dict(_flat(old.model_dump())), dict(_flat(new.model_dump()))
    return {key: (value, after[key]) for key, value in before.items() if after[key] != value}


def _flat(section: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", f"{value:g}" if isinstance(value, int | float) else str(value)
