"""What an incident cost in doses: delayed while the session goes on, deferred once the evening has told; a range or nothing. Read-only.

The formulas are in dashboard/doses/delayed.py and dashboard/doses/estimates.py. May be changed: the words.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date as Date
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from math import ceil
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.doses.delayed import Day, Part, part, together
from dashboard.doses.estimates import DistrictDay, deferred, districts, span
from dashboard.doses.expected import Profile
from dashboard.doses.pace import Usual, corrected, gone
from dashboard.doses.places import Places
from dashboard.doses.reports import District
from dashboard.queries.figures_known import DayView, Moment, day_view
from dashboard.queries.pace import Courses, told_in_full
from dashboard.queries.quiet_days import PAPER_WAITS, Session, SessionTimes, not_quiet
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import figure, incident, incident_district

NOT_OF_DOSES: Final = (PAPER_WAITS, "monitor_offline")  # kinds: paper that waits, and a time in which we saw nothing
_FOR_EVER: Final = 2**62
_MOST_DAYS: Final = 60  # of an incident that is open for longer only the last are looked at
_TOLD_DAYS: Final = 7  # service days that are told: each costs a reading of three weeks
_MOSTLY: Final = 0.8  # of the targets: so much must have told its evening before anything is called deferred


@dataclass(frozen=True)
class IncidentDoses:
    """Doses delayed or deferred during an incident: `low` to `high`, and the sentence that may be printed.

    Of one service day, `day`, or of several up to it added up.
    """

    day: Date
    what: Literal["delayed", "deferred"]
    low: int
    high: int
    sentence: str

    @property
    def brief(self) -> str:
        """`40 to about 90 doses delayed`."""
        return f"{span(self.low, self.high)} doses {self.what}"

    @property
    def as_json(self) -> dict[str, str | int]:
        """What the API gives."""
        return {**asdict(self), "day": self.day.isoformat()}


@dataclass(frozen=True)
class Hit:
    """An incident with the span it lasted in each district, by LGD code: ms since 1970 UTC, far off where it goes on."""

    incident_id: int
    kind: str
    scope: str
    spans: Mapping[int, Session]

    @property
    def since_ms(self) -> int:
        return min(begins for begins, _ in self.spans.values())

    @property
    def until_ms(self) -> int:
        return max(ends for _, ends in self.spans.values())


def hits(connection: Connection, *where: ColumnElement[bool]) -> list[Hit]:
    """The incidents that may cost doses, oldest first."""
    query = (
        select(
            incident.c.incident_id, incident.c.kind, incident.c.scope, incident.c.since_ms, incident.c.opened_ms, incident.c.resolved_ms,
            incident_district.c.district, incident_district.c.joined_ms, incident_district.c.left_ms,
        )
        .join(incident_district, incident_district.c.incident_id == incident.c.incident_id)
        .where(incident.c.kind.not_in(NOT_OF_DOSES), incident.c.merged_into.is_(None), *where)
        .order_by(incident.c.since_ms, incident.c.incident_id)
    )  # fmt: skip
    found: dict[int, tuple[str, str, dict[int, Session]]] = {}
    for row in connection.execute(query):
        began = row.since_ms if row.joined_ms <= row.opened_ms else row.joined_ms
        ended = min(_FOR_EVER if end is None else end for end in (row.resolved_ms, row.left_ms))
        found.setdefault(row.incident_id, (row.kind, row.scope, {}))[2][row.district] = (began, ended)
    return [Hit(number, *rest) for number, rest in found.items()]


def hits_on(connection: Connection, times: SessionTimes, day: Date, now_ms: int) -> list[Hit]:
    """The incidents that touched the session of one of their districts on a day, up to a moment; oldest first."""
    begins, ends = times.midnight_ms(day), min(times.midnight_ms(day + timedelta(days=1)), now_ms + 1)
    lasted = incident.c.resolved_ms.is_(None) | (incident.c.resolved_ms >= begins)
    found = (_on_day(hit, times, day, now_ms) for hit in hits(connection, incident.c.since_ms < ends, lasted))
    return [hit for hit in found if hit.spans]


def _on_day(hit: Hit, times: SessionTimes, day: Date, now_ms: int) -> Hit:
    """With those of its districts alone whose session of that day it had touched by then."""
    spans = {
        code: (since, until)
        for code, (since, until) in hit.spans.items()
        if (one := times.on(str(code), day)) and one[0] <= min(until, now_ms) and since < one[1] and since <= now_ms
    }
    return replace(hit, spans=spans)


class DosesOfIncidents:
    """The reading, with the usual courses kept between two of them."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self._settings, self.places = settings, Places(settings)
        self.courses = Courses(settings, self.places)
        self.times = self.courses.times
        self._rehearsed = None if settings.rehearsal is not None else False  # a rehearsal judges what it made up
        self._lock = threading.Lock()
        self._settled: dict[Date, tuple[object, dict[int, IncidentDoses]]] = {}

    def now(self, connection: Connection, incident_ids: Collection[int], now_ms: int) -> dict[int, IncidentDoses]:
        """By incident, where it can be told from 0: over the service days that it touched up to `now_ms`."""
        by_day: dict[Date, list[Hit]] = defaultdict(list)
        for hit in hits(connection, incident.c.incident_id.in_(incident_ids)):
            for day, mine in self._days(hit, now_ms):
                by_day[day].append(mine)
        today, found = self.times.day_of(now_ms), defaultdict[int, list[IncidentDoses]](list)
        for day, touched in sorted(by_day.items()):
            read = self._read if day == today else self._kept
            for number, one in read(connection, day, touched, now_ms).items():
                found[number].append(one)
        return {number: _over_days(days) for number, days in found.items()}

    def _kept(self, connection: Connection, day: Date, mine: list[Hit], now_ms: int) -> dict[int, IncidentDoses]:
        """A day that is over changes only when a figure of it, or of a day before, comes or its incidents do."""
        key = _newest_upto(connection, day), mine
        with self._lock:
            if day not in self._settled or self._settled[day][0] != key:
                self._settled[day] = key, self._read(connection, day, mine, now_ms)
                while len(self._settled) > _MOST_DAYS:
                    self._settled.pop(next(iter(self._settled)))
            return self._settled[day][1]

    def _read(self, connection: Connection, day: Date, mine: list[Hit], now_ms: int) -> dict[int, IncidentDoses]:
        view = day_view(connection, self.places, day.isoformat(), Moment(now_ms), rehearsed=self._rehearsed)
        return self.of_day(connection, view, mine, now_ms)

    def of_day(
        self, connection: Connection, view: DayView, mine: Iterable[Hit], now_ms: int
    ) -> dict[int, IncidentDoses]:
        """The same on one service day, out of its figures as known."""
        that_day = _ThatDay(connection, self._settings, self.courses, view, now_ms)
        return {hit.incident_id: found for hit in mine if (found := that_day.doses(hit)) is not None}

    def _days(self, hit: Hit, now_ms: int) -> Iterator[tuple[Date, Hit]]:
        """The last service days that it touched, newest first, each with the districts that it touched then."""
        last, first = self.times.day_of(min(hit.until_ms, now_ms)), self.times.day_of(hit.since_ms)
        days = (last - timedelta(days=n) for n in range(min((last - first).days + 1, _MOST_DAYS)))
        touched = ((day, mine) for day in days if (mine := _on_day(hit, self.times, day, now_ms)).spans)
        return islice(touched, _TOLD_DAYS)


def _over_days(days: Sequence[IncidentDoses]) -> IncidentDoses:
    """Of one day as it is told; of several, oldest first, their sum. What is deferred was delayed too: a sum of both is called delayed."""
    *before, last = days
    if not before:
        return last
    what: Literal["delayed", "deferred"] = "deferred" if all(one.what == "deferred" for one in days) else "delayed"
    total = IncidentDoses(last.day, what, sum(one.low for one in days), sum(one.high for one in days), "")
    earlier = ", ".join(f"{span(one.low, one.high)} {one.what} on {one.day.day} {one.day:%B}" for one in before)
    each = f"{earlier}; on {last.day.day} {last.day:%B} {last.sentence}"
    return replace(total, sentence=f"{total.brief} on {len(days)} days during the incident: {each}")


def _newest_upto(connection: Connection, day: Date) -> int:
    """Grows with each figure of a day or an earlier one."""
    query = select(func.max(figure.c.figure_id)).where(figure.c.day <= day.isoformat())
    return int(connection.execute(query).scalar() or 0)


class _ThatDay:
    """One service day as known, for the incidents that touched it. Figures of a joint area stand for its districts."""

    def __init__(
        self, connection: Connection, settings: ControlRoomFile, courses: Courses, view: DayView, now_ms: int
    ) -> None:
        self._connection, self._settings, self._courses, self._times = connection, settings, courses, courses.times
        places = courses.places
        self._view, self._now_ms, self._day = view, now_ms, Date.fromisoformat(view.day)
        told = {place for place, kind in view.chosen if kind == "reported"} & (places.districts | places.joint.keys())
        kept, _ = places.without_doubles(place for place in told if view.value(place, "target"))
        self._sessions = {place: one for place in sorted(kept) if (one := self._times.on(place, self._day))}
        self._midnight = self._times.midnight_ms(self._day) / 1000

    def doses(self, hit: Hit) -> IncidentDoses | None:
        """Deferred once the evening has told and a usual turnout is known; until then delayed."""
        mine = [place for place in self._sessions if self._times.codes(place) <= hit.spans.keys()]
        evening = [place for place in mine if self._has_told(place)]
        if evening and self._targets(evening) >= _MOSTLY * self._targets(mine):
            usual = [place for place in evening if self._usual[place].days]
            if usual:
                return self._deferred(hit, usual)
        return self._delayed(hit, mine)

    def _has_told(self, place: str) -> bool:
        """Whether its session is over and its newest figure is of the evening."""
        chosen = self._view.chosen[place, "reported"].version
        return self._now_ms >= self._sessions[place][1] and told_in_full(chosen, self._sessions[place])

    def _targets(self, of: Iterable[str]) -> int:
        return sum(self._view.value(place, "target") or 0 for place in of)

    @cached_property
    def _usual(self) -> Mapping[str, Usual]:
        return self._courses.of(self._connection, self._day)

    @cached_property
    def _quiet(self) -> list[str]:
        """Places that nothing touched on this day, with their evening told and a usual turnout."""
        touched = {place for place, _ in not_quiet(self._connection, self._times, [self._day])}
        return [
            place
            for place in self._sessions
            if place not in touched and self._has_told(place) and self._usual[place].days
        ]

    def _deferred(self, hit: Hit, mine: list[str]) -> IncidentDoses | None:
        found = deferred(
            [self._district_day(place, self._during(place, hit)) for place in mine],
            [self._district_day(place) for place in self._quiet],
        )
        if int(found.low) <= 0:
            return None
        return IncidentDoses(self._day, "deferred", int(found.low), ceil(found.high), found.sentence)

    def _district_day(self, place: str, during: float = 1.0) -> DistrictDay:
        course = self._usual[place]
        target, reported = (self._view.value(place, kind) or 0 for kind in ("target", "reported"))
        held = course.share_by(1.0).mid  # less than 1 with planned downtime in the session
        turnout, spread = course.turnout.mid * held, course.spread * held
        return DistrictDay(
            target, reported, turnout, spread, during / held if held else 0.0, len(self._times.codes(place))
        )

    def _during(self, place: str, hit: Hit) -> float:
        """The share of a usual day's doses that falls into the incident."""
        before, after = (gone(*self._sessions[place], at_ms) for at_ms in self._span(place, hit))
        return self._usual[place].share_by(after).mid - self._usual[place].share_by(before).mid

    def _span(self, place: str, hit: Hit) -> Session:
        spans = [hit.spans[code] for code in self._times.codes(place)]
        return min(begins for begins, _ in spans), min(self._now_ms, max(ends for _, ends in spans))

    def _delayed(self, hit: Hit, mine: list[str]) -> IncidentDoses | None:
        parts = {place: one for place in mine if (one := self._part(place, hit)) is not None and one.expected > 0}
        found = together(parts.values())
        if found is None:
            return None
        number = sum(len(self._times.codes(place)) for place in parts)
        where = f"{span(found.low, found.high)} doses delayed in {districts(number)} during the incident"
        sentence = f"{where}{self._until(hit, parts)}"
        return IncidentDoses(self._day, "delayed", found.low, found.high, sentence)

    def _part(self, place: str, hit: Hit) -> Part | None:
        opens, closes = (at_ms / 1000 - self._midnight for at_ms in self._sessions[place])
        profile = Profile(opens, closes)
        downtime = tuple((begins / 1000, ends / 1000) for begins, ends in self._times.planned(place, self._day))
        day = Day(self._settings.dashboard.rules.doses, profile, self._midnight, downtime)
        since, until = self._span(place, hit)
        target = self._view.value(place, "target") or 0
        return part(day, District("", profile, target, self._reports(place)), since / 1000, until / 1000)

    def _reports(self, place: str) -> list[tuple[float, int]]:
        """What the source with the most tellings told: (seconds since 1970 UTC, doses so far), oldest first.

        What is told after the close was true at the close; what was revised downward is corrected before too.
        """
        closes_ms = self._sessions[place][1]
        by_source: dict[str, dict[int, int]] = defaultdict(dict)
        for revision in self._view.history[place, "reported"]:
            if revision.version.hour_known:
                by_source[revision.version.source][min(revision.version.as_of_ms, closes_ms)] = revision.version.value
        best = max(by_source.values(), key=lambda told: (len(told), max(told)), default={})
        told = sorted(best.items())
        counts = corrected([doses for _, doses in told])
        return [(at_ms / 1000, doses) for (at_ms, _), doses in zip(told, counts, strict=True)]

    def _until(self, hit: Hit, parts: Collection[str]) -> str:
        """Until when its places told, and what is not known yet."""
        newest = max(self._reports(place)[-1][0] for place in parts)
        told = f"{datetime.fromtimestamp(newest, self._settings.zone):%H:%M}"
        if self._now_ms < max(self._sessions[place][1] for place in parts):
            so_far = " so far" if self._now_ms < hit.until_ms else ""
            return f"{so_far}, as told until {told}; they may still be given today"
        return f", as told until {told}; how many were given later is not known"
