"""The agent's own disk, broken for real: what cannot be written waits in memory, what is lost is counted, and it comes back alone."""

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from probes.clock import WallClock
from probes.delivery import Delivery
from probes.metrics import Metrics
from probes.recorder import KEPT_IN_MEMORY, Recorder
from probes.sample import Outcome
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool
from tests.faults.disks import failing, full, read_only, small_disk, without_inodes
from tests.faults.hosts import said, start, stop
from tests.faults.rooms import a_sample, control_room
from tests.probes.agents import Place, get, until
from tests.probes.servers import http_server
from tests.stores import fresh_store

pytestmark = pytest.mark.process
log = logging.getLogger(__name__)
CHECKS_A_SECOND = 15
REFUSED = "samples are kept in memory"
WELL_AGAIN = "the spool can be written again"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = fresh_store(tmp_path / "tikawatch.db")
    yield engine
    engine.dispose()


@pytest.fixture
def disk(place: Place) -> Iterator[Path]:
    with small_disk(place.spool.parent) as made:
        yield made


def broken(how: str, place: Place) -> AbstractContextManager[None]:
    match how:
        case "full":
            return full(place.spool.parent)
        case "inodes gone":
            return without_inodes(place.spool.parent)
        case "read-only":
            return failing(place.started[-1], "pwrite64,ftruncate", "EROFS")
    return failing(place.started[-1], "fsync,fdatasync", "EIO")


@pytest.mark.parametrize("how", ["full", "inodes gone", "read-only", "failing"])
def test_an_agent_outlives_its_disk_and_loses_nothing(place: Place, engine: Engine, disk: Path, how: str) -> None:
    """Rows 43 to 46: not one number is missing at the end, on this disk or in the control room."""
    assert disk.is_mount()
    with control_room(engine, place) as room, http_server(lambda _: (200, b"UP")) as target:
        check = get(target.url) | {"interval_s": 0.2, "deadline_s": 0.2}
        given = {"url": room.url, "token_file": str(place.folder / "token"), "every_s": 0.1, "back_off_max_s": 0.5}
        process = start(place, place.config("", [check], delivery=given))
        until(lambda: len(room.arrived) > CHECKS_A_SECOND)
        with broken(how, place):
            if how == "inodes gone":  # its files are open already: it does not notice
                time.sleep(3)
            else:
                until(lambda: REFUSED in said(place))
                time.sleep(1)
            assert process.poll() is None
        mended, then = time.monotonic(), len(target.calls)
        until(lambda: len(room.arrived) >= then)
        caught_up = time.monotonic() - mended
        assert stop(process) == 0
    [[boot, numbers]] = room.stored().items()
    kept = [seq for name, seq in place.waiting() if name == boot]
    log.info(
        "%s: caught up %.1f s after it was mended; %d samples, %d came again",
        how,
        caught_up,
        len(numbers),
        room.doubled,
    )
    assert sorted({*numbers, *kept}) == list(range(1, max([*numbers, *kept]) + 1))
    assert max([*numbers, *kept]) >= then
    assert room.dropped() == {boot: 0}
    # a commit that failed only in its last step may have been delivered before it is made again: the room knows it
    assert room.doubled <= (CHECKS_A_SECOND if how == "failing" else 0)
    assert (WELL_AGAIN in said(place)) == (how != "inodes gone")


def test_a_disk_full_for_long_costs_the_oldest_good_samples_and_says_how_many(
    place: Place, engine: Engine, disk: Path
) -> None:
    """Row 43: the newest are kept, and failures before good ones."""
    registry, lost, bad = CollectorRegistry(), 500, 5
    metrics = Metrics(registry)
    last = KEPT_IN_MEMORY + lost
    with control_room(engine, place) as room, closing(Spool(place.spool, 100_000)) as spool:
        recorder = Recorder(spool, metrics)
        with full(disk):
            for seq in range(1, last + 1):
                recorder.add(partial(a_sample, seq, outcome=Outcome.FAILED if seq <= bad else Outcome.OK))
                if seq % 5000 == 0:
                    recorder.flush()
            recorder.flush()
            assert len(spool) == 0
        recorder.flush()
        settings = DeliverySettings.model_validate(
            {"url": room.url, "token_file": place.folder / "token", "batch": 1000}
        )
        with closing(Delivery(settings, "agent-1", spool, WallClock(), metrics)) as delivery:
            while len(spool):
                delivery.step(threading.Event(), random.Random(1))
    assert room.stored() == {spool.boot: [*range(1, bad + 1), *range(bad + lost + 1, last + 1)]}
    assert room.dropped() == {spool.boot: lost}
    assert registry.get_sample_value("tikawatch_spool_dropped_total") == lost


@pytest.mark.parametrize("how", ["full", "inodes gone", "read-only"])
def test_an_agent_that_cannot_make_its_spool_says_so_and_ends(place: Place, disk: Path, how: str) -> None:
    with read_only(disk) if how == "read-only" else broken(how, place):
        process = start(place, place.config("http://127.0.0.1:1/", [get("http://127.0.0.1:1")]))
        assert process.wait(90) != 0
    assert "Traceback" not in said(place)
    assert f"{place.spool}: the spool cannot be opened (" in said(place)
    assert "check the folder's owner and mode, and that the disk has room and inodes left" in said(place)
