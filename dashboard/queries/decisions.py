"""What is decided, what stands, what is suggested now, and the evidence that a new decision takes along. Read-only."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from dashboard.decisions.kinds import Decision
from dashboard.decisions.standing import BackEntry, Standing, standing
from dashboard.decisions.suggestions import Facts, State, Suggestion, suggestions
from dashboard.detection.states import DistrictState
from dashboard.doses.figure import STOCK_KINDS
from dashboard.doses.versions import Chosen, chosen_of
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import decisions, figures, flips, jobs
from dashboard.store.flips import WHOLE_STATE
from dashboard.store.schema import flip, incident, incident_district

_LOOK_BACK_MS: Final = 6 * 3_600_000  # more than the longest time a suggestion can ask for
_JUDGED_MS: Final = 2 * 60_000


@dataclass(frozen=True)
class Decided:
    """Every decision up to a moment, oldest first; what stands by LGD code; what is suggested."""

    now_ms: int
    decisions: tuple[Decision, ...]
    standing: Mapping[int, Standing]
    suggestions: tuple[Suggestion, ...] = ()


def decided(connection: Connection, settings: ControlRoomFile, now_ms: int) -> Decided:
    """What is decided and suggested at a moment, milliseconds since 1970 UTC."""
    taken = decisions.until(connection, now_ms)
    stands = standing(taken, now_ms)
    if not _is_judged(connection, now_ms):
        return Decided(now_ms, tuple(taken), stands)
    codes = tuple(district.code for district in settings.districts)
    facts = Facts(
        now_ms, codes, states_lately(connection, now_ms), stands, paper_left(connection, settings, stands, now_ms)
    )
    return Decided(now_ms, tuple(taken), stands, tuple(suggestions(facts, settings.dashboard.rules.decisions)))


def states_lately(connection: Connection, now_ms: int) -> dict[int, list[State]]:
    """The states of each district over the last hours, oldest first; the last one holds now."""
    start_ms = now_ms - _LOOK_BACK_MS
    found: dict[int, list[State]] = defaultdict(list)
    query = select(flip.c.district, flip.c.since_ms, flip.c.old, flip.c.new).where(
        flip.c.at_ms >= start_ms, flip.c.at_ms <= now_ms
    )
    for row in connection.execute(query.order_by(flip.c.at_ms, flip.c.flip_id)):
        states = found[row.district]
        if not states:
            states.append(State(start_ms, DistrictState(row.old)))
        states.append(State(row.since_ms, DistrictState(row.new)))
    for code, last in flips.newest(connection).items():
        if code not in found and last.at_ms <= now_ms:
            found[code] = [State(last.since_ms, last.new)]
    return dict(found)


def paper_left(
    connection: Connection, settings: ControlRoomFile, stands: dict[int, Standing], now_ms: int
) -> dict[int, int | None]:
    """Doses of the paper time that the registry has not counted, of districts that owe back-entry; None: a figure is missing."""
    owed = {code: one.back_entry for code, one in stands.items() if one.back_entry is not None}
    if not owed:
        return {}
    days = {code: _days(entry, settings, now_ms) for code, entry in owed.items()}
    every = sorted({day for mine in days.values() for day in mine})
    chosen = _known(connection, settings, now_ms, every[0], every[-1])
    return {code: _left(chosen, place_of(settings, code), mine) for code, mine in days.items()}


def evidence_now(
    connection: Connection, settings: ControlRoomFile, codes: Collection[int], incident_id: int | None, now_ms: int
) -> dict[str, Any]:
    """What is known of these districts (LGD codes) at this moment, ready for JSON: states, figures, the incident.

    Figures are those of today and of days on paper that still owe back-entry; of each place and kind the chosen one.
    """
    stands = standing(decisions.until(connection, now_ms), now_ms)
    owed = [one.back_entry for code, one in stands.items() if code in codes and one.back_entry is not None]
    today = _day(now_ms, settings)
    days = {today.isoformat(), *(day for entry in owed for day in _days(entry, settings, now_ms))}
    places = {STATE_PLACE, *(place_of(settings, code) for code in codes)}
    known = _known(connection, settings, now_ms, min(days), max(days))
    rows = [_figure(chosen) for (place, day, _), chosen in sorted(known.items()) if place in places and day in days]
    return {
        "at_ms": now_ms, "day": today.isoformat(), "states": _states(connection, codes), "figures": rows,
        "incident": None if incident_id is None else incident_of(connection, incident_id),
    }  # fmt: skip


def incident_of(connection: Connection, incident_id: int) -> dict[str, Any] | None:
    """An incident as it stands now; None when there is none of this number."""
    row = connection.execute(select(incident).where(incident.c.incident_id == incident_id)).mappings().one_or_none()
    if row is None:
        return None
    members = select(incident_district.c.district).where(
        incident_district.c.incident_id == incident_id, incident_district.c.left_ms.is_(None)
    )
    kept = ("incident_id", "kind", "scope", "status", "since_ms", "sentence", "steps")
    return {key: row[key] for key in kept} | {"districts": sorted(connection.execute(members).scalars())}


def open_incidents(connection: Connection) -> list[tuple[int, str]]:
    """Open incidents, oldest first: number and sentence."""
    query = select(incident.c.incident_id, incident.c.sentence).where(incident.c.status == "open")
    return [(row.incident_id, row.sentence) for row in connection.execute(query.order_by(incident.c.since_ms))]


def place_of(settings: ControlRoomFile, code: int) -> str:
    """The place whose figures count for a district: its own, or the joint area it shares."""
    return next((area.key for area in settings.joint_areas if code in area.districts), str(code))


def _is_judged(connection: Connection, now_ms: int) -> bool:
    """False while the monitor is blind or the watch has not run of late: what the store says of now may be old."""
    ran = jobs.ran_at(connection, jobs.WATCH)
    whole = flips.newest(connection).get(WHOLE_STATE)
    blind = whole is not None and whole.new is DistrictState.BLIND
    return ran is not None and now_ms - ran <= _JUDGED_MS and not blind


def _states(connection: Connection, codes: Collection[int]) -> list[dict[str, Any]]:
    now = flips.newest(connection)
    return [
        {"district": code, "state": str(now[code].new), "since_ms": now[code].since_ms, "sentence": now[code].sentence}
        if code in now
        else {
            "district": code,
            "state": str(DistrictState.NO_DATA),
            "since_ms": None,
            "sentence": "nothing measured yet",
        }
        for code in sorted(codes)
    ]


Key = tuple[str, str, str]  # place, day, kind


def _known(
    connection: Connection, settings: ControlRoomFile, now_ms: int, first_day: str, last_day: str
) -> dict[Key, Chosen]:
    """The chosen figures of doses as known now, on both clocks; made-up ones of a rehearsal only where nothing else is told."""
    found = figures.as_known(connection, now_ms, first_day=first_day, last_day=last_day, heard_by_ms=now_ms)
    doses = [version for version in found if version.kind not in STOCK_KINDS]
    made_up, real = ([version for version in doses if version.rehearsed == flag] for flag in (True, False))
    return chosen_of(made_up) | chosen_of(real, settings.dashboard.doses.prefer)


def _left(chosen: dict[Key, Chosen], place: str, days: Sequence[str]) -> int | None:
    """Reported minus recorded, day by day; days of which nothing is told had no session, but one at least must be known."""
    pairs = [tuple(chosen.get((place, day, kind)) for kind in ("reported", "recorded")) for day in days]
    told = [pair for pair in pairs if any(pair)]
    left = 0
    for reported, recorded in told:
        if reported is None or recorded is None or reported.version.rehearsed or recorded.version.rehearsed:
            return None
        left += max(0, reported.value - recorded.value)
    return left if told else None


def _figure(chosen: Chosen) -> dict[str, Any]:
    kept = (
        "place",
        "day",
        "kind",
        "value",
        "as_of_ms",
        "hour_known",
        "received_ms",
        "source",
        "who",
        "said",
        "status",
        "rehearsed",
    )
    return {key: getattr(chosen.version, key) for key in kept}


def _days(entry: BackEntry, settings: ControlRoomFile, now_ms: int) -> list[str]:
    first, last = _day(entry.since_ms, settings), _day(now_ms if entry.until_ms is None else entry.until_ms, settings)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _day(at_ms: int, settings: ControlRoomFile) -> Date:
    return datetime.fromtimestamp(at_ms / 1000, settings.zone).date()
