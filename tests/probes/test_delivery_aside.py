"""Samples the control room refused once, tried again after a start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.clock import SetClock
from probes.delivery import ASIDE_PAUSE_S, Delivery
from probes.metrics import Metrics
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool

from .servers import HttpServer, Intake
from .test_delivery import step
from .test_spool import sample


@pytest.fixture
def aside(tmp_path: Path) -> Iterator[Spool]:
    """A spool with 20 samples that were set aside before its start, numbered from 1001."""
    file = tmp_path / "aside.db"
    before = Spool(file, 10_000)
    before.append([sample(seq) for seq in range(1001, 1021)])
    found = before.oldest(100)
    assert found is not None
    for row, _ in found.rows:
        before.set_aside(row, "refused")
    before.close()
    opened = Spool(file, 10_000)
    yield opened
    opened.close()


class Trying:
    """A delivery of the samples set aside, by a clock moved by hand."""

    def __init__(self, spool: Spool, token: Path, url: str) -> None:
        self.clock = SetClock(1.7e9)
        settings = DeliverySettings.model_validate({"url": url, "token_file": token, "batch": 10, "every_s": 1})
        self.delivery = Delivery(settings, "agent-1", spool, self.clock, Metrics(CollectorRegistry()))

    def steps(self, count: int) -> list[float]:
        return [step(self.delivery) for _ in range(count)]


def test_what_was_set_aside_waits_for_an_empty_queue_and_goes_one_first(
    aside: Spool, token: Path, intake: Intake, room: HttpServer
) -> None:
    aside.append([sample(1), sample(2)])
    trying = Trying(aside, token, room.url)
    trying.steps(7)
    trying.delivery.close()
    sizes = [len(batch["samples"]) for batch in intake.batches]  # type: ignore[arg-type]
    assert sizes == [2, 1, 2, 4, 8, 5]
    assert {seq for _, seq in intake.samples} == {1, 2, *range(1001, 1021)}
    assert aside.oldest_aside(0, 100) is None


def test_a_refusal_of_what_was_set_aside_delays_no_other_sample(
    aside: Spool, token: Path, intake: Intake, room: HttpServer
) -> None:
    intake.refuses = lambda one: int(str(one["seq"])) > 1000
    trying = Trying(aside, token, room.url)
    assert trying.steps(5) == [1.0] * 5
    assert len(room.calls) == 1
    aside.append([sample(1), sample(2)])
    assert trying.steps(1) == [1.0]
    assert {seq for _, seq in intake.samples} == {1, 2}
    trying.clock.move(ASIDE_PAUSE_S)
    trying.steps(5)
    assert len(room.calls) == 3
    trying.clock.move(ASIDE_PAUSE_S)  # the second pause is twice as long
    trying.steps(5)
    assert len(room.calls) == 3
    trying.delivery.close()


def test_a_sample_refused_for_good_does_not_keep_the_next_from_its_try(
    aside: Spool, token: Path, intake: Intake, room: HttpServer
) -> None:
    intake.refuses = lambda one: one["seq"] == 1001
    trying = Trying(aside, token, room.url)
    for _ in range(12):
        trying.steps(1)
        trying.clock.move(ASIDE_PAUSE_S)
    trying.delivery.close()
    assert {seq for _, seq in intake.samples} == set(range(1002, 1021))
