"""What was known of the doses of a day at a moment: the chosen figure of each place and kind, and totals beside sums. Read-only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dashboard.doses.figure import KINDS, SINCE_START, STOCK_KINDS
from dashboard.doses.places import Places
from dashboard.doses.versions import Beside, Chosen, Revision, Version, beside, chosen_of, revisions
from dashboard.settings import STATE_PLACE
from dashboard.store import figures
from dashboard.store.schema import figure

Key = tuple[str, str]


@dataclass(frozen=True)
class Moment:
    """A look back, milliseconds since 1970 UTC: what was true by `at_ms`, and, if given, received here by `heard_by_ms`."""

    at_ms: int
    heard_by_ms: int | None = None


@dataclass(frozen=True)
class DayView:
    """One service day as known at a moment. Keys are (place, kind)."""

    day: str
    chosen: Mapping[Key, Chosen]
    history: Mapping[Key, tuple[Revision, ...]]
    beside: Mapping[str, Beside]  # by kind

    def value(self, place: str, kind: str) -> int | None:
        """The chosen count, or None: not reported."""
        chosen = self.chosen.get((place, kind))
        return chosen.value if chosen else None

    def backlog(self, place: str) -> int | None:
        """Reported minus recorded doses of the day; None unless both are known. Below 0: the registry is ahead of the telling."""
        reported, recorded = self.value(place, "reported"), self.value(place, "recorded")
        return None if reported is None or recorded is None else reported - recorded

    def mark(self, place: str, kind: str) -> str:
        """`revised downward by 87` beside the chosen figure, or empty."""
        chosen = self.chosen.get((place, kind))
        rows = self.history.get((place, kind), ())
        return next((row.mark for row in rows if chosen and row.version == chosen.version), "")


def day_view(
    connection: Connection,
    places: Places,
    day: str,
    moment: Moment,
    *,
    rehearsed: bool | None = None,
    stock: bool = False,
) -> DayView:
    """One service day. `rehearsed` True or False takes only made-up, or only real figures; `stock` adds those of vaccine."""
    told = _known(connection, moment, day, day, rehearsed)
    versions = told if stock else [version for version in told if version.kind not in STOCK_KINDS]
    groups: dict[Key, list[Version]] = defaultdict(list)
    for version in versions:
        groups[version.place, version.kind].append(version)
    chosen = {(place, kind): found for (place, _, kind), found in chosen_of(versions, places.prefer).items()}
    history = {key: tuple(revisions(group)) for key, group in groups.items()}
    return DayView(day, chosen, history, {kind: _beside(chosen, places, kind) for kind in KINDS})


def _beside(chosen: Mapping[Key, Chosen], places: Places, kind: str) -> Beside:
    own = places.districts | places.joint.keys()
    values = {place: found.value for (place, k), found in chosen.items() if k == kind and place in own}
    state = chosen.get((STATE_PLACE, kind))
    return beside(state.value if state else None, values, sorted(places.districts), places.joint)


def days_told(connection: Connection, newest: int = 400) -> list[str]:
    """Service days of which anything was told but by a rehearsal, the newest first."""
    query = select(figure.c.day).where(figure.c.kind.in_(KINDS), figure.c.rehearsed == 0).distinct()
    return list(connection.execute(query.order_by(figure.c.day.desc()).limit(newest)).scalars())


def moments_of(connection: Connection, day: str) -> list[int]:
    """The as-of moments (ms) of a service day's figures, oldest first: between two of them nothing else was known."""
    query = select(figure.c.as_of_ms).where(figure.c.day == day, figure.c.kind.in_(KINDS), figure.c.rehearsed == 0)
    return list(connection.execute(query.distinct().order_by(figure.c.as_of_ms)).scalars())


def since_start(
    connection: Connection, kind: str, moment: Moment, first_day: str = "", last_day: str = "9999"
) -> dict[str, dict[str, int]]:
    """Counts since the drive began of `reported` or `recorded` doses, by place and ISO day. See versions.days_of for single days."""
    series: dict[str, dict[str, int]] = defaultdict(dict)
    versions = _known(connection, moment, first_day, last_day, None)
    for (place, day, found_kind), chosen in chosen_of(versions).items():
        if found_kind == SINCE_START[kind]:
            series[place][day] = chosen.value
    return dict(series)


def _known(
    connection: Connection, moment: Moment, first_day: str, last_day: str, rehearsed: bool | None
) -> list[Version]:
    found = figures.as_known(
        connection, moment.at_ms, first_day=first_day, last_day=last_day, heard_by_ms=moment.heard_by_ms
    )
    return found if rehearsed is None else [version for version in found if version.rehearsed == rehearsed]
