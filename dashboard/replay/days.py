"""The dose reports of a replay, taken in day by day: each session day has its own stalls."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from dashboard.doses.delayed import Day, part, together
from dashboard.doses.expected import Profile
from dashboard.doses.stalls import Stalls
from dashboard.incidents.incident import IncidentKind
from dashboard.incidents.transitions import Standing
from dashboard.replay.files import DoseReport
from dashboard.settings import ControlRoomFile


class Days:
    """Reports up to now, by service day."""

    def __init__(self, settings: ControlRoomFile, reports: Sequence[DoseReport], codes: Mapping[str, int]) -> None:
        self._settings, self._reports, self._codes = settings, reports, codes
        self._divisions = {district.code: district.division for district in settings.districts}
        self._profiles = {code: _profile(settings.calendar.of(code).hours) for code in self._divisions}
        self._taken = 0
        self._days: dict[str, Stalls] = {}

    def upto(self, now: float) -> Stalls | None:
        """The stalls of the day that `now` falls into, with every report until then; None without any report."""
        while self._taken < len(self._reports) and self._reports[self._taken].at <= now:
            report = self._reports[self._taken]
            self._taken += 1
            if report.district in self._codes:
                self.day(report.day).report(self._codes[report.district], report.at, report.given, report.target)
        return self._days.get(datetime.fromtimestamp(now, self._settings.zone).date().isoformat())

    def delayed(self, incident: Standing, end: float) -> dict[str, int]:
        """Doses behind pace during an incident, or nothing when that cannot be told from 0; `end` of the files."""
        day = datetime.fromtimestamp(incident.since, self._settings.zone).date().isoformat()
        if incident.kind is IncidentKind.MONITOR_OFFLINE or day not in self._days:
            return {}
        stalls = self._days[day]
        rules, until = self._settings.dashboard.rules.doses, incident.resolved or end
        hit = [stalls.districts[code] for code in incident.ever if code in stalls.districts]
        found = together(part(Day(rules, one.profile, stalls.midnight), one, incident.since, until) for one in hit)
        return {} if found is None else {
            "doses_short": found.doses, "doses_short_lo": found.low, "doses_short_hi": found.high,
        }  # fmt: skip

    def day(self, day: str) -> Stalls:
        """The stalls of a service day, YYYY-MM-DD."""
        if day not in self._days:
            midnight = datetime.combine(datetime.fromisoformat(day).date(), time(0), self._settings.zone).timestamp()
            rules = self._settings.dashboard.rules.doses
            self._days[day] = Stalls(rules, self._divisions, self._profiles, midnight)
        return self._days[day]


def _profile(hours: str) -> Profile:
    opens, closes = (int(hour[:2]) * 3600.0 + int(hour[3:]) * 60.0 for hour in hours.split("-"))
    return Profile(opens, closes)
