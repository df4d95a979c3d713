"""Maintenance windows by hand: made, and ended early. What they do stands in watch/: nothing opens or grows in their districts."""

from dataclasses import dataclass
from typing import Final

from dashboard.decisions.kinds import Objection
from dashboard.store import maintenance
from dashboard.store.maintenance import New, Window
from dashboard.web.pages.incidents.asked import MaintenanceAsked, seconds
from dashboard.web.pages.incidents.desk import Desk

LONGEST_MS: Final = 14 * 24 * 3_600_000
AHEAD_MS: Final = 366 * 24 * 3_600_000


@dataclass(frozen=True)
class Made:
    """The stored window; `again`: it was stored before, from the same form."""

    window: Window
    again: bool = False


def make(desk: Desk, asked: MaintenanceAsked, codes: frozenset[int]) -> Made | Objection:
    """Store a window from now on, or from later."""
    now_ms = int(desk.clock.now() * 1000)
    begins_ms, ends_ms = (int(seconds(moment) * 1000) for moment in (asked.begins, asked.ends))
    with desk.engine.begin() as connection:
        before = maintenance.of_form(connection, asked.form)
        if before is not None:
            same = (before.districts, before.ends_ms, before.why) == (tuple(sorted(codes)), ends_ms, asked.why)
            wrong = Objection(
                "form", f"this form was sent before, as window {before.maintenance_id}", "Send a new form", True
            )
            return Made(before, again=True) if same else wrong
        begins_ms = max(begins_ms, now_ms)
        if not begins_ms < ends_ms <= begins_ms + LONGEST_MS or begins_ms > now_ms + AHEAD_MS:
            error = "the window does not end after it begins, is over, or is longer than 14 days"
            return Objection("ends", error, "Send a moment after the beginning, at most 14 days later")
        new = New(begins_ms, ends_ms, codes, asked.why, asked.who, asked.form)
        return Made(maintenance.append(connection, new, now_ms))


def end(desk: Desk, maintenance_id: int, who: str) -> Made | Objection:
    """End a window now; one that has not begun is called off."""
    with desk.engine.begin() as connection:
        found = maintenance.numbered(connection, maintenance_id)
        if found is None:
            return Objection(
                "maintenance_id", f"there is no window {maintenance_id}", "GET /api/v1/maintenance lists them"
            )
        if not maintenance.end(connection, maintenance_id, who, int(desk.clock.now() * 1000)):
            return Objection("maintenance_id", f"window {maintenance_id} is over already", "Nothing was changed", True)
        ended = maintenance.numbered(connection, maintenance_id)
    assert ended is not None
    return Made(ended)
