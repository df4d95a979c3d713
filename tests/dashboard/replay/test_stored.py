"""Stored history through the live objects: the same verdicts as a replay of the same day, and nothing written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, insert

from dashboard.detection.judge import Judge
from dashboard.detection.states import DistrictState
from dashboard.replay import backtest, files, stored
from dashboard.store import jobs, schema
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room
from tests.places import RAIGAD

CUT = Fault("09:06", "09:20", ("Raigad",), error="timeout", anchors=True)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Eleven minutes of a morning in which Raigad's line is cut after six."""
    made = a_store.stored(tmp_path_factory.mktemp("stored") / "t.db", a_day.samples((CUT,), end="09:11"))
    yield made
    made.dispose()


def test_a_past_moment_is_judged_from_the_hours_before(engine: Engine) -> None:
    situation = stored.situation(engine, room(), moment("17:00"), moment("09:10"))
    assert situation.judgement.findings[RAIGAD].state is DistrictState.OWN_LINE
    assert [(item.kind, item.members) for item in situation.standing] == [("local", {RAIGAD})]
    assert situation.learnt == "what is usual was learnt from the 3 hours before"
    assert situation.in_session == {district.code for district in room().districts}
    before = stored.situation(engine, room(), moment("17:00"), moment("09:05"))
    assert before.judgement.findings[RAIGAD].state is DistrictState.OK
    assert list(before.standing) == []


def test_the_present_is_judged_with_what_the_watch_remembers(tmp_path: Path) -> None:
    engine = a_store.stored(tmp_path / "t.db", a_day.samples((), end="09:02"))
    with engine.begin() as connection:
        learnt = Judge(room().dashboard.rules, [RAIGAD], 0.0)
        learnt.judge(moment("08:59"))
        memory = learnt.memory()
        memory["districts"][str(RAIGAD)][:2] = [0.2, 7.7]
        jobs.advance(connection, jobs.WATCH, 1, int(moment("09:02") * 1000), {"judge": memory})
        connection.execute(insert(schema.incident), [_an_open_incident()])
        member = {"incident_id": 1, "district": RAIGAD, "joined_ms": 0}
        connection.execute(insert(schema.incident_district), [member])
    situation = stored.situation(engine, room(), moment("09:02"), None)
    usual = situation.judge.memory()["districts"][str(RAIGAD)][1]
    assert usual == pytest.approx(7.7, rel=0.1)
    assert [item.incident_id for item in situation.standing] == [1]
    assert situation.learnt == "what is usual is what the watch has learnt"
    engine.dispose()


def _an_open_incident() -> dict[str, object]:
    return {
        "incident_id": 1, "kind": "local", "scope": "district", "status": "open", "since_ms": 0, "opened_ms": 0, "sentence": "", "steps": 1,
    }  # fmt: skip


def test_nothing_is_written(engine: Engine) -> None:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    stored.situation(engine, room(), moment("17:00"), moment("09:02"))
    stored.situation(engine, room(), moment("09:02"), None)
    assert {statement.split()[0] for statement in said} <= {"BEGIN", "SELECT", "PRAGMA"}


def test_a_moment_without_samples_says_of_which_days_there_are_some(engine: Engine) -> None:
    with pytest.raises(
        ValueError,
        match=r"nothing was measured in the 3 hours before 2021-01-18 09:00. Samples are stored of 2021-01-19",
    ):
        stored.situation_at(engine, room(), moment("09:00") - 86_400)


def test_a_span_is_bounded(engine: Engine) -> None:
    with pytest.raises(ValueError, match="27 hours are not between 0 and 26"):
        stored.read(engine, room(), moment("09:00") - 27 * 3600, moment("09:00"))


@pytest.mark.process
def test_it_opens_the_same_incidents_as_a_replay_of_the_same_files(tmp_path: Path) -> None:
    faults = (
        Fault("09:30", "09:45", times=4), Fault("10:10", "10:25", error="timeout"), Fault("11:00", "11:10", ("Pune",), silent=True),
    )  # fmt: skip

    def stopped(name: str, now: float) -> bool:
        return name == "Nagpur" and moment("11:30") <= now

    rows, reports = list(a_day.samples(faults, end="14:00")), list(a_day.doses(stopped, "14:00"))
    paths = a_day.write(tmp_path, iter(rows), iter(reports))
    replayed = backtest._replayed(files.read_samples(paths[0]), files.read_doses(paths[1]), room())
    engine = a_store.stored(tmp_path / "t.db", rows, reports)
    rerun = stored.Rerun(room(), stored.read(engine, room(), moment("09:00"), moment("14:00")))
    shares: list[float] = []
    rerun.run(shares.append)
    assert rerun.book.lines() == [
        {k: v for k, v in line.items() if not k.startswith("doses_short")} for line in replayed.lines()
    ]
    assert len(rerun.book.entries) == 4
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1
    engine.dispose()
