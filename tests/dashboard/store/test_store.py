"""The store: schema and migrations agree, samples are stored once, cells are recomputed, histograms keep their promise."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, select

from dashboard.detection.states import DistrictState
from dashboard.store import agents, figures, flips, histogram, jobs, samples
from dashboard.store.engine import engine_for, reading
from dashboard.store.flips import Flip
from dashboard.store.lock import StoreInUseError, holding
from dashboard.store.schema import boot, cell, figure, metadata, sample
from probes.sample import Batch, Outcome, Reason, Receipt
from tests.places import RAIGAD, THANE, at, example
from tests.samples import a_batch, a_sample

NOON = at("12:00")


def test_the_migrations_give_the_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_sqlite_is_opened_for_power_cuts(tmp_path: Path) -> None:
    engine = engine_for(f"sqlite+pysqlite:///{tmp_path / 't.db'}")
    with reading(engine) as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()
    assert pragmas == ["wal", 2, 1]


def stored(engine: Engine, *batches: Batch, received: float | None = None) -> list[Receipt]:
    """Accept batches of a known agent; received the moment they were sent unless told otherwise."""
    with engine.begin() as connection:
        token = agents.add(connection, "control-room", 0)
        agent = agents.by_token(connection, token)
        assert agent is not None
        moments = [batch.sent if received is None else received for batch in batches]
        return [
            samples.accept(connection, agent.agent_id, b, int(m * 1000)) for b, m in zip(batches, moments, strict=True)
        ]


def test_a_batch_that_comes_twice_is_stored_once(engine: Engine) -> None:
    batch = a_batch(a_sample(n, THANE, NOON + n) for n in (1, 2, 3))
    more = a_batch(a_sample(n, THANE, NOON + n) for n in (3, 4))
    receipts = stored(engine, batch, batch, more)
    assert [(r.stored, r.doubled) for r in receipts] == [(3, 0), (0, 3), (1, 1)]


def test_the_same_sequence_numbers_of_another_boot_are_other_samples(engine: Engine) -> None:
    receipts = stored(engine, a_batch([a_sample(1, THANE, NOON)]), a_batch([a_sample(1, THANE, NOON)], boot="c" * 32))
    assert [r.stored for r in receipts] == [1, 1]


def test_samples_are_read_on_in_order_of_arrival_with_their_end_as_time(engine: Engine) -> None:
    stored(engine, a_batch([a_sample(1, THANE, NOON, 2.5), a_sample(2, RAIGAD, NOON - 60, 1.0, kind="http")]))
    with reading(engine) as connection:
        seen = samples.arrived_after(connection, 0)
        assert [(s.district, s.at, s.total) for s in seen] == [(THANE, NOON + 2.5, 2.5), (RAIGAD, NOON - 59, 1.0)]
        assert samples.arrived_after(connection, seen[0].sample_id) == seen[1:]


def test_an_agents_plainly_wrong_clock_is_corrected_by_its_skew(engine: Engine) -> None:
    ahead = 600.0
    stored(engine, a_batch([a_sample(1, THANE, NOON + ahead, 2.0)], sent=NOON + 30 + ahead), received=NOON + 30)
    with reading(engine) as connection:
        assert samples.arrived_after(connection, 0)[0].at == pytest.approx(NOON + 2)
        assert connection.execute(select(boot.c.skew_ms)).scalar() == 600_000


def test_a_cell_sums_up_its_five_minutes_and_recomputing_changes_nothing(engine: Engine) -> None:
    failed = {"outcome": Outcome.FAILED, "reason": Reason.TIMEOUT, "status": None}
    stored(
        engine,
        a_batch(
            [
                a_sample(1, THANE, NOON, 2.0),
                a_sample(2, THANE, NOON + 15, 8.0),
                a_sample(3, THANE, NOON + 30, 30.0, **failed),
            ]
        ),
    )
    for _ in range(2):
        with engine.begin() as connection:
            samples.refresh_cells(connection, samples.arrived_after(connection, 0))
            row = connection.execute(select(cell)).one()
        assert (row.district, row.kind, row.start_ms, row.ok, row.failed, row.unknown) == (
            THANE,
            "upload",
            NOON * 1000,
            2,
            1,
            0,
        )
        assert histogram.quantile(histogram.merge([row.histogram]), 0.95) == pytest.approx(8.0, rel=0.022)


def test_histogram_quantiles_stay_within_their_bound_of_exact() -> None:
    values = np.random.default_rng(16).lognormal(14, 1.2, 5000).astype(np.int64)
    counts = histogram.merge([histogram.encode(values[:2000]), histogram.encode(values[2000:])])
    for share in (0.5, 0.95, 0.99):
        exact = float(np.quantile(values, share, method="inverted_cdf")) / 1e6
        assert histogram.quantile(counts, share) == pytest.approx(exact, rel=0.022)
    assert histogram.quantile(histogram.merge([histogram.encode([])]), 0.5) is None


def test_the_newest_flip_is_the_state(engine: Engine) -> None:
    with engine.begin() as connection:
        flips.append(
            connection,
            [
                Flip(THANE, 1, 1, DistrictState.NO_DATA, DistrictState.OK, "a"),
                Flip(THANE, 2, 2, DistrictState.OK, DistrictState.SLOW, "b"),
            ],
        )
        flips.append(connection, [])
        assert flips.newest(connection)[THANE].new is DistrictState.SLOW


def test_a_job_remembers_how_far_it_came(engine: Engine) -> None:
    with engine.begin() as connection:
        assert (jobs.watermark(connection, "watch"), jobs.ran_at(connection, "watch")) == (0, None)
        jobs.advance(connection, "watch", 7, 1000, {})
        jobs.advance(connection, "watch", 9, 2000, {"a": 1})
        assert jobs.memory(connection, "watch") == {"a": 1}
        assert (jobs.watermark(connection, "watch"), jobs.ran_at(connection, "watch")) == (9, 2000)


def test_figures_are_appended_once_and_an_unknown_hour_stays_unknown(engine: Engine) -> None:
    rows = list(example().figures)
    with engine.begin() as connection:
        assert figures.append(connection, rows, example().zone, 1) == len(rows)
        assert figures.append(connection, rows, example().zone, 2) == 0
        assert figures.append(connection, [], example().zone, 2) == 0
        raigad = connection.execute(
            select(figure).where(figure.c.place == str(RAIGAD), figure.c.kind == "reported")
        ).one()
        state = connection.execute(
            select(figure).where(figure.c.place == "STATE", figure.c.kind == "reported", figure.c.value == 18_338)
        ).one()
    assert (raigad.value, raigad.hour_known, raigad.as_of_ms) == (10, 1, at("13:30") * 1000)
    assert (state.value, state.hour_known, state.as_of_ms) == (18_338, 0, at("23:59:59") * 1000)


def test_an_agents_token_is_kept_hashed_and_can_be_revoked_and_renewed(engine: Engine) -> None:
    with engine.begin() as connection:
        first = agents.add(connection, "raigad-1", 1)
        second = agents.add(connection, "raigad-1", 2)
        assert agents.by_token(connection, first) is None
        assert agents.by_token(connection, second) is not None
        assert agents.revoke(connection, "raigad-1", 3)
        assert not agents.revoke(connection, "nobody", 3)
        assert agents.by_token(connection, second) is None
        assert [(a.name, a.revoked) for a in agents.everyone(connection)] == [("raigad-1", True)]
    assert second.encode() not in (Path(str(engine.url.database)).read_bytes())


def test_an_agent_stays_bound_to_its_districts_when_its_token_is_renewed(engine: Engine) -> None:
    with engine.begin() as connection:
        agents.add(connection, "raigad-1", 1)
        agents.bind(connection, "raigad-1", frozenset({RAIGAD}))
        renewed = agents.by_token(connection, agents.add(connection, "raigad-1", 2))
        assert renewed is not None
        assert renewed.districts == {RAIGAD}
        other = agents.by_token(connection, agents.add(connection, "thane-1", 2))
        assert other is not None
        assert other.districts is None


def test_a_second_holder_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    store = tmp_path / "tikawatch.db"
    code = (
        f"from dashboard.store.lock import holding\nfrom pathlib import Path\nwith holding(Path({str(store)!r})): pass"
    )
    with holding(store):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert f"another Tikawatch (process {os.getpid()}) holds" in second.stderr
    with holding(store):
        pass
    with holding(store), pytest.raises(StoreInUseError, match="Stop it first"), holding(store):
        pass


def test_nothing_counts_rows_before_there_are_any(engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(sample)).scalar() == 0
