"""A host that freezes, starves or bounds a real agent: it says that it was away, and nothing is booked as the registry's failure."""

import re
import resource
import signal
import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from probes.clock import WallClock
from tests.faults.hosts import frozen, group, limited, registry, said, start, starved, stop
from tests.probes.agents import Place, Settings, get, local, running, until, upload
from tests.probes.servers import HttpServer, Intake, raw_server

pytestmark = [pytest.mark.process, pytest.mark.timed]

DISTRICTS = list(range(467, 497))


def slow_ping(url: str, **more: object) -> Settings:
    return get(url) | {"interval_s": 1.0, "deadline_s": 0.8, **more}


def outcomes(intake: Intake, check: str = "ping") -> Counter[str]:
    return Counter(str(one["outcome"]) for one in list(intake.samples.values()) if one["check"] == check)


def details(intake: Intake, outcome: str) -> set[str]:
    return {str(one["detail"]) for one in list(intake.samples.values()) if one["outcome"] == outcome}


def lateness(intake: Intake, check: str = "ping") -> list[float]:
    return sorted(float(str(one["lateness"])) for one in list(intake.samples.values()) if one["check"] == check)


def longest_standstill(intake: Intake) -> float:
    """Seconds, as the agent says them in its samples."""
    said = [re.match(r"the agent itself stood still for ([\d.]+) s: ", one) for one in details(intake, "unknown")]
    return max((float(one[1]) for one in said if one), default=0.0)


def test_a_frozen_agent_blames_nobody_and_comes_back_without_a_herd(
    place: Place, intake: Intake, room: HttpServer
) -> None:
    with registry(takes_s=0.3) as asked:
        process = start(place, place.config(room.url, [slow_ping(asked.url)], districts=DISTRICTS))
        until(lambda: len(asked.asked) > 2 * len(DISTRICTS))
        with frozen(process):
            time.sleep(3.0)
        woke = time.monotonic()
        until(lambda: time.monotonic() > woke + 3)
        assert stop(process) == 0
        after = Counter(asked.between(woke + 0.05, woke + 1.05))
        assert asked.busiest(woke, woke + 3, 0.1) <= 20  # of thirty that were overdue, where three are usual
    assert max(after.values()) <= 2  # one that was overdue, and its own
    assert sum(after.values()) <= 2 * len(DISTRICTS)
    assert outcomes(intake)["failed"] == 0, details(intake, "failed")
    assert outcomes(intake)["unknown"] >= 3  # those under way when it froze
    assert longest_standstill(intake) > 2.5


class SleepingHost(WallClock):
    """As a host that was suspended shows itself: both clocks have gone on, and nothing has run."""

    slept_s = 0.0

    def now(self) -> float:
        return super().now() + self.slept_s

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_s


@pytest.mark.parametrize("slept_s", [2 * 3600.0, 3 * 86_400.0])
def test_a_host_that_was_asleep_for_hours_or_days_wakes_without_blame_and_without_a_herd(
    place: Place, intake: Intake, room: HttpServer, slept_s: float
) -> None:
    clock = SleepingHost()
    with registry(takes_s=0.3) as asked:
        checks = [
            slow_ping(asked.url),
            upload(asked.url) | {"expect_status": [200], "interval_s": 1, "deadline_s": 0.8},
        ]
        with running(place.config(room.url, checks, districts=DISTRICTS[:10]), clock):
            until(lambda: len(asked.asked) > 40)
            clock.slept_s = slept_s
            woke = time.monotonic()
            until(lambda: time.monotonic() > woke + 3)
            assert asked.busiest(woke, woke + 3, 0.1) <= 20
            after = len([path for path in asked.between(woke + 1, woke + 3) if path.endswith("ping")])
            assert after >= 15  # ten a second
            woken = [one for one in list(intake.samples.values()) if float(str(one["started"])) > clock.now() - 10]
    assert outcomes(intake)["failed"] == outcomes(intake, "upload")["failed"] == 0, details(intake, "failed")
    assert longest_standstill(intake) > slept_s - 1
    assert len(woken) >= 15


def test_an_agent_frozen_again_and_again_books_no_failure(place: Place, intake: Intake, room: HttpServer) -> None:
    with registry(takes_s=0.3) as asked:
        process = start(place, place.config(room.url, [slow_ping(asked.url)], districts=DISTRICTS))
        until(lambda: len(asked.asked) > len(DISTRICTS))
        for _ in range(6):
            with frozen(process):
                time.sleep(0.6)
            time.sleep(0.5)
        assert stop(process) == 0
    assert outcomes(intake)["failed"] == 0, details(intake, "failed")
    assert outcomes(intake)["ok"] > len(DISTRICTS)


@pytest.mark.parametrize("share", [0.05, 0.02])
def test_with_next_to_no_processor_it_is_late_and_books_neither_failures_nor_slow_answers(
    place: Place, intake: Intake, room: HttpServer, share: float
) -> None:
    with registry() as asked:
        process = start(place, place.config(room.url, [slow_ping(asked.url)], districts=DISTRICTS))
        until(lambda: len(intake.samples) > len(DISTRICTS))
        with starved(process, share):
            began = time.monotonic()
            until(lambda: time.monotonic() > began + 6)
            assert len(asked.between(began, began + 6)) >= 2 * len(DISTRICTS)  # it goes on, as well as it can
        again = time.monotonic() + 1.5
        until(lambda: time.monotonic() > again + 2)
        assert len(asked.between(again, again + 2)) >= 1.6 * len(DISTRICTS)
        assert stop(process) == 0
    assert outcomes(intake)["failed"] == 0, details(intake, "failed")
    assert lateness(intake)[-1] > 0.02
    times = [float(one["phases"]["total"]) for one in intake.samples.values() if one["outcome"] == "ok"]  # type: ignore[index]
    assert max(times) < 0.4  # a registry that answers within a millisecond is not booked as slow


def test_killed_for_want_of_memory_it_loses_nothing_that_was_on_disk(
    place: Place, intake: Intake, room: HttpServer
) -> None:
    with registry() as asked, group("memory") as small:
        intake.status = 503
        config = place.config(room.url, [get(asked.url)])
        greedy = upload(asked.url, "greedy") | {"interval_s": 5, "payload_bytes": 10_000_000}
        process = start(place, place.config(room.url, [get(asked.url), greedy]), group=small)
        until(lambda: len(asked.asked) >= 12)
        small.write(str(int((small.holds_mb() + 6) * 2**20)), "memory.max", "memory.limit_in_bytes")
        assert process.wait(90) == -signal.SIGKILL
        spooled = place.waiting()
        intake.status = 200
        process = start(place, config)
        until(lambda: spooled <= set(intake.samples))
        assert stop(process) == 0
    assert len(spooled) >= 6
    assert (intake.doubled, outcomes(intake)["failed"]) == (0, 0)


def test_without_free_file_handles_it_blames_nobody_and_goes_on_when_they_are_back(
    place: Place, intake: Intake, room: HttpServer
) -> None:
    with registry() as asked:
        process = start(place, place.config(room.url, [get(asked.url)]))
        until(lambda: len(intake.samples) >= 6)
        taken = max(int(one.name) for one in Path(f"/proc/{process.pid}/fd").iterdir())
        with limited(process, resource.RLIMIT_NOFILE, min(taken, 40)):
            time.sleep(3)
        again = time.monotonic() + 1
        until(lambda: len(asked.between(again, time.monotonic())) >= 6)
        assert stop(process) == 0
    assert outcomes(intake)["failed"] == 0, details(intake, "failed")
    assert "Traceback" not in said(place)


def test_targets_that_never_answer_hold_up_no_other(place: Place, intake: Intake, room: HttpServer) -> None:
    with registry() as asked, raw_server(lambda connection: time.sleep(30)) as hanging:
        hang: Settings = {"name": "hang", "kind": "http", "url": local(hanging), "interval_s": 10, "deadline_s": 10}
        ping = get(asked.url) | {"interval_s": 1.0, "deadline_s": 0.8}
        process = start(place, place.config(room.url, [ping, hang], districts=DISTRICTS))
        until(lambda: outcomes(intake, "hang").total() >= len(DISTRICTS) // 2)
        assert stop(process) == 0
    late = lateness(intake)
    assert len(late) > 5 * len(DISTRICTS)
    assert late[int(len(late) * 0.99)] < 0.25, late[-10:]
    assert outcomes(intake)["ok"] >= 0.95 * len(late)
    assert set(outcomes(intake, "hang")) <= {"failed", "unknown"}


def test_no_more_than_the_cap_are_under_way_at_the_registry(place: Place, room: HttpServer) -> None:
    open_now, most = set[socket.socket](), [0]

    def hold(connection: socket.socket) -> None:
        open_now.add(connection)
        most[0] = max(most[0], len(open_now))
        try:
            while connection.recv(65_536):  # until the agent gives up
                pass
        finally:
            open_now.discard(connection)

    with raw_server(hold) as hanging:
        hang: Settings = {"name": "hang", "kind": "http", "url": local(hanging), "interval_s": 0.5, "deadline_s": 0.4}
        process = start(place, place.config(room.url, [hang], districts=DISTRICTS, in_flight=5))
        time.sleep(4)
        assert stop(process) == 0
    assert 4 <= most[0] <= 10  # thirty were due at once; the server notices an end a moment later than the agent
