"""One incident with all that is known of it, read at one moment: row, districts, timeline, mails, recovery, doses. No words made here."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from dashboard.doses.recovery import Recovery
from dashboard.incidents.by_hand import NO_INCIDENT
from dashboard.queries import doses_today, incidents
from dashboard.queries.frame import reading
from dashboard.queries.incident_doses import DosesOfIncidents, IncidentDoses
from dashboard.queries.recovery import Ended, recoveries
from dashboard.store import maintenance
from dashboard.store.maintenance import Window
from dashboard.web.pages.incidents.desk import Desk

SHOWN: Final = 200
_KEPT_MS: Final = 300_000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What the page shows and the API tells of one incident; rows by the columns of dashboard/queries/incidents.py, None: not known."""

    row: Row
    districts: tuple[int, ...]  # LGD codes it lasts for; after its end all that it ever had
    steps: Sequence[Row]
    mails: Sequence[Row]
    taken_in: Sequence[int]  # numbers of those merged into it
    sealed: int  # steps with evidence
    recovery: Recovery | None  # while it recovers
    doses: IncidentDoses | None


@dataclass(frozen=True)
class Listed:
    """One line of the list: the row, its districts, and how many of its mails the relay has taken, of how many."""

    row: Row
    districts: tuple[int, ...]
    told: tuple[int, int]


class Telling:
    """Reads incidents; keeps what the doses of two readings have in common."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._doses = desk, DosesOfIncidents(desk.settings)
        self._recoveries: dict[int, tuple[object, Recovery]] = {}  # as long as nothing new is told, for some minutes

    def listed(self, kinds: Collection[str], phases: Collection[str]) -> list[Listed]:
        """Incidents of these kinds and phases, what is open first; nothing given: all. At most SHOWN."""
        with reading(self._desk.engine) as connection:
            rows = rows_of(incidents.listed(connection, kinds, phases, SHOWN))
            numbers = [int(row["incident_id"]) for row in rows]
            concerned = rows_of(incidents.concerned(connection, numbers))
            told = {
                row["incident_id"]: (row["told"], row["owed"]) for row in rows_of(incidents.told(connection, numbers))
            }
        return [
            Listed(row, _districts(concerned, row["incident_id"]), told.get(row["incident_id"], (0, 0))) for row in rows
        ]

    def windows(self) -> list[Window]:
        """Maintenance windows that are in force or still to come."""
        now_ms = int(self._desk.clock.now() * 1000)
        with reading(self._desk.engine) as connection:
            return [one for one in maintenance.ending_after(connection, now_ms) if one.over_ms > now_ms]

    def one(self, incident_id: int) -> Told | None:
        """The incident of a number, or None."""
        with reading(self._desk.engine) as connection:
            rows = rows_of(incidents.numbered(connection, [min(incident_id, NO_INCIDENT)]))
            return self._told(connection, rows[0]) if rows else None

    def _told(self, connection: Connection, row: Row) -> Told:
        number, now_ms = int(row["incident_id"]), int(self._desk.clock.now() * 1000)
        ever = rows_of(incidents.concerned(connection, [number]))
        codes = _districts(ever, number)
        recovery = self._recovery(connection, row, codes, now_ms) if row["phase"] == "recovering" else None
        return Told(
            row, codes, rows_of(incidents.steps_of(connection, number)), rows_of(incidents.mails_of(connection, number)),
            incidents.taken_in(connection, number), incidents.steps_with_evidence(connection, number), recovery,
            self._doses.now(connection, [number], now_ms).get(number),
        )  # fmt: skip

    def _recovery(self, connection: Connection, row: Row, codes: tuple[int, ...], now_ms: int) -> Recovery:
        number = int(row["incident_id"])
        seen = (doses_today.newest_id(connection), row["steps"], now_ms // _KEPT_MS)
        kept = self._recoveries.get(number)
        if kept is not None and kept[0] == seen:
            return kept[1]
        ended = Ended(frozenset(codes), row["scope"] == "state", row["since_ms"], row["resolved_ms"])
        found = recoveries(connection, self._desk.settings, self._doses.places, {number: ended}, now_ms)[number]
        self._recoveries = {number: (seen, found)}
        return found


def as_json(told: Told) -> dict[str, Any]:
    """As GET /api/v1/incidents/ID tells it."""
    history = [dict(step) | {"districts": json.loads(step["districts"])} for step in told.steps]
    return dict(told.row) | {
        "districts": list(told.districts), "history": history, "mails": [dict(mail) for mail in told.mails],
        "taken_in": list(told.taken_in), "doses": told.doses.as_json if told.doses else None,
        "recovery": None if told.recovery is None else {"left": told.recovery.left, "sentence": told.recovery.sentence},
    }  # fmt: skip


def _districts(concerned: Sequence[Row], incident_id: int) -> tuple[int, ...]:
    mine = [one for one in concerned if one["incident_id"] == incident_id]
    lasting = [one["district"] for one in mine if one["left_ms"] is None]
    return tuple(sorted(lasting or [one["district"] for one in mine]))


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """Rows of a frame as plain Python values; what is missing is None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
