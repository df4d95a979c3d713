"""What was judged of each district: its state now, and the flips of a span. District 0 is the whole state."""

import pandas as pd
from sqlalchemy import Connection, func, select

from dashboard.queries.frame import read
from dashboard.store.schema import flip

FLIPS = {"district": "int64", "at_ms": "int64", "since_ms": "int64", "state": "str", "sentence": "str"}


def states_now(connection: Connection) -> pd.DataFrame:
    """The newest flip of each district that has one: columns FLIPS."""
    newest = select(func.max(flip.c.flip_id)).group_by(flip.c.district)
    statement = select(flip.c.district, flip.c.at_ms, flip.c.since_ms, flip.c.new, flip.c.sentence).where(
        flip.c.flip_id.in_(newest)
    )
    return read(connection, statement.order_by(flip.c.district), FLIPS)


def flips_between(connection: Connection, start_ms: int, end_ms: int) -> pd.DataFrame:
    """Flips in [start_ms, end_ms), and for each district the last one before: columns FLIPS, by district and time."""
    before = select(func.max(flip.c.flip_id)).where(flip.c.at_ms < start_ms).group_by(flip.c.district)
    inside = (flip.c.at_ms >= start_ms) & (flip.c.at_ms < end_ms)
    statement = (
        select(flip.c.district, flip.c.at_ms, flip.c.since_ms, flip.c.new, flip.c.sentence)
        .where(inside | flip.c.flip_id.in_(before))
        .order_by(flip.c.district, flip.c.at_ms, flip.c.flip_id)
    )
    return read(connection, statement, FLIPS)
