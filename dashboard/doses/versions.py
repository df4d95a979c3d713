"""Every figure is a version: which one is shown, by which rule, what fell, and a state's total beside its districts' sum. Pure.

Nothing here merges kinds, sources or clocks: a figure that is not chosen is still there to be shown beside the chosen one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from enum import StrEnum

from dashboard.doses.numbers import indian


@dataclass(frozen=True, slots=True)
class Version:
    """One stored figure. Times are milliseconds since 1970 UTC; `figure_id` grows with the order of storing."""

    figure_id: int
    place: str
    day: str
    kind: str
    value: int
    as_of_ms: int
    hour_known: bool
    received_ms: int
    source: str
    who: str = ""
    said: str = ""
    status: str = "provisional"
    note: str = ""
    rehearsed: bool = False


class Rule(StrEnum):
    """Why a figure is the one shown."""

    ONLY = "the only one"
    PREFERRED = "the preferred source"
    FINAL = "final before provisional"
    NEWEST = "the newest"
    LAST_RECEIVED = "true at the same hour: the one heard last"


@dataclass(frozen=True)
class Chosen:
    """The figure shown, the rule that chose it, and the newest word of each other source that disagrees."""

    version: Version
    rule: Rule
    others: tuple[Version, ...] = ()

    @property
    def value(self) -> int:
        return self.version.value

    @property
    def sentence(self) -> str:
        """`18,338 (the newest); also told: 18,425 by …`."""
        shown = f"{indian(self.value)} ({self.rule})"
        told = "; ".join(f"{indian(v.value)} by {v.who or v.source}" for v in self.others)
        return f"{shown}; also told: {told}" if told else shown


def choose(versions: Iterable[Version], prefer: Sequence[str] = ()) -> Chosen | None:
    """The figure to show among versions of one place, day and kind.

    Of each source its newest word counts (as-of, then received). Among sources the preferred one goes first (`prefer`, see rank),
    then a final figure before provisional ones, then the newest as-of, then the one received last. A figure with an unknown hour
    counts as the end of its day.
    """
    newest: dict[str, Version] = {}
    for version in sorted(versions, key=_age):
        newest[version.source] = version
    if not newest:
        return None
    ranked = sorted(newest.values(), key=lambda v: (-rank(v, prefer), v.status == "final", *_age(v)), reverse=True)
    first, rest = ranked[0], ranked[1:]
    others = tuple(version for version in rest if version.value != first.value)
    return Chosen(first, _rule(first, rest, prefer), others)


def rank(version: Version, prefer: Sequence[str]) -> int:
    """The place of a version's `who` or `source` among the preferred texts, from 0; all others share the one after the last."""
    told = f"{version.who}\n{version.source}".casefold() if prefer else ""
    return next((n for n, text in enumerate(prefer) if text.casefold() in told), len(prefer))


def _age(version: Version) -> tuple[int, int, int]:
    return version.as_of_ms, version.received_ms, version.figure_id


def _rule(first: Version, rest: Sequence[Version], prefer: Sequence[str]) -> Rule:
    if not rest:
        return Rule.ONLY
    second = rest[0]
    if rank(first, prefer) != rank(second, prefer):
        return Rule.PREFERRED
    if first.status != second.status:
        return Rule.FINAL
    return Rule.NEWEST if first.as_of_ms != second.as_of_ms else Rule.LAST_RECEIVED


def chosen_of(versions: Iterable[Version], prefer: Sequence[str] = ()) -> dict[tuple[str, str, str], Chosen]:
    """The chosen figure of each (place, day, kind)."""
    groups: dict[tuple[str, str, str], list[Version]] = defaultdict(list)
    for version in versions:
        groups[version.place, version.day, version.kind].append(version)
    found = {key: choose(group, prefer) for key, group in groups.items()}
    return {key: chosen for key, chosen in found.items() if chosen}


@dataclass(frozen=True)
class Revision:
    """A version beside the one its source told before it; `change` is in doses."""

    version: Version
    before: Version | None

    @property
    def change(self) -> int:
        return self.version.value - self.before.value if self.before else 0

    @property
    def downward(self) -> bool:
        """A lower count is a correction, not doses taken back."""
        return self.change < 0

    @property
    def mark(self) -> str:
        """What stands beside the figure: empty, `revised upward by 89` or `revised downward by 87`."""
        if self.change == 0:
            return ""
        return f"revised {'downward' if self.downward else 'upward'} by {indian(abs(self.change))}"


def revisions(versions: Iterable[Version]) -> list[Revision]:
    """The history of one place, day and kind, oldest first, each beside the word of the same source before it."""
    last: dict[str, Version] = {}
    history = []
    for version in sorted(versions, key=_age):
        history.append(Revision(version, last.get(version.source)))
        last[version.source] = version
    return history


@dataclass(frozen=True)
class DayCount:
    """Doses of one day out of counts since the start of the drive; `value` None: unknown, or the count was revised downward."""

    day: str
    value: int | None
    mark: str = ""


def days_of(since_start: Mapping[str, int]) -> list[DayCount]:
    """Doses of each day from counts since the start by ISO day, every day given or not.

    The first day's count is its own. Where the count falls there is no number of doses, only a mark; where days are missing
    the difference belongs to several days and is marked so.
    """
    counts: list[DayCount] = []
    before: tuple[str, int] | None = None
    for day, value in sorted(since_start.items()):
        if before is None:
            counts.append(DayCount(day, value))
        elif value < before[1]:
            counts.append(DayCount(day, None, f"revised downward by {indian(before[1] - value)}"))
        else:
            counts.append(DayCount(day, value - before[1], _span(before[0], day)))
        before = day, value
    return counts


def _span(before: str, day: str) -> str:
    days = (Date.fromisoformat(day) - Date.fromisoformat(before)).days
    return "" if days == 1 else f"doses of {days} days"


@dataclass(frozen=True)
class Beside:
    """A state's own total beside the sum of its districts, or a district's beside that of its sites. Both are shown; neither is
    corrected by the other. `words` are what the whole and a part of it are called."""

    state: int | None
    added: int | None
    counted: tuple[str, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    words: tuple[str, str] = ("state", "district")

    @property
    def difference(self) -> int | None:
        """The whole's own total minus the sum of its parts, in doses; None when one of the two is not known."""
        return None if self.state is None or self.added is None else self.state - self.added

    @property
    def sentence(self) -> str:
        """Both numbers, their difference, and how many parts are not in the sum."""
        whole, part = self.words
        if self.added is None:
            return f"no {part} has a figure"
        sums = f"sum of {part}s {indian(self.added)}"
        count = f"1 {part}" if len(self.missing) == 1 else f"{len(self.missing)} {part}s"
        lacking = f", {count} not reported" if self.missing else ""
        if self.state is None or self.difference is None:
            return f"{sums}{lacking}; no figure of the {whole} itself"
        return f"{whole} {indian(self.state)}, {sums}{lacking}; difference {indian(self.difference)}"


def beside(
    state: int | None,
    districts: Mapping[str, int],
    every: Iterable[str],
    joint: Mapping[str, Sequence[str]],
    words: tuple[str, str] = ("state", "district"),
) -> Beside:
    """A state total beside the sum of its districts. `districts` holds values by LGD code or key of a joint area.

    A joint area (one registry row for two districts) is counted once: where its own figure is there, those of its districts are
    left out; they are not missing then.
    """
    covered = {code for key, codes in joint.items() if key in districts for code in codes}
    counted = sorted(place for place in districts if place not in covered)
    missing = sorted(code for code in every if code not in districts and code not in covered)
    left_out = sorted(place for place in districts if place in covered)
    added = sum(districts[place] for place in counted) if counted else None
    return Beside(state, added, tuple(counted), tuple(missing), tuple(left_out), words)
