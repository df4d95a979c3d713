"""What each district has told of one service day, telling by telling, for the judgement of stalls. Read-only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dashboard.doses.places import Places
from dashboard.doses.versions import chosen_of
from dashboard.store import figures
from dashboard.store.schema import figure


@dataclass(frozen=True)
class Told:
    """A district's reported doses of a day: (seconds since 1970 UTC, cumulative doses), oldest first; `target` 0: not known."""

    reports: tuple[tuple[float, int], ...]
    target: int


def newest_id(connection: Connection) -> int:
    """Grows with each stored figure: while it stays, nothing new is known."""
    return int(connection.execute(select(func.max(figure.c.figure_id))).scalar() or 0)


def next_as_of(connection: Connection, day: str, after_ms: int) -> int | None:
    """When the next stored figure of a service day becomes true (ms since 1970 UTC); None: all are."""
    query = select(func.min(figure.c.as_of_ms)).where(figure.c.day == day, figure.c.as_of_ms > after_ms)
    return connection.execute(query).scalar()


def told_of(connection: Connection, places: Places, day: str, now_ms: int, *, rehearsed: bool) -> dict[int, Told]:
    """The tellings of each district by LGD code, as known now. Figures whose hour is not known say nothing of the pace.

    Of several sources the one with the most tellings is taken, of equal ones the one heard last: two that count differently make
    steps between them that nobody gave. `rehearsed` takes the made-up figures of a rehearsal too.
    """
    known = figures.as_known(connection, now_ms, first_day=day, last_day=day)
    mine = [one for one in known if one.place in places.districts and (rehearsed or not one.rehearsed)]
    targets = {
        place: chosen.value
        for (place, _, kind), chosen in chosen_of([one for one in mine if one.kind == "target"], places.prefer).items()
    }
    by_source: dict[str, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for one in mine:  # oldest first: the last word on a moment stays
        if one.kind == "reported" and one.hour_known:
            by_source[one.place][one.source][one.as_of_ms] = one.value
    return {int(place): Told(_best(sources), targets.get(place, 0)) for place, sources in by_source.items()}


def _best(sources: Mapping[str, Mapping[int, int]]) -> tuple[tuple[float, int], ...]:
    told = max(sources.values(), key=lambda one: (len(one), max(one)))
    return tuple((at_ms / 1000, value) for at_ms, value in sorted(told.items()))
