"""The line between an agent and its control room, broken for real: nothing is lost, nothing is doubled, and now comes first."""

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from probes.clock import WallClock
from probes.delivery import Delivery
from probes.metrics import Metrics
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool
from tests.faults.hosts import start, stop
from tests.faults.networks import cut, in_its_own_network, lossy
from tests.faults.proxy import Line, proxy
from tests.faults.rooms import Room, a_sample, control_room, filled
from tests.probes.agents import Place, get, until
from tests.probes.servers import free_port, http_server
from tests.stores import fresh_store

pytestmark = [pytest.mark.process, pytest.mark.timed]
log = logging.getLogger(__name__)
DAY_S = 86_400.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = fresh_store(tmp_path / "tikawatch.db")
    yield engine
    engine.dispose()


@pytest.fixture
def spool(place: Place) -> Iterator[Spool]:
    opened = Spool(place.spool, 100_000)
    yield opened
    opened.close()


class Running:
    """A real delivery in a thread of its own, and what its metrics say."""

    def __init__(self, place: Place, spool: Spool, url: str, **more: object) -> None:
        given = {"url": url, "token_file": place.folder / "token", "every_s": 0.1, **more}
        self._registry = CollectorRegistry()
        settings = DeliverySettings.model_validate(given)
        self.delivery = Delivery(settings, "agent-1", spool, WallClock(), Metrics(self._registry))
        self.cpu_s = 0.0

    def step(self) -> float:
        """One attempt; the seconds it took."""
        began = time.monotonic()
        self.delivery.step(threading.Event(), random.Random(1))
        return time.monotonic() - began

    def attempts(self, result: str) -> float:
        return self._registry.get_sample_value("tikawatch_delivery_attempts_total", {"result": result}) or 0.0

    def lag(self) -> float:
        return self._registry.get_sample_value("tikawatch_delivery_lag_seconds") or 0.0

    def run(self, stopping: threading.Event) -> None:
        began = time.thread_time()
        self.delivery.run(stopping, random.Random(1))
        self.cpu_s = time.thread_time() - began


@contextmanager
def delivering(place: Place, spool: Spool, url: str, **more: object) -> Iterator[Running]:
    running, stopping = Running(place, spool, url, **more), threading.Event()
    thread = threading.Thread(target=running.run, args=(stopping,))
    thread.start()
    try:
        yield running
    finally:
        stopping.set()
        thread.join(60)
        running.delivery.close()


@contextmanager
def measuring(spool: Spool, first: int, every_s: float = 0.1) -> Iterator[dict[int, float]]:
    """Someone who goes on measuring: one sample after the other, by number and with the monotonic moment of its end."""
    ended: dict[int, float] = {}
    over = threading.Event()

    def work() -> None:
        seq = first
        while not over.wait(every_s):
            spool.append([a_sample(seq)])
            ended[seq] = time.monotonic()
            seq += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join(60)


def lags(room: Room, ended: dict[int, float]) -> list[float]:
    """Seconds from the end of each live sample to the control room's disk, in order of size."""
    return sorted(moment - ended[seq] for (_, seq), moment in list(room.arrived.items()) if seq in ended)


def whole(numbers: list[int]) -> bool:
    return numbers == list(range(1, len(numbers) + 1))


@in_its_own_network
def test_after_a_cut_of_a_day_the_room_sees_now_first_and_then_all_of_it(place: Place, engine: Engine) -> None:
    """Row 16. The day is in the stamps of what waits on disk; the cut itself is real, and lasts a few seconds."""
    before = filled(place.spool, 20_000, DAY_S)
    delivery = {"token_file": str(place.folder / "token"), "every_s": 0.5, "deadline_s": 3}
    with control_room(engine, place) as room, http_server(lambda _: (200, b"UP")) as target:
        with cut(room.port):
            process = start(place, place.config("", [get(target.url)], delivery={"url": room.url, **delivery}))
            time.sleep(6)
            assert room.arrived == {}
        healed, seen = time.time(), time.monotonic()
        until(lambda: room.heard[before] == 20_000)
        drained = time.monotonic() - seen
        assert stop(process) == 0
        kept = place.waiting()
        stored = room.stored()
    [now] = stored.keys() - {before}
    first = min(room.arrived, key=lambda key: room.arrived[key])
    stamps = room.stamps(now)
    live = [received - started for started, received in stamps.values() if started > healed + 1]
    log.info("row 16: now after %.1f s, all of the day after %.1f s, then live samples take %.2f s at most",
             room.arrived[first] - seen, drained, max(live))  # fmt: skip
    assert first[0] == now
    assert room.arrived[first] - seen < 12
    assert stored[before] == list(range(1, 20_001))
    assert whole(sorted({*stored[now], *(seq for name, seq in kept if name == now)}))
    assert (room.doubled, set(room.dropped().values())) == (0, {0})


def test_a_long_drain_delays_no_live_sample(place: Place, engine: Engine, spool: Spool) -> None:
    """Row 16, through a narrow line: the day goes up slowly, and what is measured meanwhile goes up at once."""
    begin = time.time() - DAY_S
    spool.append([a_sample(seq, begin + seq) for seq in range(1, 2001)])
    with control_room(engine, place) as room, proxy(room.port, Line(bytes_per_s=40_000)) as line:
        with measuring(spool, 2001) as ended, delivering(place, spool, line.url + "/api/v1/samples", batch=100):
            until(lambda: len(room.arrived) > 2020)
        waits = lags(room, ended)
    log.info("row 16: live samples during the drain: median %.2f s, worst %.2f s", waits[len(waits) // 2], waits[-1])
    assert waits[-1] < 2.0
    assert whole(next(iter(room.stored().values())))


def test_a_room_that_refuses_connections_costs_next_to_nothing(place: Place, spool: Spool) -> None:
    """Row 17."""
    spool.append([a_sample(seq) for seq in range(1, 1001)])
    with delivering(place, spool, f"http://127.0.0.1:{free_port()}/", every_s=0.05) as running:
        time.sleep(5)
    tries = running.attempts("unreachable")
    log.info("row 17: %d tries and %.3f s of processor in 5 s", tries, running.cpu_s)
    assert 3 <= tries <= 25
    assert running.cpu_s < 0.5


def test_a_real_agent_that_is_refused_does_not_spin(place: Place) -> None:
    """Row 17."""
    with http_server(lambda _: (200, b"UP")) as target:
        process = start(place, place.config(f"http://127.0.0.1:{free_port()}/", [get(target.url)]))
        until(lambda: "unreachable" in (place.folder / "log").read_text())
        before = cpu_s(process.pid)
        time.sleep(3)
        used = cpu_s(process.pid) - before
        assert stop(process) == 0
    log.info("row 17: the whole agent, six checks a second: %.2f s of processor in 3 s", used)
    assert used < 1.0


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@in_its_own_network
def test_a_line_that_loses_four_packets_in_ten_is_slow_and_complete(place: Place, engine: Engine) -> None:
    """Row 18."""
    with control_room(engine, place) as room, lossy(room.port, 0.4):
        spool = Spool(place.spool, 10_000)
        spool.append([a_sample(seq) for seq in range(1, 501)])
        began = time.monotonic()
        with delivering(place, spool, room.url, batch=100, back_off_max_s=1) as running:
            until(lambda: len(spool) == 0, within=180)
        took = time.monotonic() - began
        spool.close()
        [numbers] = room.stored().values()
    log.info("row 18: 500 samples in %.1f s, %d of %d tries failed, %d doubled and dropped", took,
             running.attempts("unreachable"), running.attempts("unreachable") + running.attempts("delivered"), room.doubled)  # fmt: skip
    assert numbers == list(range(1, 501))


def test_a_line_with_a_delay_of_seconds_delivers_and_says_how_late(place: Place, engine: Engine, spool: Spool) -> None:
    """Row 19."""
    stamps = [time.time() - 20 + seq for seq in range(1, 6)]
    spool.append([a_sample(seq, stamps[seq - 1]) for seq in range(1, 6)])
    with control_room(engine, place) as room, proxy(room.port, Line(delay_s=3.0, jitter_s=0.5)) as line:
        running = Running(place, spool, line.url + "/api/v1/samples")
        took = running.step()
        running.delivery.close()
        found = room.stamps(spool.boot)
    log.info("row 19: delivered in %.2f s; lag said %.1f s", took, running.lag())
    assert len(spool) == 0
    assert 6.0 < took < 8.5
    assert [found[seq][0] for seq in range(1, 6)] == pytest.approx(stamps, abs=0.002)  # not taken for a wrong clock
    assert all(received - started > 3 for started, received in found.values())
    assert running.lag() == pytest.approx(19.0, abs=1.0)


def test_a_line_of_eight_kilobits_carries_small_batches(place: Place, engine: Engine, spool: Spool) -> None:
    """Row 20."""
    spool.append([a_sample(seq) for seq in range(1, 101)])
    began = time.monotonic()
    with control_room(engine, place) as room, proxy(room.port, Line(bytes_per_s=1000)) as line:
        given = {"deadline_s": 3, "back_off_max_s": 0.2}
        with (
            measuring(spool, 101, every_s=0.5) as ended,
            delivering(place, spool, line.url + "/api/v1/samples", **given) as running,
        ):
            until(lambda: len(room.arrived) > 110 and len(spool) < 5, within=180)
        took, waits = time.monotonic() - began, lags(room, ended)
    log.info("row 20: %d samples in %.1f s, %d bytes; batches of %s; %d too large; live ones took %.1f s, at worst %.1f s",
             len(room.arrived), took, line.bytes_up, room.sizes, running.attempts("unreachable"),
             waits[len(waits) // 2], waits[-1])  # fmt: skip
    assert whole(next(iter(room.stored().values()))[:100])
    assert running.attempts("unreachable") <= 4  # until it knows what the line can carry
    assert max(room.sizes[4:]) <= 40
    assert waits[-1] < 10


def test_a_reply_that_is_lost_means_a_repeat_and_nothing_doubled(place: Place, engine: Engine, spool: Spool) -> None:
    """Row 21."""
    spool.append([a_sample(seq) for seq in range(1, 1001)])
    with control_room(engine, place) as room, proxy(room.port, Line(drop_reply=True)) as line:
        with delivering(place, spool, line.url + "/api/v1/samples", batch=100, back_off_max_s=0.1) as running:
            until(lambda: line.replies_dropped >= 5)
            assert len(spool) == 1000  # stored there, but nobody has said so
            line.line = Line()
            until(lambda: len(spool) == 0)
        [numbers] = room.stored().values()
    log.info("row 21: %d replies lost, %d samples came again", line.replies_dropped, room.doubled)
    assert numbers == list(range(1, 1001))
    assert room.doubled >= 100
    assert running.attempts("delivered") >= 10


@pytest.mark.parametrize(
    "line", [Line(vanish_after=0), Line(vanish_after=2000), Line(bytes_per_s=300)], ids=["at once", "in the body", "a trickle"]
)  # fmt: skip
def test_a_deadline_is_for_the_whole_delivery(place: Place, engine: Engine, spool: Spool, line: Line) -> None:
    """Row 22: not for each read, so that a line that carries a byte now and then is left, too."""
    spool.append([a_sample(seq) for seq in range(1, 101)])
    with control_room(engine, place) as room, proxy(room.port, line) as through:
        running = Running(place, spool, through.url, deadline_s=0.7)
        took = min(running.step() for _ in range(2))
        running.delivery.close()
    log.info("row 22: a deadline of 700 ms ended after %.0f ms", took * 1000)
    assert took == pytest.approx(0.7, abs=0.05)
    assert (len(spool), running.attempts("unreachable")) == (100, 2)
