"""The window all charts share, and the day whose figures are shown."""

from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.reading import read_overview, window
from tests.builders import Scene
from tests.dashboard.web.pictures import empty_store

ZONE = ZoneInfo("Asia/Kolkata")


def hours(scene: Scene, now: str, session: tuple[str, str] | None) -> tuple[str, str]:
    span = (scene.ms(session[0]), scene.ms(session[1])) if session else None
    start, end = window(scene.ms(now), span, ZONE)
    first = scene.ms("00:00")
    return tuple(f"{(at - first) // 3_600_000:02d}:{(at - first) // 60_000 % 60:02d}" for at in (start, end))  # type: ignore[return-value]


def test_the_window_is_the_session_with_an_hour_before_and_after(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    assert hours(scene, "16:40", ("11:30", "17:30")) == ("10:00", "18:30")
    assert hours(scene, "20:10", ("11:30", "17:30")) == ("10:00", "21:30")
    assert hours(scene, "05:20", ("11:30", "17:30")) == ("05:00", "18:30")
    assert hours(scene, "16:40", None) == ("08:00", "18:00")
    scene.engine.dispose()


def test_an_empty_store_gives_frames_with_their_columns(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    read = read_overview(scene.engine, settings, scene.clock.now())
    assert read.newest_ms is None
    assert read.uploads.empty
    assert "p95_s" in read.uploads.columns
    assert read.day.next_session is not None
    assert f"{read.day.next_session:%a %d %H:%M}" == "Tue 19 09:00"
    scene.engine.dispose()
