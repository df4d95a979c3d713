"""The watch over doses: figures in, steps of incidents of the kinds dose_stall and backlog_stalled out. One part of the watch's step.

Stalls are judged by the class that the replay drives (dashboard/doses/stalls.py), at the replay's own ticks. What it knows is read
from the store again after a restart, all but which districts were hit by another incident or stopped together: that is kept with the
watch's memory.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.silence import silences
from dashboard.decisions.standing import Standing as Decided
from dashboard.decisions.standing import standing as decided
from dashboard.doses.backlog import Backlog
from dashboard.doses.courses import Course
from dashboard.doses.expected import Profile
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.doses.stalls import Stalls
from dashboard.incidents import backlogs, ledger, silenced
from dashboard.incidents import stalls as stalls_of
from dashboard.incidents.backlogs import Paper
from dashboard.incidents.incident import IncidentKind
from dashboard.incidents.silenced import Quiet
from dashboard.incidents.transitions import Change, Standing
from dashboard.queries import doses_course, doses_today
from dashboard.queries.figures_known import Moment
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import decisions

_COUNTED_S = 300.0  # all counts of sixty days are read this often at most
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Counted:
    """Both counts of a place over the days, and where they leave its backlog."""

    course: Course
    now: Backlog


class DosesWatch:
    """Holds today's tellings and the newest backlogs between looks; `memory` is what it gave before a restart, or empty."""

    def __init__(self, settings: ControlRoomFile, memory: Mapping[str, Any]) -> None:
        self._settings, self._places = settings, Places(settings)
        self._sessions = Sessions(settings.calendar, self._places)
        self._divisions = {district.code: district.division for district in settings.districts}
        self._hit: tuple[float, Sequence[Sequence[float]]] = (memory.get("midnight", 0.0), memory.get("hit", []))
        self._stalls: Stalls | None = None
        self._looked_at = self._counted_at = 0.0
        self._known, self._due_ms = -1, 0  # the newest figure taken in, and when one that is stored becomes true
        self._counted_known, self._counted_day = -1, Date.min
        self._counts: dict[str, _Counted] = {}
        self._is_due = False

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON."""
        if self._stalls is None:
            return {"midnight": self._hit[0], "hit": self._hit[1]}
        return {"midnight": self._stalls.midnight, "hit": self._stalls.memory()}

    # -- looking -------------------------------------------------------------------------------------------------------

    def look(self, connection: Connection, now: float) -> None:
        """Take in what was told since the last look, at most once a tick; where nothing was told it costs one question."""
        self._is_due = not 0 <= now - self._looked_at < self._settings.dashboard.rules.tick_s
        if not self._is_due:
            return
        self._looked_at = now
        today = datetime.fromtimestamp(now, self._settings.zone).date()
        newest = doses_today.newest_id(connection)
        self._look_at_today(connection, today, now, newest)
        late = now - self._counted_at >= _COUNTED_S or now < self._counted_at
        if (newest != self._counted_known and late) or today != self._counted_day:
            self._counts = self._count(connection, now)
            self._counted_known, self._counted_day, self._counted_at = newest, today, now

    def _look_at_today(self, connection: Connection, today: Date, now: float, newest: int) -> None:
        stalls, new_day = self._stalls_of(today)
        now_ms = int(now * 1000)
        if stalls is None or (newest == self._known and not new_day and not 0 < self._due_ms <= now_ms):
            return
        rehearsed = self._settings.rehearsal is not None
        told = doses_today.told_of(connection, self._places, today.isoformat(), now_ms, rehearsed=rehearsed)
        for code, one in sorted(told.items(), key=lambda item: item[1].reports[-1]):  # in the order they were told
            stalls.reported(code, one.reports, one.target)
        self._known = newest
        self._due_ms = doses_today.next_as_of(connection, today.isoformat(), now_ms) or 0

    def _stalls_of(self, today: Date) -> tuple[Stalls | None, bool]:
        """The stalls of the day, and whether they are new; None on a day without sessions."""
        midnight = self._moment(today, time(0))
        if self._stalls is not None and self._stalls.midnight == midnight:
            return self._stalls, False
        profiles = self._profiles(today, midnight)
        self._stalls = None
        if profiles:
            self._stalls = Stalls(self._settings.dashboard.rules.doses, self._divisions, profiles, midnight)
            self._stalls.remember(self._hit[1] if self._hit[0] == midnight else ())
        return self._stalls, True

    def _profiles(self, today: Date, midnight: float) -> dict[int, Profile]:
        """The session of each district that has one today; one profile a span of hours."""
        found: dict[tuple[time, time], Profile] = {}
        profiles = {}
        for code in self._divisions:
            hours = self._settings.calendar.of(code).hours_on(today)
            if hours is not None:
                opens, closes = (self._moment(today, hour) - midnight for hour in hours)
                profiles[code] = found.setdefault(hours, Profile(opens, closes))
        return profiles

    def _count(self, connection: Connection, now: float) -> dict[str, _Counted]:
        """Both counts of every place that may be judged; a joint area stands for its districts."""
        calendar = self._settings.calendar
        moment = Moment(int(now * 1000))
        found = doses_course.courses(connection, moment, self._places, calendar, self._settings.zone)
        own = self._places.districts | self._places.joint.keys()
        kept, _ = self._places.without_doubles(own & found.keys())
        return {
            place: _Counted(found[place], found[place].now(self._sessions.on(place), calendar.first_day))
            for place in sorted(kept | ({STATE_PLACE} & found.keys()))
        }

    # -- judging -------------------------------------------------------------------------------------------------------

    def changes(self, connection: Connection, now: float, in_session: Collection[int]) -> list[Change]:
        """The steps that are due after a look, with what other incidents and decisions silence; none between two looks.

        `in_session`: LGD codes of the districts in which an incident may open now.
        """
        if not self._is_due:
            return []
        taken = decisions.until(connection, int(now * 1000))
        stands = decided(taken, int(now * 1000))
        today = datetime.fromtimestamp(now, self._settings.zone).date()
        since = min(now - self._settings.dashboard.rules.flap.reopen_s, self._moment(today, time(0)))
        standing = ledger.standing(connection, since, frozenset(self._divisions))
        return [
            *self._of_papers(self._papers(taken, stands, today), stands, now, in_session, standing),
            *self._of_stalls(stands, now, in_session, standing),
        ]

    def _of_papers(
        self,
        found: Mapping[str, Paper],
        stands: Mapping[int, Decided],
        now: float,
        in_session: Collection[int],
        standing: Sequence[Standing],
    ) -> list[Change]:
        quiet = _decided_quiet(stands, IncidentKind.BACKLOG_STALLED)
        ended = silenced.ended(self._settings, IncidentKind.BACKLOG_STALLED, quiet, standing)
        return ended + backlogs.advance(self._settings, found, now, in_session, _without(ended, standing))

    def _of_stalls(
        self, stands: Mapping[int, Decided], now: float, in_session: Collection[int], standing: Sequence[Standing]
    ) -> list[Change]:
        quiet = _decided_quiet(stands, IncidentKind.DOSE_STALL) | self._planned_quiet(now)
        ended = silenced.ended(self._settings, IncidentKind.DOSE_STALL, quiet, standing)
        if self._stalls is None:
            return ended
        held = self._settings.codes_in_session(now) - quiet.keys()
        self._stalls.hit(frozenset(quiet) | (held - frozenset(in_session)), now)
        return ended + stalls_of.advance(self._settings, self._stalls, now, held, _without(ended, standing))

    def _planned_quiet(self, now: float) -> dict[int, Quiet]:
        calendar = self._settings.calendar
        found = {code: calendar.downtime_at(now, code) for code in (self._divisions if calendar.downtime else ())}
        return {code: silenced.planned(one.note, one.since.timestamp()) for code, one in found.items() if one}

    def _papers(self, taken: Sequence[Decision], stands: Mapping[int, Decided], today: Date) -> dict[str, Paper]:
        silent = _decided_quiet(stands, IncidentKind.BACKLOG_STALLED).keys()
        done = _said_done(taken)
        return {
            place: self._paper(place, one, silent, self._recent_from(place, today), done)
            for place, one in self._counts.items()
        }

    def _paper(
        self, place: str, one: _Counted, silent: Collection[int], recent: Date, done: Mapping[int, int]
    ) -> Paper:
        codes, now = self._sessions.codes(place), one.now
        window = [point for point in one.course.points if now.since is not None and point.day >= now.since]
        begins_ms = int(self._moment(now.since or now.point.day, time(0)) * 1000)
        is_new = min(now.point.day, one.course.reach) >= recent
        return Paper(
            codes, now.point.backlog, now.age_days, now.age, self._entered_last(place, one.course),
            stalled=now.stalled and backlogs.entered(window) == 0,
            done=all(done.get(code, -1) >= begins_ms for code in codes),
            tells=is_new and now.point.backlog >= self._settings.dashboard.rules.backlog.doses and codes.isdisjoint(silent),
        )  # fmt: skip

    def _recent_from(self, place: str, today: Date) -> Date:
        """The first of a place's last session days, today among them, whose counts are new enough to tell anybody of."""
        day, left, is_session = today, self._settings.dashboard.rules.backlog.recent_days, self._sessions.on(place)
        while day > self._settings.calendar.first_day:
            left -= is_session(day)
            if left <= 0:
                break
            day -= _DAY
        return day

    def _entered_last(self, place: str, course: Course) -> float:
        """The close of the newest day on which the registry's count rose; of the first day known, if it never did."""
        points = course.points
        rose = (b.day for a, b in zip(points[-2::-1], points[:0:-1], strict=True) if b.recorded > a.recorded)
        day = next(rose, points[0].day)
        hours = self._sessions.hours_on(place, day)
        return self._moment(day, hours[1] if hours else time.max)

    def _moment(self, day: Date, hour: time) -> float:
        return datetime.combine(day, hour, self._settings.zone).timestamp()


def _decided_quiet(stands: Mapping[int, Decided], kind: IncidentKind) -> dict[int, Quiet]:
    """Districts (LGD codes) in which a standing decision silences an incident of this kind."""
    return {
        code: silenced.decided(one.what, one.since_ms / 1000)
        for code, one in stands.items()
        if one.what is not None and silences(stands, kind, code)
    }


def _without(ended: Sequence[Change], standing: Sequence[Standing]) -> list[Standing]:
    """What stands besides the incidents that are closed already."""
    closed = {change.incident for change in ended}
    return [item for item in standing if item not in closed]


def _said_done(taken: Sequence[Decision]) -> dict[int, int]:
    """When back-entry was last said to be done, ms by LGD code; a paper decision after it ends that."""
    said: dict[int, int] = {}
    for one in taken:  # oldest first
        for code in one.districts:
            if one.what is DecisionKind.BACK_ENTRY_DONE:
                said[code] = one.taken_ms
            elif one.what is DecisionKind.PAPER:
                said.pop(code, None)
    return said
