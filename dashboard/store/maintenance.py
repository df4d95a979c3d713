"""Maintenance windows made by people: for whom and when nothing opens or grows. Appended; what may be added to one is its early end."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from dashboard.store.engine import insert_new
from dashboard.store.schema import maintenance

_NO_WINDOW = 2**53  # a larger number would not fit into a question to the store


@dataclass(frozen=True)
class Window:
    """A window, times in ms since 1970 UTC. `ended_ms`: when a person ended it early."""

    maintenance_id: int
    begins_ms: int
    ends_ms: int
    districts: tuple[int, ...]  # LGD codes
    why: str
    who: str
    made_ms: int
    ended_ms: int | None = None
    ended_by: str | None = None

    @property
    def over_ms(self) -> int:
        """When it is over in fact."""
        return self.ends_ms if self.ended_ms is None else max(self.begins_ms, min(self.ends_ms, self.ended_ms))


@dataclass(frozen=True)
class New:
    """A window to store; `form` names the form it came from: sent twice, it is one window."""

    begins_ms: int
    ends_ms: int
    districts: Collection[int]
    why: str
    who: str
    form: str


def append(connection: Connection, new: New, now_ms: int) -> Window:
    """Store a window in the caller's transaction; the one that is there where another writer stored this form a moment before."""
    codes = tuple(sorted(new.districts))
    values = {
        "begins_ms": new.begins_ms, "ends_ms": new.ends_ms, "districts": json.dumps(codes), "why": new.why, "who": new.who,
        "made_ms": now_ms, "form": new.form,
    }  # fmt: skip
    connection.execute(insert_new(connection, maintenance).values(values))
    return _found(connection, maintenance.c.form == new.form)[0]


def of_form(connection: Connection, form: str) -> Window | None:
    """The window that came from a form, if it is stored."""
    return next(iter(_found(connection, maintenance.c.form == form)), None)


def numbered(connection: Connection, maintenance_id: int) -> Window | None:
    """The window of a number."""
    return next(iter(_found(connection, maintenance.c.maintenance_id == min(maintenance_id, _NO_WINDOW))), None)


def ending_after(connection: Connection, at_ms: int) -> list[Window]:
    """Windows planned to end after a moment, the one that begins first coming first."""
    return _found(connection, maintenance.c.ends_ms > at_ms)


def in_force(connection: Connection, at_ms: int) -> frozenset[int]:
    """The districts in maintenance at a moment."""
    windows = (one for one in ending_after(connection, at_ms) if one.begins_ms <= at_ms < one.over_ms)
    return frozenset(code for one in windows for code in one.districts)


def end(connection: Connection, maintenance_id: int, who: str, now_ms: int) -> bool:
    """End a window early; False: there is none, or it was over."""
    mine = (
        maintenance.c.maintenance_id == maintenance_id,
        maintenance.c.ended_ms.is_(None),
        maintenance.c.ends_ms > now_ms,
    )
    return connection.execute(update(maintenance).where(*mine).values(ended_ms=now_ms, ended_by=who)).rowcount == 1


def _found(connection: Connection, where: ColumnElement[bool]) -> list[Window]:
    query = select(maintenance).where(where).order_by(maintenance.c.begins_ms, maintenance.c.maintenance_id)
    return [_window(row) for row in connection.execute(query)]


def _window(row: Row[Any]) -> Window:
    return Window(
        row.maintenance_id, row.begins_ms, row.ends_ms, tuple(json.loads(row.districts)), row.why, row.who, row.made_ms,
        row.ended_ms, row.ended_by,
    )  # fmt: skip
