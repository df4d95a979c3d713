"""The stored figures of a span, taken in as they became known: each session day has its own stalls, as in the live watch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date as Date
from datetime import datetime, time
from typing import Any

from dashboard.doses.expected import Profile
from dashboard.doses.places import Places
from dashboard.doses.stalls import Stalls
from dashboard.doses.versions import Version, chosen_of
from dashboard.settings import ControlRoomFile

Reports = tuple[tuple[float, int], ...]


class Tellings:
    """Figures by the moment at which both clocks had passed them: true, and received here."""

    def __init__(self, settings: ControlRoomFile, figures: Iterable[Version]) -> None:
        self._settings, self._places = settings, Places(settings)
        mine = (one for one in figures if one.place in self._places.districts and one.kind in ("reported", "target"))
        rehearsed = settings.rehearsal is not None
        self._left = sorted((one for one in mine if rehearsed or not one.rehearsed), key=_known_at, reverse=True)
        self._days: dict[Date, tuple[Stalls, _Day] | None] = {}

    def upto(self, now: float, hit: Mapping[str, Any]) -> Stalls | None:
        """The stalls of the day of `now` (seconds UTC), None on a day without sessions; `hit` is the watch's memory, or empty."""
        day = datetime.fromtimestamp(now, self._settings.zone).date()
        known, touched = self._day(day, hit), set[str]()
        while self._left and _known_at(self._left[-1]) <= now:
            one = self._left.pop()
            if known is not None and one.day == day.isoformat():
                touched |= known[1].take(one, self._places)
        if known is None:
            return None
        for place in sorted(touched):
            known[0].reported(int(place), known[1].reports(place), known[1].targets.get(place, 0))
        return known[0]

    def _day(self, day: Date, hit: Mapping[str, Any]) -> "tuple[Stalls, _Day] | None":
        if day not in self._days:
            midnight = datetime.combine(day, time(0), self._settings.zone).timestamp()
            profiles = self._profiles(day, midnight)
            divisions = {district.code: district.division for district in self._settings.districts}
            stalls = Stalls(self._settings.dashboard.rules.doses, divisions, profiles, midnight)
            stalls.remember(hit["hit"] if hit.get("midnight") == midnight else ())
            self._days[day] = (stalls, _Day()) if profiles else None
        return self._days[day]

    def _profiles(self, day: Date, midnight: float) -> dict[int, Profile]:
        """The session of each district that has one."""
        profiles = {}
        for district in self._settings.districts:
            hours = self._settings.calendar.of(district.code).hours_on(day)
            if hours is not None:
                moments = (datetime.combine(day, hour, self._settings.zone).timestamp() for hour in hours)
                profiles[district.code] = Profile(*(moment - midnight for moment in moments))
        return profiles


class _Day:
    """What is known of one service day; of several sources the one with the most tellings counts, as in queries/doses_today.py."""

    def __init__(self) -> None:
        self.targets: dict[str, int] = {}
        self._planned: list[Version] = []
        self._told: dict[str, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))

    def take(self, one: Version, places: Places) -> set[str]:
        """Take one figure in; the districts of which something is new."""
        if one.kind == "target":
            self._planned.append(one)
            chosen = chosen_of(self._planned, places.prefer)
            self.targets = {place: found.value for (place, _, _), found in chosen.items()}
            return {one.place} & self._told.keys()
        if one.hour_known:
            self._told[one.place][one.source][one.as_of_ms] = one.value
        return {one.place} if one.hour_known else set()

    def reports(self, place: str) -> Reports:
        """A district's tellings, oldest first: (seconds since 1970 UTC, cumulative doses)."""
        told = max(self._told[place].values(), key=lambda one: (len(one), max(one)))
        return tuple((at_ms / 1000, value) for at_ms, value in sorted(told.items()))


def _known_at(one: Version) -> float:
    """A target whose hour is not known was set for the day: it counts from the moment it is heard of."""
    as_of_ms = 0 if one.kind == "target" and not one.hour_known else one.as_of_ms
    return max(as_of_ms, one.received_ms) / 1000
