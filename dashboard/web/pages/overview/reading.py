"""Everything one overview is made of, read from the store at one moment. No wording and no judgement here."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, Engine

from dashboard.queries import districts, doses, incidents, measurements, operations
from dashboard.queries.decisions import Decided, decided
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.doses_now import DosesNow, DosesReader

HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Day:
    """The time window of the page, and the day whose figures it shows. Stamps in ms since 1970 UTC."""

    now_ms: int
    zone: ZoneInfo
    today: Date
    service_day: Date  # whose doses are shown
    session: tuple[int, int] | None  # of today, from the first opening to the last closing of any district
    next_session: datetime | None
    start_ms: int  # the window all three charts share
    end_ms: int

    @property
    def minute_ms(self) -> int:
        """Now, at its full minute: what is drawn up to it changes once a minute."""
        return self.now_ms - self.now_ms % MINUTE_MS

    @property
    def midnight_ms(self) -> int:
        """Start of today."""
        return _ms(datetime.combine(self.today, time(0), self.zone))

    @property
    def tomorrow_ms(self) -> int:
        """End of today: figures that became true later are not of this page."""
        return _ms(datetime.combine(self.today + timedelta(days=1), time(0), self.zone))


@dataclass(frozen=True)
class Reading:
    """Frames of one moment; the columns stand in dashboard.queries."""

    day: Day
    states: pd.DataFrame
    flips: pd.DataFrame
    uploads: pd.DataFrame
    quarter: pd.DataFrame
    pulse: pd.DataFrame
    incidents: pd.DataFrame
    concerned: pd.DataFrame
    told: pd.DataFrame
    figures: pd.DataFrame
    agents: pd.DataFrame
    watch: pd.DataFrame
    mails: pd.DataFrame
    decided: Decided
    doses: DosesNow

    @property
    def newest_ms(self) -> int | None:
        """When the newest sample was taken; None: there is none."""
        found = self.pulse["newest_ms"].dropna()
        return int(found.iloc[0]) if len(found) else None


def read_overview(
    engine: Engine, settings: ControlRoomFile, now: float, doses_reader: DosesReader | None = None
) -> Reading:
    """All frames of the page at `now` (seconds since 1970 UTC); a reader that is kept knows the usual courses already."""
    reader = doses_reader or DosesReader(settings)
    with reading(engine) as connection:
        day = day_at(connection, settings, int(now * 1000))
        found = incidents.incidents_touching(connection, min(day.start_ms, day.midnight_ms))
        numbers = found["incident_id"].tolist()
        return Reading(
            day=day,
            states=districts.states_now(connection),
            flips=districts.flips_between(connection, day.start_ms, day.now_ms + 1),
            uploads=measurements.upload_times(connection, day.start_ms, day.now_ms + 1),
            quarter=measurements.last_quarter(connection, day.now_ms),
            pulse=measurements.pulse(connection, day.now_ms),
            incidents=found,
            concerned=incidents.concerned(connection, numbers),
            told=incidents.told(connection, numbers),
            figures=doses.figures_of(connection, day.service_day.isoformat(), day.tomorrow_ms),
            agents=operations.agents(connection),
            watch=operations.watch(connection),
            mails=operations.mails(connection, day.midnight_ms),
            decided=decided(connection, settings, day.now_ms),
            doses=DosesNow(
                reader.costs(connection, numbers, day.now_ms), reader.paces(connection, day.today, day.now_ms)
            ),
        )


def day_at(connection: Connection, settings: ControlRoomFile, now_ms: int) -> Day:
    """The window and the service day at a moment."""
    zone = settings.zone
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    session = _session_on(settings, now.date())
    start_ms, end_ms = window(now_ms, session, zone)
    return Day(
        now_ms=now_ms,
        zone=zone,
        today=now.date(),
        service_day=_service_day(connection, now.date(), session is not None),
        session=session,
        next_session=_next_session(settings, now),
        start_ms=start_ms,
        end_ms=end_ms,
    )


def window(now_ms: int, session: tuple[int, int] | None, zone: ZoneInfo) -> tuple[int, int]:
    """Session hours with an hour before (from a full hour) and after; without a session the last eight hours.

    Always holds now: on a late evening it grows to the right, in the small hours to the left.
    """
    if session is None:
        return _full_hour(now_ms - 8 * HOUR_MS, zone), _full_hour(now_ms, zone) + 2 * HOUR_MS
    start = min(_full_hour(session[0] - HOUR_MS, zone), _full_hour(now_ms, zone))
    return start, max(session[1] + HOUR_MS, _full_hour(now_ms, zone) + HOUR_MS * 3 // 2)


def _full_hour(at_ms: int, zone: ZoneInfo) -> int:
    return _ms(datetime.fromtimestamp(at_ms / 1000, zone).replace(minute=0, second=0, microsecond=0))


def _hours_of_any(settings: ControlRoomFile, day: Date) -> tuple[time, time] | None:
    return settings.calendar.span_on(day, [district.code for district in settings.districts])


def _session_on(settings: ControlRoomFile, day: Date) -> tuple[int, int] | None:
    hours = _hours_of_any(settings, day)
    if hours is None:
        return None
    return _ms(datetime.combine(day, hours[0], settings.zone)), _ms(datetime.combine(day, hours[1], settings.zone))


def _next_session(settings: ControlRoomFile, now: datetime) -> datetime | None:
    for ahead in range(0, 60):
        day = now.date() + timedelta(days=ahead)
        hours = _hours_of_any(settings, day)
        if hours is not None and (begins := datetime.combine(day, hours[0], now.tzinfo)) > now:
            return begins
    return None


def _service_day(connection: Connection, today: Date, has_session: bool) -> Date:
    newest = doses.newest_day_with_figures(connection, today.isoformat())["day"].tolist()
    return Date.fromisoformat(newest[0]) if newest and not has_session else today


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
