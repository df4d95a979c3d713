"""Figures of a service day, as they were published or told. Appended rows; the newest of a kind and place is what counts."""

import pandas as pd
from sqlalchemy import Connection, select

from dashboard.doses.figure import KINDS
from dashboard.queries.frame import read
from dashboard.store.schema import figure

FIGURES = {
    "place": "str", "kind": "str", "value": "int64", "as_of_ms": "int64", "hour_known": "bool", "said": "str",
    "source": "str", "who": "str", "status": "str", "note": "str", "rehearsed": "bool",
}  # fmt: skip
DAYS = {"day": "str"}
MAX_FIGURES = 5000


def figures_of(connection: Connection, day: str, by_ms: int) -> pd.DataFrame:
    """All figures of a service day (YYYY-MM-DD) that were true by a moment, in the order they were true: columns FIGURES."""
    statement = (
        select(
            figure.c.place, figure.c.kind, figure.c.value, figure.c.as_of_ms, figure.c.hour_known, figure.c.said,
            figure.c.source, figure.c.who, figure.c.status, figure.c.note, figure.c.rehearsed,
        )
        .where(figure.c.day == day, figure.c.as_of_ms < by_ms, figure.c.kind.in_(KINDS))
        .order_by(figure.c.as_of_ms, figure.c.received_ms, figure.c.figure_id)
        .limit(MAX_FIGURES)
    )  # fmt: skip
    return read(connection, statement, FIGURES)


def newest_day_with_figures(connection: Connection, today: str) -> pd.DataFrame:
    """The newest service day up to `today` that has figures: no row or one, column `day`."""
    statement = (
        select(figure.c.day)
        .where(figure.c.day <= today, figure.c.kind.in_(KINDS))
        .order_by(figure.c.day.desc())
        .limit(1)
    )
    return read(connection, statement, DAYS)
