"""How a check is led: what one of them does must not cost another."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.checks import Steps, Target, http
from probes.clean_ups import CleanUps
from probes.clock import Clock, WallClock
from probes.measuring import Measuring
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.sample import CheckKind, Sample
from probes.settings import Probes
from probes.spool import Spool
from probes.transfers import TransferLoop

from .servers import http_server


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", 1000)
    yield opened
    opened.close()


def measure(url: str, spool: Spool, loop: TransferLoop, enough: int) -> list[Sample]:
    """Run http checks of two districts until so many samples were taken."""
    checks = [{"name": "ping", "kind": "http", "url": url, "interval_s": 0.2, "deadline_s": 0.2}]
    probes = Probes.model_validate({"agent": "a", "vantage": "here", "districts": [490, 491], "checks": checks})
    metrics, clock, stop = Metrics(CollectorRegistry()), WallClock(), threading.Event()
    recorder, clean_ups = Recorder(spool, metrics), CleanUps(probes.checks, spool, clock, metrics)
    measuring = Measuring(
        probes, clock, loop,
        recorder=recorder, clean_ups=clean_ups, metrics=metrics, rng=random.Random(1), functions={CheckKind.HTTP: fragile},
    )  # fmt: skip

    def turn() -> float:
        recorder.flush()
        if len(spool) >= enough:
            stop.set()
        return measuring.turn()

    loop.run(stop, turn)
    found = spool.oldest(enough)
    assert found is not None
    return [Sample.model_validate_json(body) for _, body in found.rows]


def fragile(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """As a GET, but it cannot read what district 490 is answered."""
    found = yield from http.measure(target, clock, rng)
    if target.district == 490:
        raise ValueError("an odd answer")
    return found


@pytest.mark.process
def test_a_check_that_cannot_read_its_answer_is_a_protocol_fault_and_the_others_go_on(
    spool: Spool, loop: TransferLoop
) -> None:
    with http_server(lambda _: (200, b"OK")) as server:
        samples = measure(server.url, spool, loop, enough=8)
    assert {(one.district, one.reason.value, one.detail) for one in samples} == {
        (490, "protocol", "the answer cannot be understood (an odd answer)"),
        (491, "none", ""),
    }
