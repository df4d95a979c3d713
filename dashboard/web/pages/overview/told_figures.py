"""The newest figure of a place and kind, with its hour in words. A figure that is not there stays None: never zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.doses.pace import PaceNow
from dashboard.doses.versions import Version, chosen_of
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.overview.reading import Day

LONGEST_SAID = 24  # characters that fit beside a figure; a longer remark goes to its title


@dataclass(frozen=True)
class Told:
    """One figure as the page shows it. `as_of_ms` is the end of the day when the hour is not known."""

    value: int
    as_of_ms: int
    hour_known: bool
    said: str
    source: str
    who: str
    note: str
    rehearsed: bool

    def hour(self, day: Day) -> str:
        """ "as of 16:30", or what was said of it, or "hour not published"."""
        if self.hour_known:
            return f"as of {wording.clock(self.as_of_ms, day.zone, day.today)}"
        if self.said and len(self.said) <= LONGEST_SAID:
            return self.said
        return "hour not published"

    def told_of(self) -> str:
        """Who said it, remark and note in one line, for a title."""
        parts = (self.who, self.said, self.note, self.source, "rehearsed, made up" if self.rehearsed else "")
        return " · ".join(part for part in parts if part)

    def address(self) -> str:
        """The source as a web address, or an empty text."""
        first = self.source.split(" ")[0]
        return first if first.startswith(("https://", "http://")) else ""


Newest = Mapping[tuple[str, str], Told]


def newest_published(figures: pd.DataFrame, prefer: Sequence[str] = ()) -> Newest:
    """(place, kind) -> the figure to show, by dashboard.doses.versions.choose, of those not made up for a rehearsal.

    `figures` of one service day, in the order they were true; `prefer` the preferred sources of config.yaml.
    """
    rows = list(figures[~figures["rehearsed"].astype(bool)].itertuples(index=False))
    versions = (
        Version(
            n,
            row.place,
            "",
            row.kind,
            row.value,
            row.as_of_ms,
            row.hour_known,
            0,
            row.source,
            row.who,
            status=row.status,
        )
        for n, row in enumerate(rows)
    )
    chosen = chosen_of(versions, prefer)
    return {(place, kind): told_from(rows[found.version.figure_id]) for (place, _, kind), found in chosen.items()}


def told_from(row: object) -> Told:
    """One row of dashboard.queries.doses.FIGURES."""
    get = row.__getattribute__
    texts = {name: str(get(name)) for name in ("said", "source", "who", "note")}
    return Told(
        int(get("value")), int(get("as_of_ms")), bool(get("hour_known")), rehearsed=bool(get("rehearsed")), **texts
    )


def place_of(settings: ControlRoomFile, code: int) -> tuple[str, bool]:
    """The place whose target and figures count for a district, and whether it shares them with others."""
    area = next((area for area in settings.joint_areas if code in area.districts), None)
    return (area.key, True) if area else (str(code), False)


def behind_pace(newest: Newest, place: str, day: Day, paces: Mapping[str, PaceNow]) -> int | None:
    """Doses behind what was to be expected at the hour of the figure; None when that hour is not known or yet to come."""
    told, reported = paces[place].told if place in paces else None, newest.get((place, "reported"))
    if told is None or reported is None or not reported.hour_known or reported.as_of_ms != paces[place].told_at_ms:
        return None
    return round(told.expected.mid - reported.value) if day.today == day.service_day else None


def state_value(newest: Newest, kind: str) -> int | None:
    """A figure of the whole state."""
    told = newest.get((STATE_PLACE, kind))
    return told.value if told else None
