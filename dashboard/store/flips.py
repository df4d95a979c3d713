"""States of districts. A change is a row; the state now is the newest row. District 0 stands for the whole state."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from dashboard.detection.states import DistrictState
from dashboard.store.schema import flip

WHOLE_STATE = 0


class Flip(NamedTuple):
    district: int
    at_ms: int
    since_ms: int
    old: DistrictState
    new: DistrictState
    sentence: str


def append(connection: Connection, flips: list[Flip]) -> None:
    if flips:
        connection.execute(flip.insert(), [item._asdict() for item in flips])


def newest(connection: Connection) -> dict[int, Flip]:
    """The last flip of each district that ever had one."""
    last = select(func.max(flip.c.flip_id)).group_by(flip.c.district)
    rows = connection.execute(select(flip).where(flip.c.flip_id.in_(last)))
    return {
        r.district: Flip(r.district, r.at_ms, r.since_ms, DistrictState(r.old), DistrictState(r.new), r.sentence)
        for r in rows
    }
