"""A control room's real intake behind a real socket, and spools that have waited. May be changed: what is noted of what arrives."""

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, func, select

from dashboard.intake import create_intake
from dashboard.store import agents
from dashboard.store.engine import reading
from dashboard.store.schema import boot, sample
from probes.clock import WallClock
from probes.sample import Batch, CheckKind, Outcome, Phases, Reason, Receipt, Sample
from probes.spool import Spool
from tests.probes.agents import Place
from tests.probes.servers import Call, http_server

DISTRICT = 491


class Room:
    """Notes when what was stored, in monotonic seconds; `doubled` are samples that came again."""

    def __init__(self, engine: Engine) -> None:
        self._app = Flask("room")
        self._app.register_blueprint(create_intake(engine, WallClock(), frozenset({490, 491, 492})))
        self._engine = engine
        with engine.begin() as connection:
            self.token = agents.add(connection, "agent-1", 0)
        self.port = 0
        self.arrived: dict[tuple[str, int], float] = {}
        self.heard: Counter[str] = Counter()  # different samples, by boot
        self.sizes: list[int] = []
        self.doubled = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1/samples"

    def __call__(self, call: Call) -> tuple[int, bytes]:
        said = self._app.test_client().post("/api/v1/samples", data=call.body, headers=call.headers)
        if said.status_code == 200:
            self._note(Batch.model_validate_json(gzip.decompress(call.body)), Receipt.model_validate_json(said.data))
        return said.status_code, said.data

    def _note(self, batch: Batch, receipt: Receipt) -> None:
        now = time.monotonic()
        self.sizes.append(len(batch.samples))
        self.doubled += receipt.doubled
        self.heard[batch.boot] += receipt.stored
        for one in batch.samples:
            self.arrived.setdefault((batch.boot, one.seq), now)

    def stored(self) -> dict[str, list[int]]:
        """The numbers on the control room's disk, by boot, in order."""
        query = select(boot.c.boot, sample.c.seq).join(boot, boot.c.boot_id == sample.c.boot_id).order_by(sample.c.seq)
        found: dict[str, list[int]] = {}
        with reading(self._engine) as connection:
            for name, seq in connection.execute(query):
                found.setdefault(name, []).append(seq)
        return found

    def count(self) -> int:
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(sample)).scalar_one())

    def dropped(self) -> dict[str, int]:
        """What each boot said it had to throw away."""
        with reading(self._engine) as connection:
            return {row.boot: row.dropped for row in connection.execute(select(boot.c.boot, boot.c.dropped))}

    def stamps(self, of: str) -> dict[int, tuple[float, float]]:
        """The samples of a boot by number: started and received, seconds since 1970 UTC."""
        query = select(sample.c.seq, sample.c.started_ms, sample.c.received_ms).join(
            boot, boot.c.boot_id == sample.c.boot_id
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(boot.c.boot == of)).all()
        return {row.seq: (row.started_ms / 1000, row.received_ms / 1000) for row in rows}


@contextmanager
def control_room(engine: Engine, place: Place) -> Iterator[Room]:
    """It knows the agent of `place`."""
    room = Room(engine)
    (place.folder / "token").write_text(room.token)
    with http_server(room) as server:
        room.port = server.port
        yield room


def a_sample(seq: int, started: float | None = None, outcome: Outcome = Outcome.OK) -> Sample:
    """As an agent makes them: no two alike, so that they pack as badly as real ones."""
    dns, connect, wait, read, late = (
        seq * prime % 999_983 / 1e8 for prime in (7919, 104_729, 611_953, 15_485_863, 32_452_843)
    )
    return Sample(
        seq=seq, district=DISTRICT, check="ping", kind=CheckKind.HTTP, vantage="here",
        started=time.time() if started is None else started, outcome=outcome,
        reason=Reason.NONE if outcome is Outcome.OK else Reason.TIMEOUT,
        phases=Phases(dns=dns, connect=connect, first_byte=wait, transfer=read, total=dns + connect + wait + read),
        status=200, lateness=late,
    )  # fmt: skip


def filled(file: Path, count: int, over_s: float) -> str:
    """A spool that an earlier boot has left with so many samples over the last seconds; returns that boot."""
    with closing(Spool(file, 1_000_000)) as spool:
        begin = time.time() - over_s
        spool.append([a_sample(seq, begin + over_s * seq / count) for seq in range(1, count + 1)])
        return spool.boot
