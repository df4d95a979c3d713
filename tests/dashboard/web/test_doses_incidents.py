"""Incidents that are judged from figures, on the overview: their words, their sign, their lane in the day's chart."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.incidents.incident import OF_DOSES, IncidentKind
from dashboard.settings import ControlRoomFile
from dashboard.web.figures.day import day_figure
from dashboard.web.pages.overview.day import day_frames, view_of
from dashboard.web.pages.overview.incident_rows import STATE_OF, WORDS
from dashboard.web.pages.overview.reading import read_overview
from dashboard.web.pages.overview.snapshot import snapshot
from tests.builders import Scene
from tests.dashboard.web.pictures import calm_day


def test_every_kind_has_its_words_and_its_sign() -> None:
    assert set(WORDS) == set(STATE_OF) == set(IncidentKind)


@pytest.mark.parametrize(
    ("kind", "words", "lane"),
    [
        (IncidentKind.DOSE_STALL, "No doses", "Raigad: no doses"),
        (IncidentKind.BACKLOG_STALLED, "Paper not entered", "Raigad: paper not entered"),
    ],
)
def test_it_has_a_row_and_a_lane_also_when_it_began_days_ago(
    tmp_path: Path, settings: ControlRoomFile, kind: IncidentKind, words: str, lane: str
) -> None:
    assert kind in OF_DOSES
    scene: Scene = calm_day(tmp_path / "a.db", settings)
    scene.incident(kind, ["Raigad"], "11:40", "Nothing entered.")
    began = scene.ms("17:00", scene.day - timedelta(days=4))
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE incident SET since_ms = ?", (began,))
    reading = read_overview(scene.engine, settings, scene.clock.now())
    (row,) = snapshot(reading, settings)["incidents"]
    assert (row["kind"], row["where"], row["since"], row["state"]) == (words, "Raigad", "12 Jan 17:00", "slow")
    frames = day_frames(reading, settings)
    assert list(frames.incidents["words"]) == [lane]
    assert frames.bands == ()
    day_figure(frames, view_of(reading.day, "dark", "wall"))
