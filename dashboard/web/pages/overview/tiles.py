"""One tile a district, the counts of states, and the list of the worst. Plain values, ready for the browser to write."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.detection.states import WORST_FIRST, DistrictState
from dashboard.doses.silence import silence
from dashboard.settings import ControlRoomFile, District
from dashboard.web import wording
from dashboard.web.pages.overview.equation import NOT_REPORTED
from dashboard.web.pages.overview.reading import Day, Reading
from dashboard.web.pages.overview.told_figures import Newest, behind_pace, place_of

Tile = dict[str, Any]
WORDS_FOR = {
    DistrictState.DOWN: "fails", DistrictState.OWN_LINE: "line", DistrictState.NO_DATA: "silent",
    DistrictState.NO_SESSION: "", DistrictState.BLIND: "",
}  # fmt: skip
LONGEST_NAME = 10  # characters of a name that fit on a tile
WORST_ROWS = 6
QUIET = (DistrictState.OK, DistrictState.NO_SESSION)


@dataclass(frozen=True)
class Now:
    """A district at this moment. `since_ms` None: never judged."""

    district: District
    state: DistrictState
    since_ms: int | None
    sentence: str
    p95_s: float | None
    failed: int
    tried: int


def districts_now(reading: Reading, settings: ControlRoomFile) -> list[Now]:
    """Every district of the settings, in their order; one never judged has no data."""
    flips = {row.district: row for row in reading.states.itertuples(index=False)}
    measured = {row.district: row for row in reading.quarter.itertuples(index=False)}
    return [_now(district, flips.get(district.code), measured.get(district.code)) for district in settings.districts]


def _now(district: District, flip: Any, measured: Any) -> Now:
    p95 = None if measured is None or pd.isna(measured.p95_s) else float(measured.p95_s)
    failed = 0 if measured is None else int(measured.failed)
    tried = 0 if measured is None else int(measured.ok + measured.failed)
    if flip is None:
        return Now(district, DistrictState.NO_DATA, None, "Nothing measured yet.", p95, failed, tried)
    return Now(district, DistrictState(flip.state), int(flip.since_ms), str(flip.sentence), p95, failed, tried)


def tile(now: Now, newest: Newest, settings: ControlRoomFile, day: Day) -> Tile:
    """What the browser writes on a button; `share` 0 to 100 or None, `told` the words beside the bar."""
    share, told, remark = share_told(now.district.code, newest, settings, day)
    value = value_on_tile(now)
    state_since = (
        f"{now.state} since {wording.clock(now.since_ms, day.zone, day.today)}" if now.since_ms else str(now.state)
    )
    return {
        "code": now.district.code, "state": str(now.state), "value": value, "share": share, "told": told,
        "title": " · ".join(part for part in (now.district.name, state_since, now.sentence, remark) if part),
    }  # fmt: skip


def value_on_tile(now: Now) -> str:
    """p95 upload time, or the one word for a state that has none."""
    if now.state in WORDS_FOR:
        return WORDS_FOR[now.state] if now.since_ms is not None else ""
    return wording.upload_time(now.p95_s) if now.p95_s is not None else ""


def share_told(code: int, newest: Newest, settings: ControlRoomFile, day: Day) -> tuple[float | None, str, str]:
    """Reported share of the target, the words on the tile, and the words of its title."""
    place, joint = place_of(settings, code)
    reported, target = newest.get((place, "reported")), newest.get((place, "target"))
    if reported is None or (reported.value == 0 and why_none(code, settings, day) != NOT_REPORTED):
        why = why_none(code, settings, day)
        return None, why.removeprefix("planned "), "no doses reported" if why == NOT_REPORTED else why
    if target is None or target.value == 0:
        return (
            None,
            f"{wording.grouped(reported.value)} told",
            f"{wording.grouped(reported.value)} doses, {reported.hour(day)}",
        )
    share = wording.share(reported.value, target.value)
    earlier = f" {wording.clock(reported.as_of_ms, day.zone, day.service_day)}" if reported.hour_known else ""
    both = " both" if joint else ""
    remark = f"{wording.grouped(reported.value)} of {wording.grouped(target.value)} doses reported{both and ' for both districts'}"
    return (
        min(100.0, 100 * reported.value / target.value),
        f"{share}{earlier or both}",
        f"{remark}, {reported.hour(day)}",
    )


def why_none(code: int, settings: ControlRoomFile, day: Day) -> str:
    """ "not reported"; or "no session", "planned downtime", where the district was to give no doses on the day shown."""
    return str(silence(day.service_day, None, settings.calendar.of(code)))


def counts(nows: list[Now]) -> list[dict[str, Any]]:
    """Number of districts in each state, in the order of the legend."""
    found = Counter(str(now.state) for now in nows)
    order = (
        DistrictState.OK, DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN, DistrictState.OWN_LINE,
        DistrictState.NO_DATA, DistrictState.NO_SESSION,
    )  # fmt: skip
    shown = [*order, DistrictState.BLIND] if found[str(DistrictState.BLIND)] else order
    return [{"state": str(state), "count": found[str(state)]} for state in shown]


def worst_first(nows: list[Now]) -> list[Now]:
    """By state, then by upload time, slowest first."""
    return sorted(nows, key=lambda now: (WORST_FIRST.index(now.state), -(now.p95_s or 0.0), now.district.name))


def worst_list(nows: list[Now], newest: Newest, settings: ControlRoomFile, reading: Reading) -> dict[str, Any]:
    """Heading, rows and the line under them; on a calm day the slowest districts, said to be so."""
    ordered = worst_first(nows)
    deviating = [now for now in ordered if now.state not in QUIET and now.since_ms is not None]
    if deviating:
        more = len(deviating) - WORST_ROWS
        title, rows, rest = "Worst first", deviating[:WORST_ROWS], f"and {more} more" if more > 0 else ""
    else:
        rows = [now for now in ordered if now.p95_s is not None][:WORST_ROWS]
        judged = any(now.since_ms is not None for now in nows)
        calm = "No district deviates." if rows else "No upload was timed in the last 15 min."
        title, rest = (
            ("Slowest first" if rows else "Worst first"),
            calm if judged else "Nothing measured yet: districts come with their first samples.",
        )
    return {"title": title, "rows": [_row(now, newest, settings, reading) for now in rows], "rest": rest}


def _row(now: Now, newest: Newest, settings: ControlRoomFile, reading: Reading) -> dict[str, Any]:
    day = reading.day
    place, joint = place_of(settings, now.district.code)
    reported, target = newest.get((place, "reported")), newest.get((place, "target"))
    told = f"{wording.grouped(reported.value)}" if reported else why_none(now.district.code, settings, day)
    behind = behind_pace(newest, place, day, reading.doses.paces)
    return {
        "code": now.district.code, "state": str(now.state), "name": tile_name(now.district.name), "what": what(now),
        "since": wording.clock(now.since_ms, day.zone, day.today) if now.since_ms and now.state not in QUIET else "",
        "told": (f"{told} of {wording.grouped(target.value)}" if reported and target else told) + (" both" if joint else ""),
        "told_title": f"{reported.hour(day)}{', for both districts' if joint else ''}" if reported else "",
        "behind": "?" if behind is None else "on pace" if behind <= 0 else wording.grouped(behind),
        "behind_title": "not known: the hour of the figure is not published, or still to come" if behind is None else "",
    }  # fmt: skip


def what(now: Now) -> str:
    """What is wrong, in three or four words."""
    match now.state:
        case DistrictState.DOWN:
            return "no upload works"
        case DistrictState.OWN_LINE:
            return "own line lost"
        case DistrictState.NO_DATA:
            return "agent silent" if now.since_ms else "nothing measured yet"
        case DistrictState.BLIND:
            return "not seen from here"
    upload = wording.upload_time(now.p95_s) if now.p95_s is not None else "no upload timed"
    if now.failed and now.state is DistrictState.DEGRADED:
        return f"{wording.share(now.failed, now.tried)} fail, rest {upload}"
    return f"uploads {upload}" if now.state in QUIET else f"slow, {upload}"


def tile_name(name: str) -> str:
    """ "Mumbai Suburban" -> "Mumbai S.": long names of two words lose the second."""
    words = name.split()
    return f"{' '.join(words[:-1])} {words[-1][0]}." if len(name) > LONGEST_NAME and len(words) > 1 else name
