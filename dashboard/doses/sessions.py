"""When a place of the figures holds sessions: a district by its own calendar, a joint area and the state by their districts. Pure."""

from collections.abc import Callable
from datetime import date as Date
from datetime import time
from functools import cache

from dashboard.doses.places import Places, district_of
from dashboard.settings import STATE_PLACE, Calendar


class Sessions:
    """The calendar of the config, asked by place (LGD code as text, session site, key of a joint area, STATE)."""

    def __init__(self, calendar: Calendar, places: Places) -> None:
        self.calendar, self._places = calendar, places
        self._everyone = frozenset(int(code) for code in places.districts)

    def codes(self, place: str) -> frozenset[int]:
        """LGD codes of the districts a place is made of; none for a place of another state."""
        if place == STATE_PLACE:
            return self._everyone
        district = district_of(place)
        own = (district,) if district in self._places.districts else ()
        return frozenset(int(code) for code in self._places.joint.get(place, own))

    def hours_on(self, place: str, day: Date) -> tuple[time, time] | None:
        """From the first opening to the last closing of its districts, in the state's zone; None: no session that day."""
        codes = self.codes(place)
        return self.calendar.span_on(day, codes) if codes else self.calendar.hours_on(day)

    def usual(self) -> Callable[[Date], bool]:
        """Whether a day is a session day of the state's own calendar."""
        return cache(lambda day: self.calendar.hours_on(day) is not None)

    def on(self, place: str) -> Callable[[Date], bool]:
        """Whether a day is a session day there: at least half of its districts hold sessions."""
        codes = self.codes(place)
        if not codes & self.calendar.apart().keys():
            return self.usual()
        return cache(lambda day: 2 * len(self.calendar.sessions_on(day, codes)) >= len(codes))

    def apart(self) -> frozenset[str]:
        """Places whose session days may differ from the state's: districts, joint areas with one, and the state."""
        codes = self.calendar.apart().keys()
        joint = {key for key, parts in self._places.joint.items() if codes & {int(code) for code in parts}}
        return frozenset({str(code) for code in codes} | joint | ({STATE_PLACE} if codes else set()))
