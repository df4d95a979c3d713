"""The clock on the wall is set while a real agent measures: the checks go on at their pace, and memory stays flat."""

import time
from collections import Counter
from urllib.request import urlopen

import pytest

from tests.faults.hosts import Registry, SetTime, memory_mb, registry, said, start, stop
from tests.probes.agents import Place, get, local, until
from tests.probes.servers import HttpServer, Intake, free_port

pytestmark = [pytest.mark.process, pytest.mark.timed]

HOUR, YEAR = 3600.0, 365.25 * 86_400
PER_SECOND = 12  # of the agent below: six districts every half second
STEPS = {
    "back 120 s": -120.0,
    "forward an hour": HOUR,
    "back an hour": -HOUR,
    "forward 10 years": 10 * YEAR,
    "back 10 years": 0.0,
}


def goes_on(asked: Registry, name: str, seconds: float = 2.0) -> None:
    """From now on the registry is asked as often as always: no silence, no burst."""
    began = time.monotonic()
    until(lambda: time.monotonic() > began + seconds)
    count = len(asked.between(began, began + seconds))
    assert 0.7 * PER_SECOND * seconds <= count <= 1.3 * PER_SECOND * seconds, f"{count} checks in {seconds} s {name}"
    assert asked.busiest(began, began + seconds, 0.5) <= PER_SECOND, f"a burst {name}"


def nearly_all_good(intake: Intake) -> bool:
    """A busy build machine may make the agent itself stand still for a moment, which it says; nothing may have failed."""
    outcomes = Counter(str(sample["outcome"]) for sample in list(intake.samples.values()))
    return outcomes["failed"] == 0 and outcomes["ok"] >= 0.9 * outcomes.total()


def unreleased(port: int) -> float:
    with urlopen(f"{local(port)}/metrics") as page:
        lines = page.read().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("tikawatch_schedule_unreleased_total ")))


def test_setting_the_clock_neither_stops_the_checks_nor_starts_a_burst(
    place: Place, intake: Intake, room: HttpServer
) -> None:
    clock, port = SetTime(place.folder), free_port()
    with registry() as asked:
        config = place.config(room.url, [get(asked.url)], districts=list(range(490, 496)), metrics={"port": port})
        process = start(place, config, **clock.environment)
        until(lambda: len(asked.asked) > PER_SECOND)
        before = memory_mb(process)
        for name, ahead_s in STEPS.items():
            clock.step(ahead_s)
            goes_on(asked, f"after the clock went {name}")
        assert memory_mb(process) < before + 8
        assert unreleased(port) <= 3  # what a busy build machine holds up; ten if a step back stopped them
        until(lambda: len(intake.samples) >= len(asked.asked))
        assert stop(process) == 0
    assert nearly_all_good(intake)
    assert all(0 <= sample["phases"]["total"] < 0.4 for sample in intake.samples.values())  # type: ignore[index]
    stamped = [float(str(sample["started"])) - time.time() for sample in intake.samples.values()]
    assert (min(stamped) < -HOUR, max(stamped) > 9.9 * YEAR) == (True, True)
    assert "ERROR" not in said(place)


@pytest.mark.parametrize("year", [1970, 2099])
def test_an_agent_whose_clock_is_decades_off_measures_and_delivers(
    place: Place, intake: Intake, room: HttpServer, year: int
) -> None:
    clock = SetTime(place.folder)
    clock.step((year - 1970) * YEAR + 86_400 - time.time())
    with registry() as asked:
        config = place.config(room.url, [get(asked.url)], districts=list(range(490, 496)))
        process = start(place, config, **clock.environment)
        until(lambda: len(asked.asked) > PER_SECOND)
        goes_on(asked, f"in {year}")
        until(lambda: len(intake.samples) >= 2 * PER_SECOND)
        assert stop(process) == 0
    assert nearly_all_good(intake)
    assert {time.gmtime(float(str(sample["started"]))).tm_year for sample in intake.samples.values()} == {year}


def test_a_clock_that_steps_all_the_time_harms_nothing(place: Place, intake: Intake, room: HttpServer) -> None:
    clock = SetTime(place.folder)
    with registry() as asked:
        process = start(
            place, place.config(room.url, [get(asked.url)], districts=list(range(490, 496))), **clock.environment
        )
        until(lambda: len(asked.asked) > PER_SECOND)
        began = time.monotonic()
        for turn in range(30):
            clock.step(HOUR if turn % 2 else -HOUR)
            time.sleep(0.1)
        assert len(asked.between(began, time.monotonic())) >= 0.7 * PER_SECOND * (time.monotonic() - began)
        assert stop(process) == 0
    assert nearly_all_good(intake)
