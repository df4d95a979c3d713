"""Batches that come again and out of order: the control room stores each sample once."""

import gzip
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from probes.sample import Batch
from tests.faults.rooms import a_sample, control_room
from tests.probes.agents import Place
from tests.probes.servers import Call
from tests.stores import fresh_store

pytestmark = pytest.mark.process


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = fresh_store(tmp_path / "tikawatch.db")
    yield engine
    engine.dispose()


def test_the_same_batch_a_thousand_times_and_in_any_order_is_stored_once(place: Place, engine: Engine) -> None:
    """Row 73."""
    samples, rng = [a_sample(seq) for seq in range(1, 41)], random.Random(1)
    with control_room(engine, place) as room:
        headers = {"Authorization": f"Bearer {room.token}", "Content-Encoding": "gzip"}
        for _ in range(1000):
            rng.shuffle(samples)
            some = tuple(samples[: rng.randint(1, 40)])
            batch = Batch(agent="agent-1", boot="0" * 32, sent=time.time(), samples=some)
            body = gzip.compress(batch.model_dump_json().encode(), compresslevel=1)
            assert room(Call("POST", "/api/v1/samples", headers, body))[0] == 200
        assert room.stored() == {"0" * 32: list(range(1, 41))}
        assert room.doubled == sum(room.sizes) - 40
