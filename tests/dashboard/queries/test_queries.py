"""Queries: declared columns also without rows, bounds, and the sums pages rely on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind
from dashboard.queries import districts, doses, incidents, measurements, operations
from dashboard.queries.frame import reading
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import empty_store


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = empty_store(tmp_path / "tikawatch.db", example_settings())
    yield made
    made.engine.dispose()


def test_without_rows_every_answer_has_its_columns(scene: Scene) -> None:
    now = scene.now_ms
    with reading(scene.engine) as connection:
        answers = [
            (districts.states_now(connection), districts.FLIPS), (districts.flips_between(connection, 0, now), districts.FLIPS),
            (measurements.upload_times(connection, 0, now), measurements.UPLOAD_TIMES),
            (measurements.last_quarter(connection, now), measurements.UPLOAD_TIMES),
            (measurements.uploads_of(connection, 490, 0), measurements.UPLOADS),
            (incidents.incidents_touching(connection, 0), incidents.INCIDENTS), (incidents.told(connection, [1]), incidents.TOLD),
            (incidents.concerned(connection, []), incidents.CONCERNED), (incidents.incidents_of(connection, 490, 0), incidents.INCIDENTS),
            (doses.figures_of(connection, "2021-01-16", 2**60), doses.FIGURES), (operations.agents(connection), operations.AGENTS),
            (operations.watch(connection), operations.WATCH), (operations.mails(connection, 0), operations.MAILS),
        ]  # fmt: skip
        for frame, columns in answers:
            assert frame.empty
            assert list(frame.columns) == list(columns)
        assert measurements.pulse(connection, now).iloc[0].tolist()[1:] == [0, 0, 0]


def test_the_state_now_is_the_newest_flip(scene: Scene) -> None:
    scene.flip("Pune", "10:00", DistrictState.OK)
    scene.flip("Pune", "11:40", DistrictState.SLOW, "Slow.")
    scene.flip("Thane", "09:00", DistrictState.OK)
    with reading(scene.engine) as connection:
        now = districts.states_now(connection)
        span = districts.flips_between(connection, scene.ms("11:00"), scene.ms("12:00"))
    assert dict(zip(now["district"], now["state"], strict=True)) == {490: "slow", 497: "ok"}
    assert list(zip(span["district"], span["state"], strict=True)) == [(490, "ok"), (490, "slow"), (497, "ok")]


def test_ten_minutes_merge_their_cells_and_keep_failures(scene: Scene) -> None:
    scene.cells("Pune", "11:00", "11:10", lambda n: 10.0 * (n + 1), failed=lambda n: n)
    scene.cells("Pune", "11:10", "11:15", lambda n: 1.0, failed=lambda n: 20)
    with reading(scene.engine) as connection:
        steps = measurements.upload_times(connection, scene.ms("11:00"), scene.now_ms)
    assert steps["ok"].tolist() == [39, 0]
    assert steps["failed"].tolist() == [1, 20]
    assert steps["p95_s"].iloc[0] == pytest.approx(20, rel=0.06)
    assert steps["p95_s"].isna().iloc[1]


def test_the_last_quarter_is_one_row_a_district(scene: Scene) -> None:
    scene.cells("Pune", "16:00", "16:40", lambda n: 100.0 if n < 4 else 4.0)
    with reading(scene.engine) as connection:
        frame = measurements.last_quarter(connection, scene.now_ms)
    assert len(frame) == 1
    assert frame["p95_s"].iloc[0] == pytest.approx(4, rel=0.06)


def test_the_pulse_counts_our_load_without_anchors(scene: Scene) -> None:
    scene.agent()
    scene.samples("Pune", "16:30", "16:40", 2.0, every_s=15)
    with reading(scene.engine) as connection:
        row = measurements.pulse(connection, scene.now_ms).iloc[0]
        uploads = measurements.uploads_of(connection, 490, scene.ms("16:38"))
    assert row["newest_ms"] == scene.now_ms - 4000
    assert (row["samples"], row["series"], row["on_registry"]) == (12, 3, 8)
    assert uploads["started_ms"].is_monotonic_increasing
    assert uploads["visible_s"].iloc[-1] == pytest.approx(0.2 * uploads["total_s"].iloc[-1], rel=0.01)


def test_told_counts_accepted_of_all_mails(scene: Scene) -> None:
    number = scene.incident(IncidentKind.OUTAGE, ["Dhule"], "12:05", "Fails.", told=(5, 6))
    scene.incident(IncidentKind.LOCAL, ["Latur"], "09:00", "Line.", resolved="09:30")
    with reading(scene.engine) as connection:
        assert incidents.told(connection, [number]).iloc[0].tolist() == [number, 5, 6]
        assert len(incidents.incidents_touching(connection, scene.ms("10:00"))) == 1
        assert len(incidents.incidents_touching(connection, scene.ms("09:10"))) == 2
        assert incidents.concerned(connection, [number])["district"].tolist() == [474]
        assert len(incidents.incidents_of(connection, 474, scene.ms("00:00"))) == 1
        mails = operations.mails(connection, scene.ms("12:00"))
    assert dict(zip(mails["state"], mails["mails"], strict=True)) == {"accepted": 5, "due": 1}


def test_an_agent_never_heard_has_no_time(scene: Scene) -> None:
    scene.agent(heard="16:00")
    with reading(scene.engine) as connection:
        assert operations.agents(connection)["last_ms"].tolist() == [scene.ms("16:00")]


def test_the_newest_day_with_figures_is_not_in_the_future(scene: Scene) -> None:
    scene.figure("STATE", "reported", 10)
    with reading(scene.engine) as connection:
        assert doses.newest_day_with_figures(connection, "2021-01-20")["day"].tolist() == ["2021-01-16"]
        assert doses.newest_day_with_figures(connection, "2021-01-15").empty
