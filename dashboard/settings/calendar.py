"""When sessions are held: section `calendar` of config.yaml, for the state, and for districts with sessions of their own.

May be changed: how long a planned downtime may last. dashboard/settings/ holds this section; every field has an example.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date as Date
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from probes.sections import DistrictCode, Section, refuse

LONGEST = timedelta(days=14)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")


def _hours(text: str) -> str:
    match = _HOURS.match(text)
    if not match or text[:5] >= text[6:] or text[6:] > "24:00":
        raise refuse(f'"{text[:60]}" is not a span of hours within a day', 'Write for example "09:00-17:00", in quotes')
    return text


def _moment(value: object) -> object:
    """A moment with its offset; a test may hand in a datetime."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise refuse(
            f'"{str(value)[:60]}" is not a moment with its offset', "Write for example 2021-02-27T09:00:00+05:30"
        )
    return moment


Hours = Annotated[str, AfterValidator(_hours)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class SessionDay(Section):
    """A day that differs from the week's pattern."""

    date: Date = Field(examples=["2021-01-16"])
    hours: Hours | None = Field(default=None, examples=["11:30-17:30"])
    note: str = Field(default="", examples=["first day of the drive"])


class OwnSessions(Section):
    """Sessions of some districts that differ from the state's. What is left out is the state's, and so are days it does not name."""

    districts: tuple[DistrictCode, ...] = Field(min_length=1, examples=[[491]])
    hours: Hours | None = Field(default=None, examples=["10:00-16:00"])
    weekly: tuple[Weekday, ...] | None = Field(default=None, examples=[["mon", "thu"]])
    days: tuple[SessionDay, ...] = Field(default=(), examples=[[{"date": "2021-01-18"}]])
    closed: tuple[SessionDay, ...] = Field(default=(), examples=[[{"date": "2021-01-22", "note": "local holiday"}]])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.hours is None and self.weekly is None and not self.days and not self.closed:
            raise refuse(
                "it says nothing of its own",
                "Add hours, weekly, days or closed, or take the entry away",
                ("districts",),
            )
        return self


class Downtime(Section):
    """A time in which, by plan, no sessions are held: for these districts, or for all. Its moments are of the state's own clock."""

    since: Moment = Field(alias="from", examples=["2021-02-27T00:00:00+05:30"])
    until: Moment = Field(examples=["2021-03-01T00:00:00+05:30"])
    note: str = Field(default="", max_length=120, examples=["planned move of the registry"])
    districts: tuple[DistrictCode, ...] = Field(default=(), examples=[[491]])

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.until <= self.since:
            raise refuse(
                f"until {self.until:%Y-%m-%d %H:%M} is not after from {self.since:%Y-%m-%d %H:%M}",
                "Write the moment at which sessions may begin again",
                ("until",),
            )
        if self.until - self.since > LONGEST:
            raise refuse(
                f"it lasts over {LONGEST.days} days",
                "Write days without sessions into closed of the calendar",
                ("until",),
            )
        return self

    def concerns(self, code: int) -> bool:
        """True for a district (LGD code) of this downtime."""
        return not self.districts or code in self.districts

    @property
    def sentence(self) -> str:
        """`planned downtime until 14:00: move of the registry`; of more than a day the last one is named."""
        day = "" if self.until.date() == self.since.date() else f"{self.until.day} {self.until:%B}, "
        return f"planned downtime until {day}{self.until:%H:%M}" + (f": {self.note}" if self.note else "")


class Calendar(Section):
    """When sessions are held, from `first_day` on. Outside them nothing alerts and zero is not zero.

    By itself it answers for a district without sessions of its own; `of` gives the calendar of any district.
    """

    first_day: Date = Field(default=Date(2021, 1, 16), examples=["2021-01-16"])
    hours: Hours = Field(examples=["09:00-17:00"])
    weekly: tuple[Weekday, ...] = Field(default=(), examples=[["tue", "wed", "fri", "sat"]])
    days: tuple[SessionDay, ...] = Field(default=(), examples=[[{"date": "2021-01-16", "hours": "11:30-17:30"}]])
    closed: tuple[SessionDay, ...] = Field(default=(), examples=[[{"date": "2021-01-26", "note": "Republic Day"}]])
    own: tuple[OwnSessions, ...] = Field(default=(), examples=[[{"districts": [491], "hours": "10:00-16:00"}]])
    downtime: tuple[Downtime, ...] = Field(
        default=(), examples=[[{"from": "2021-02-27T00:00:00+05:30", "until": "2021-03-01T00:00:00+05:30"}]]
    )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        self._days_fit(self.days, self.closed, ())
        taken: set[int] = set()
        for index, one in enumerate(self.own):
            self._days_fit(one.days, one.closed, ("own", index))
            for place, code in enumerate(one.districts):
                if code in taken:
                    cure = "Put all that is its own into one entry"
                    raise refuse(f"district {code} stands twice", cure, ("own", index, "districts", place))
                taken.add(code)
        return self

    def _days_fit(
        self, days: tuple[SessionDay, ...], closed: tuple[SessionDay, ...], at: tuple[str | int, ...]
    ) -> None:
        named: set[Date] = set()
        for key, entries in (("days", days), ("closed", closed)):
            for index, entry in enumerate(entries):
                here = (*at, key, index, "date")
                if key == "days" and entry.date < self.first_day:
                    cure = "Sessions begin on first_day: correct one of the two"
                    raise refuse(f"{entry.date} is before first_day {self.first_day}", cure, here)
                if entry.date in named:
                    raise refuse(f"{entry.date} stands twice", "A day has sessions or has none: keep one entry", here)
                named.add(entry.date)

    def hours_on(self, day: Date) -> tuple[time, time] | None:
        """Opening and closing time of a day in the state's zone; None: no session. 24:00 is the last moment of the day."""
        hours = self.pattern_on(day)
        return None if hours is None or self.downtime_on(day) is not None else hours

    def pattern_on(self, day: Date) -> tuple[time, time] | None:
        """The same as if no downtime were planned."""
        if day < self.first_day or any(entry.date == day for entry in self.closed):
            return None
        special = next((entry for entry in self.days if entry.date == day), None)
        if special is None and WEEKDAYS[day.weekday()] not in self.weekly:
            return None
        text = special.hours if special and special.hours else self.hours
        closing = time.max if text[6:] == "24:00" else time.fromisoformat(text[6:])
        return time.fromisoformat(text[:5]), closing

    def downtime_on(self, day: Date) -> Downtime | None:
        """The planned downtime of all that takes a day's whole session, of several in a row the last; None also without a session."""
        if not self.downtime or (hours := self.pattern_on(day)) is None:
            return None
        (taken, closes), last = (datetime.combine(day, hour) for hour in hours), None
        for one in sorted(self.downtime, key=lambda one: one.since):
            if not one.districts and one.since.replace(tzinfo=None) <= taken < one.until.replace(tzinfo=None):
                taken, last = one.until.replace(tzinfo=None), one
        return last if taken >= closes else None

    def apart(self) -> Mapping[int, "Calendar"]:
        """The calendars of the districts (LGD codes) that differ from the state's."""
        return _apart(self)

    def of(self, code: int) -> "Calendar":
        """The calendar of one district (LGD code), with its own sessions and planned downtime taken in."""
        return _apart(self).get(code, self)

    def sessions_on(self, day: Date, codes: Iterable[int]) -> frozenset[int]:
        """Those of the districts (LGD codes) that hold sessions on a day."""
        apart, usual = _apart(self), self.hours_on(day) is not None
        return frozenset(code for code in codes if (apart[code].hours_on(day) is not None if code in apart else usual))

    def downtime_at(self, now: float, code: int) -> Downtime | None:
        """The planned downtime of a district at a moment (seconds since 1970 UTC); of several the one that ends last."""
        holds = (one for one in self.downtime if one.since.timestamp() <= now < one.until.timestamp())
        return max((one for one in holds if one.concerns(code)), key=lambda one: one.until, default=None)

    def sits(self, local: datetime) -> bool:
        """True within session hours and outside planned downtime of all; `local` in the state's zone."""
        hours = self.hours_on(local.date())
        if hours is None or not hours[0] <= local.time() < hours[1]:
            return False
        return not any(not one.districts and one.since <= local < one.until for one in self.downtime)

    def sitting(self, local: datetime, codes: Collection[int]) -> frozenset[int]:
        """Those of the districts (LGD codes) that hold sessions at a moment of the state's zone, outside planned downtime."""
        apart, usual = _apart(self), self.sits(local)
        return frozenset(code for code in codes if (apart[code].sits(local) if code in apart else usual))

    def span_on(self, day: Date, codes: Iterable[int]) -> tuple[time, time] | None:
        """From the first opening to the last closing of any of these districts (LGD codes); None: none has a session that day."""
        apart = _apart(self)
        calendars = {id(one): one for one in (apart.get(code, self) for code in codes)}.values()
        found = [hours for one in calendars if (hours := one.hours_on(day)) is not None]
        return (min(hours[0] for hours in found), max(hours[1] for hours in found)) if found else None

    def refuse_strangers(self, codes: Collection[int], zone: ZoneInfo) -> None:
        """Raise what check-config says of a district that is not in the list, or of a moment by another clock than the state's."""
        lists: dict[str, Sequence[OwnSessions | Downtime]] = {"own": self.own, "downtime": self.downtime}
        for key, entries in lists.items():
            for index, one in enumerate(entries):
                for place, code in enumerate(one.districts):
                    if code not in codes:
                        at = ("calendar", key, index, "districts", place)
                        raise refuse(f"district {code} is not in districts", "Use a code of the list districts", at)
        for index, downtime in enumerate(self.downtime):
            for key, moment in (("from", downtime.since), ("until", downtime.until)):
                here = moment.astimezone(zone)
                if here.utcoffset() != moment.utcoffset():
                    wrong = f'"{moment.isoformat()}" is not written by the clock of {zone.key}'
                    raise refuse(wrong, f"Write {here.isoformat()}", ("calendar", "downtime", index, key))


@lru_cache(maxsize=16)
def _apart(calendar: Calendar) -> Mapping[int, Calendar]:
    entries: list[OwnSessions | Downtime] = [*calendar.own, *calendar.downtime]
    return {code: _own(calendar, code) for one in entries for code in one.districts}


def _own(calendar: Calendar, code: int) -> Calendar:
    downtime = (one for one in calendar.downtime if one.concerns(code))
    plain: dict[str, object] = {
        "own": (),
        "downtime": tuple(one.model_copy(update={"districts": ()}) for one in downtime),
    }
    own = next((one for one in calendar.own if code in one.districts), None)
    if own is not None:
        named = {entry.date for entry in (*own.days, *own.closed)}
        plain |= {
            "hours": own.hours or calendar.hours,
            "weekly": calendar.weekly if own.weekly is None else own.weekly,
            "days": own.days + tuple(entry for entry in calendar.days if entry.date not in named),
            "closed": own.closed + tuple(entry for entry in calendar.closed if entry.date not in named),
        }
    return calendar.model_copy(update=plain)
