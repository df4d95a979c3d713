"""Finished checks on their way to the disk."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes import recorder as module
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.sample import Sample
from probes.spool import Spool

from .test_spool import sample, waiting


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", 100_000)
    yield opened
    opened.close()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def recorder(spool: Spool, registry: CollectorRegistry) -> Recorder:
    return Recorder(spool, Metrics(registry))


def fill_disk(spool: Spool, full: bool) -> None:
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0] if full else 1_000_000
    spool._db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_flush_stores_all_that_has_finished(recorder: Recorder, spool: Spool, registry: CollectorRegistry) -> None:
    recorder.add(lambda: sample(1))
    recorder.add(lambda: sample(2))
    recorder.flush()
    recorder.flush()
    assert waiting(spool) == [1, 2]
    assert registry.get_sample_value("tikawatch_spool_samples") == 2


def test_a_sample_is_made_when_it_is_stored_and_keeps_its_place(recorder: Recorder, spool: Spool) -> None:
    made: list[int] = []

    def make(seq: int) -> Sample:
        made.append(seq)
        return sample(seq)

    for seq in (1, 2, 3):
        recorder.add(partial(make, seq))
    assert made == []
    recorder.flush()
    recorder.flush()
    assert made == waiting(spool) == [1, 2, 3]


def test_while_the_disk_is_full_samples_wait_in_memory(
    recorder: Recorder, spool: Spool, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    fill_disk(spool, full=True)
    for seq in range(1, 400):
        recorder.add(partial(sample, seq))
    recorder.flush()
    recorder.flush()
    assert (len(spool), registry.get_sample_value("tikawatch_spool_samples")) == (0, 399)
    fill_disk(spool, full=False)
    recorder.flush()
    assert len(spool) == 399
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "the spool cannot be written (database or disk is full); samples are kept in memory"
    ]


def test_memory_is_bounded_and_what_it_gave_up_is_reported(
    recorder: Recorder, spool: Spool, registry: CollectorRegistry
) -> None:
    fill_disk(spool, full=True)
    for seq in range(1, module.KEPT_IN_MEMORY + 11):
        recorder.add(partial(sample, seq, good=seq > 3))
    recorder.flush()
    fill_disk(spool, full=False)
    recorder.flush()
    found = spool.oldest(10)
    assert found is not None
    assert found.dropped == 10
    assert (len(spool), registry.get_sample_value("tikawatch_spool_dropped_total")) == (module.KEPT_IN_MEMORY, 10)
    assert waiting(spool, 4) == [1, 2, 3, 14]
