"""States beside each other: what the ministry said, what the state itself said, what the registry counted. Never merged. Read-only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.doses.places import Places
from dashboard.doses.versions import Chosen, Version, choose
from dashboard.queries.figures_known import Moment
from dashboard.settings import STATE_PLACE
from dashboard.store import figures

MINISTRY = ("ministry",)  # whose word a reported figure is, by its `who` or `source`


@dataclass(frozen=True)
class StateRow:
    """A state, or a district within one (`within` is the state's place, else empty). None: not told."""

    place: str
    name: str
    within: str
    target: Chosen | None
    ministry: Chosen | None
    own: Chosen | None
    registry: Chosen | None


def states(connection: Connection, day: str, places: Places, others: Sequence[str], moment: Moment) -> list[StateRow]:
    """Our own state and `others` (letters of states, LGD codes of their districts), in the order of config.yaml."""
    told = figures.as_known(connection, moment.at_ms, first_day=day, last_day=day, heard_by_ms=moment.heard_by_ms)
    real = [version for version in told if not version.rehearsed]
    return [_row(place, [v for v in real if v.place == place], places) for place in (STATE_PLACE, *others)]


def _row(place: str, told: Sequence[Version], places: Places) -> StateRow:
    def chosen(kind: str, versions: Iterable[Version]) -> Chosen | None:
        return choose((version for version in versions if version.kind == kind), places.prefer)

    ministry = [version for version in told if of_ministry(version)]
    own = [version for version in told if not of_ministry(version)]
    return StateRow(
        place, places.named(place), places.state_of(place), chosen("target", told), chosen("reported", ministry),
        chosen("reported", own), chosen("recorded", told),
    )  # fmt: skip


def of_ministry(version: Version) -> bool:
    """True for the union health ministry's word."""
    return any(text in f"{version.who}\n{version.source}".casefold() for text in MINISTRY)
