"""What is benign by design, each alone on a quiet day: silence. Of doses: tests/dashboard/doses/test_stalls.py."""

from dataclasses import replace

import numpy as np
import pytest

from probes.sample import Reason
from tests.dashboard.detection.an_hour import ALONE, EVERYWHERE, Event, Rounds, rounds, told

FROM = 420.0  # seconds after the first sample: what is usual is known by then


def lasting(seconds: float, places: tuple[int, ...] | range = EVERYWHERE, **event: object) -> Event:
    return Event(FROM, FROM + seconds, places, **event)  # type: ignore[arg-type]


@pytest.mark.parametrize("every", [15.0, 30.0])
@pytest.mark.parametrize(
    "nuisance",
    [
        lasting(1, ALONE, reason=Reason.TIMEOUT),
        lasting(60, reason=Reason.RESET, share=0.02),
        lasting(30, reason=Reason.HTTP_STATUS),
        lasting(30, reason=Reason.TIMEOUT),
        lasting(45, reason=Reason.HTTP_STATUS, share=0.6),
        lasting(15, times=10),
        lasting(30, times=10),
        Event(0, FROM, times=2.0),
        Event(FROM / 2, FROM * 1.5, times=2.0),
        lasting(115, ALONE, silent=True),
        lasting(59, silent=True),
        lasting(300, ALONE, reason=Reason.TIMEOUT, share=0.15, anchors=True),
        lasting(45, ALONE, reason=Reason.TIMEOUT, anchors=True),
        lasting(240, ALONE, times=4),
    ],
    ids=[
        "one lost packet", "a few lost", "deployment", "deployment without answers", "deployment in part", "pause of a tick",
        "pause of two", "opening rush", "rush later", "silent agent", "collector restart", "lossy line", "line cut for 45 s", "jitter",
    ],
)  # fmt: skip
def test_it_is_silence(nuisance: Event, every: float) -> None:
    assert told(rounds(15, nuisance, every=every), 15) == []


def test_a_backup_of_twenty_five_minutes_is_silence() -> None:
    assert told(rounds(35, lasting(1500, times=1.6)), 35) == []


def spooled(quiet: Rounds, places: range | tuple[int, ...], seconds: float) -> Rounds:
    """Samples of these places that wait on the agent's disk and come all at once."""
    waits = (quiet.started >= FROM) & (quiet.started < FROM + seconds) & np.isin(quiet.place, places)
    return replace(quiet, late_s=np.where(waits, FROM + seconds - quiet.started, 0.0))


@pytest.mark.parametrize(("places", "seconds"), [(ALONE, 110.0), (EVERYWHERE, 55.0)], ids=["one agent", "all agents"])
def test_samples_that_come_late_and_all_at_once_are_silence(places: range | tuple[int, ...], seconds: float) -> None:
    assert told(spooled(rounds(14), places, seconds), 14) == []


def test_samples_out_of_order_and_doubled_are_silence() -> None:
    quiet = rounds(14, lasting(30, reason=Reason.HTTP_STATUS))
    chance = np.random.default_rng(3)
    mixed = replace(quiet, late_s=chance.uniform(0, 40, len(quiet.late_s)))
    again = mixed.rows(np.repeat(np.arange(len(mixed.late_s)), 1 + (chance.random(len(mixed.late_s)) < 0.1)))
    assert told(again, 14) == []


@pytest.mark.parametrize(
    "nuisance", [lasting(30, reason=Reason.HTTP_STATUS), lasting(45, ALONE, reason=Reason.TIMEOUT)]
)
def test_a_watch_that_looks_each_five_seconds_is_as_quiet(nuisance: Event) -> None:
    assert told(rounds(11, nuisance), 11, tick_s=5) == []
