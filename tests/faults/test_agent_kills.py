"""kill -9 of an agent under load, two hundred times: gaps only, nothing acknowledged lost, nothing doubled."""

import random
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.history import History, Key, LoggingIntake, wrongs
from tests.faults.hosts import registry, start, stop
from tests.probes.agents import Place, get, until, upload
from tests.probes.servers import http_server

KILLS, AT_A_TIME = 200, 8
AT_WORK_S = 0.6  # an agent lives up to so long after its first check: it dies while it measures, spools and delivers,
EARLY = 10  # but for one in so many, which dies while it starts

GOOD = History(
    acknowledged=[(("a", 1), "x"), (("a", 2), "y"), (("b", 1), "z")],
    again=[(("a", 2), "y")],
    spooled={("a", 2), ("b", 2)},
    waiting={("b", 2)},
)


def on_disk(place: Place) -> set[Key]:
    """What a dead agent left. Read from a copy: opening the file itself would mend it in place of the next start."""
    look = place.folder / "look"
    look.mkdir(exist_ok=True)
    for name in ("spool.db", "spool.db-wal"):
        (look / name).unlink(missing_ok=True)
        if (found := place.spool.with_name(name)).exists():
            shutil.copy(found, look / name)
    with closing(sqlite3.connect(look / "spool.db")) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sample'").fetchone():
            return set()  # it died while it made the file
        return set(db.execute("SELECT boot, seq FROM sample").fetchall())


def killed_again_and_again(folder: Path, kills: int, seed: int, forgets: bool = False) -> tuple[History, int]:
    """One agent's life over its kills, and how often a reply was lost; at the end it is left in peace to deliver all."""
    folder.mkdir()
    place, rng, spooled = Place(folder), random.Random(seed), set()
    intake = LoggingIntake(folder / "acknowledged", forgets)
    with registry() as asked, http_server(intake) as room:
        checks = [get(asked.url), upload(asked.url) | {"expect_status": [200]}]
        config = place.config(room.url, [one | {"interval_s": 0.4} for one in checks])
        for turn in range(kills):
            intake.status = 503 if turn % 2 else 200
            seen = len(asked.asked)
            process = start(place, config)
            if turn % EARLY:
                until(lambda: len(asked.asked) > seen)  # noqa: B023
            time.sleep(rng.uniform(0, AT_WORK_S))
            process.kill()
            process.wait()
            spooled |= on_disk(place)
        intake.status = 200
        dead = {boot for boot, _ in {*spooled, *intake.samples}}
        process = start(place, config)
        until(lambda: spooled <= set(intake.samples) and any(boot not in dead for boot, _ in list(intake.samples)), 120)
        assert stop(process) == 0
    return intake.history(spooled, on_disk(place)), intake.doubled


@pytest.mark.process
def test_two_hundred_kills_leave_gaps_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        lives = list(
            pool.map(lambda n: killed_again_and_again(tmp_path / str(n), KILLS // AT_A_TIME, n), range(AT_A_TIME))
        )
    assert [wrong for history, _ in lives for wrong in wrongs(history)] == []
    boots = {key[0] for history, _ in lives for key, _ in history.acknowledged}
    # how many lived long enough to spool or deliver, and how many samples waited while it was dead; fewer on a slow machine
    assert len(boots) >= KILLS // 4
    assert sum(len(history.spooled) for history, _ in lives) >= KILLS // 4
    assert sum(doubled for _, doubled in lives) > 0  # replies were lost: that way it would come to doubles


@pytest.mark.process
def test_an_intake_that_acknowledges_and_forgets_is_found_out(tmp_path: Path) -> None:
    history, _ = killed_again_and_again(tmp_path / "agent", kills=4, seed=1, forgets=True)
    assert any("was on disk and is lost" in wrong for wrong in wrongs(history))


def test_a_good_history_has_nothing_wrong() -> None:
    assert wrongs(GOOD) == []


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        (replace(GOOD, acknowledged=[*GOOD.acknowledged, (("b", 1), "z")]), "('b', 1) is stored 2 times"),
        (replace(GOOD, again=[(("a", 2), "other")]), "('a', 2) came again with other content"),
        (replace(GOOD, waiting=set()), "('b', 2) was on disk and is lost"),
        (replace(GOOD, acknowledged=GOOD.acknowledged[1:]), "('a', 1) is missing"),
        (replace(GOOD, waiting={("b", 2), ("b", 4)}), "('b', 3) is missing"),
    ],
)
def test_it_sees_what_must_not_happen(planted: History, seen: str) -> None:
    assert wrongs(planted) == [seen]
