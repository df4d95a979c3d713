"""The panel of one district: its state, uploads, figures with sources, incidents and officer."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from dashboard.detection.states import DistrictState
from dashboard.detection.words import span
from dashboard.doses.pace import PaceNow
from dashboard.incidents.course import is_failing
from dashboard.queries import districts, doses, incidents, measurements
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.figures.district import district_figure
from dashboard.web.figures.view import View, view_named
from dashboard.web.pace_words import range_words
from dashboard.web.pages.overview import incident_rows
from dashboard.web.pages.overview.doses_now import DosesReader
from dashboard.web.pages.overview.reading import HOUR_MS, MINUTE_MS, Day, day_at
from dashboard.web.pages.overview.told_figures import place_of, told_from

HOURS_SHOWN = 3
NEWEST = 10  # uploads that say how it is now, none of them older than this
NEWEST_MS = 15 * MINUTE_MS
_UPLOADS_SAY = (DistrictState.OK, DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN)
MOST_FIGURES = 12
LABELS = {"target": "Target", "reported": "Reported", "recorded": "Recorded", "paper": "On paper"}


def panel(
    engine: Engine, settings: ControlRoomFile, reader: DosesReader, now: float, code: int, theme: str
) -> dict[str, Any]:
    """All the panel shows, and its figure as a Plotly dict; KeyError for a code that is not in the settings."""
    district = settings.district(code)
    with reading(engine) as connection:
        day = day_at(connection, settings, int(now * 1000))
        states = districts.states_now(connection)
        uploads = measurements.uploads_of(connection, code, day.now_ms - HOURS_SHOWN * HOUR_MS)
        figures = doses.figures_of(connection, day.service_day.isoformat(), day.tomorrow_ms)
        mine = incidents.incidents_of(connection, code, day.midnight_ms)
        paces = reader.paces(connection, day.today, day.now_ms)
    state = states[states["district"] == code]
    since = wording.clock(int(state["since_ms"].iloc[0]), day.zone, day.today) if len(state) else ""
    rules = settings.dashboard.rules
    return {
        "code": code, "name": district.name, "more": f"{district.division} division · LGD {code}",
        "state": str(state["state"].iloc[0]) if len(state) else "no data", "since": since,
        "sentence": _sentence(state, uploads, day),
        "figures": _figures(figures, settings, code, day),
        "pace": _pace(paces, settings, code, day),
        "incidents": [_incident(item, day) for item in mine.itertuples(index=False)],
        "officer": {"name": district.officer.name, "mail": district.officer.mail, "made_up": settings.rehearsal is not None},
        "chart": district_figure(uploads, rules.slow.limit_s, rules.slow.unworkable_s, _view(day, theme)).to_plotly_json(),
    }  # fmt: skip


def _view(day: Day, theme: str) -> View:
    found, scale = view_named(theme, "desk")
    return View(found, scale, day.zone, day.now_ms, day.now_ms - HOURS_SHOWN * HOUR_MS, day.now_ms, day.session)


def _figures(figures: pd.DataFrame, settings: ControlRoomFile, code: int, day: Day) -> list[dict[str, Any]]:
    place, joint = place_of(settings, code)
    mine = figures[figures["place"].isin({place, str(code)})].iloc[::-1].head(MOST_FIGURES)
    shared = next((area.name for area in settings.joint_areas if joint and area.key == place), "")
    rows = []
    for row in mine.itertuples(index=False):
        told = told_from(row)
        rows.append({
            "kind": str(row.kind), "label": LABELS.get(str(row.kind), str(row.kind)), "value": wording.grouped(told.value),
            "hour": told.hour(day), "of": shared if row.place == place else "", "title": told.told_of(),
            "source": told.address(), "rehearsed": told.rehearsed,
        })  # fmt: skip
    return rows


def _pace(paces: Mapping[str, PaceNow], settings: ControlRoomFile, code: int, day: Day) -> list[dict[str, str]]:
    """Expected by now, behind and the forecast, each with its range in small words; empty without a session or a target."""
    place, _ = place_of(settings, code)
    one = paces.get(str(code), paces.get(place))
    if one is None:
        return []
    whose = "" if str(code) in paces else next(f", {area.name}" for area in settings.joint_areas if area.key == place)
    rows = [("Expected by now", one.by_now, "")]
    if one.told is not None and one.told_at_ms is not None:
        at = f"at {wording.clock(one.told_at_ms, day.zone, day.today)}"
        rows += [("Behind", one.told.delayed, at), ("Forecast at close", one.told.close, "")]
    course = f"by {one.course.label}{whose}"
    return [
        _pace_row(label, *range_words(bounds, one.course.days), at, course * (n == 0))
        for n, (label, bounds, at) in enumerate(rows)
    ]


def _pace_row(label: str, value: str, ends: str, at: str, course: str) -> dict[str, str]:
    return {"label": label, "value": value, "hour": " ".join(filter(None, (ends, at))), "title": course}


def _incident(item: Any, day: Day) -> dict[str, Any]:
    ends = day.now_ms if item.status == "open" else int(item.resolved_ms)
    until = "" if item.status == "open" else f" to {wording.clock(ends, day.zone, day.today)}"
    return {
        "state": incident_rows.state_of(item.kind, item.sentence), "kind": incident_rows.kind_words(item.kind, item.sentence),
        "when": f"{wording.clock(item.since_ms, day.zone, day.today)}{until}, {wording.lasting((ends - item.since_ms) / 1000)}",
        "phase": item.phase, "sentence": item.sentence,
    }  # fmt: skip


def _sentence(state: pd.DataFrame, uploads: pd.DataFrame, day: Day) -> str:
    """What is measured now, and since when the state holds; or else the judgement's words, with the moment they are of."""
    if state.empty:
        return "Nothing measured yet."
    flip = state.iloc[0]
    words, judged = str(flip["sentence"]).rstrip("."), DistrictState(flip["state"])
    if judged is DistrictState.NO_SESSION:
        return f"{words[:1].upper()}{words[1:]}."
    now = _uploads_now(uploads, day.now_ms) if judged in _UPLOADS_SAY else ""
    if not now:
        return f"At {wording.clock(int(flip['at_ms']), day.zone, day.today)}: {words}."
    word = "failing in part" if judged is DistrictState.DEGRADED and is_failing(words) else judged
    return f"{now}; {word} since {wording.clock(int(flip['since_ms']), day.zone, day.today)}."


def _uploads_now(uploads: pd.DataFrame, now_ms: int) -> str:
    """`Uploads take 3.1 to 5.0 s now`, of the newest that were tried; empty: none was of late."""
    tried = uploads[(uploads["started_ms"] > now_ms - NEWEST_MS) & uploads["outcome"].isin(("ok", "failed"))]
    newest = tried.tail(NEWEST)
    good = newest.loc[newest["outcome"] == "ok", "total_s"]
    if newest.empty:
        return ""
    if good.empty:
        return f"The last {wording.counted(len(newest), 'upload')} failed"
    times = span(float(good.min()), float(good.max()))
    if len(good) == len(newest):
        return f"Uploads take {times} now"
    return f"{len(newest) - len(good)} of the last {len(newest)} uploads failed, the others took {times}"
