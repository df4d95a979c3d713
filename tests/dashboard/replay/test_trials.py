"""A trial of other thresholds in a real process of its own."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date as Date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.replay.trials import Stand, Trials
from dashboard.settings import Rules
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import room

pytestmark = pytest.mark.process
DAY = Date.fromisoformat(a_day.DAY)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    cut = Fault("09:05", "09:20", ("Raigad",), error="timeout", anchors=True)
    made = a_store.stored(tmp_path / "t.db", a_day.samples((cut,), end="09:10"))
    yield made
    made.dispose()


def until(trials: Trials, wanted: Callable[[Stand], bool]) -> Stand:
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        stand = trials.stand()
        if wanted(stand):
            return stand
        time.sleep(0.05)
    raise AssertionError(trials.stand())


def ended(stand: Stand) -> bool:
    return stand.share is None


def test_one_at_a_time_runs_apart_and_its_result_is_kept(engine: Engine) -> None:
    trials = Trials(engine, room())
    assert trials.stand() == Stand()
    assert trials.begin(Rules(settle_s=60), DAY)
    assert not trials.begin(Rules(), DAY)
    found = until(trials, ended).result
    assert found is not None
    assert [(pair.either.kind, pair.then) for pair in found.pairs] == [("local", None)]
    assert found.changed == {"settle_s": ("30", "60")}
    assert trials.stand().result is found
    assert trials.begin(Rules(), DAY)
    until(trials, ended)


def test_a_day_that_cannot_be_tried_ends_with_words(engine: Engine) -> None:
    trials = Trials(engine, room())
    assert trials.begin(Rules(), Date(2021, 1, 18))
    assert until(trials, ended).failed.startswith("no session was held on 2021-01-18")


def test_one_that_is_killed_is_said_and_another_may_begin(engine: Engine) -> None:
    trials = Trials(engine, room())
    assert trials.begin(Rules(), DAY)
    assert trials._process is not None
    assert trials._process.pid is not None
    os.kill(trials._process.pid, signal.SIGKILL)
    assert until(trials, ended).failed == "The trial ended early. Try it once more"
    assert trials.begin(Rules(), DAY)
    until(trials, ended)
