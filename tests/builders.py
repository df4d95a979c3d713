"""Builders that fill a real SQLite store with a small named cast, for tests of pages. Fixed clock, no chance.

Whole pictures made of them (the day of the comps, a calm day, a Sunday) stand in tests/dashboard/web/pictures.py.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date as Date
from datetime import datetime, time
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, insert

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.settings import ControlRoomFile
from dashboard.store import figures, histogram, schema
from probes.clock import SetClock
from tests.places import example
from tests.stores import fresh_store

DAY = Date(2021, 1, 16)
MINUTE_MS = 60_000
CELL_MS = 5 * MINUTE_MS
CHECKS = {"ping": "http", "upload": "upload", "neutral-host": "anchor"}


def example_settings(**dashboard: object) -> ControlRoomFile:
    """config.yaml as it is, with other values in its dashboard section if given."""
    settings = example()
    return settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update=dashboard)})


class Scene:
    """A store being filled. Hours are texts like "11:40", in the state's zone, on `day`."""

    def __init__(self, file: Path, settings: ControlRoomFile, now: str = "16:40", day: Date = DAY) -> None:
        self.engine: Engine = fresh_store(file)
        self.settings = settings
        self.day = day
        self.now_ms = self.ms(now)
        self.clock = SetClock(self.now_ms / 1000)
        self._incidents = 0
        self._connection: Connection | None = None

    def ms(self, hour: str, day: Date | None = None) -> int:
        at = datetime.combine(day or self.day, time.fromisoformat(hour), self.settings.zone)
        return int(at.timestamp() * 1000)

    def code(self, name: str) -> int:
        return next(d.code for d in self.settings.districts if d.name == name)

    def put(self, table: Table, rows: Sequence[dict[str, object]]) -> None:
        if rows:
            with self.at_once():
                self._transaction().execute(insert(table), list(rows))

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """One transaction for many rows: each one alone would wait for the disk."""
        if self._connection is not None:
            yield
            return
        with self.engine.begin() as connection:
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    def _transaction(self) -> Connection:
        assert self._connection is not None
        return self._connection

    # -- who measures -------------------------------------------------------------------------------------------------

    def agent(self, name: str = "control-room", heard: str | None = None) -> None:
        """An agent with one boot; with all series of all districts when it is the first."""
        heard_ms = self.ms(heard) if heard else self.now_ms
        number = 1 if name == "control-room" else 2
        self.put(
            schema.agent, [{"agent_id": number, "name": name, "token_sha256": "0" * 64, "added_ms": self.ms("08:00")}]
        )
        boot = {"boot_id": number, "agent_id": number, "boot": str(number) * 32, "first_ms": self.ms("08:00")}
        self.put(schema.boot, [{**boot, "last_ms": heard_ms, "skew_ms": 0, "dropped": 0}])
        if number == 1:
            self.put(schema.series, [
                {"series_id": n * 10 + k, "district": d.code, "check_name": check, "kind": kind, "vantage": "control room"}
                for n, d in enumerate(self.settings.districts) for k, (check, kind) in enumerate(CHECKS.items())
            ])  # fmt: skip

    # -- what was measured --------------------------------------------------------------------------------------------

    def cells(
        self,
        name: str,
        begins: str,
        ends: str,
        seconds: Callable[[int], float],
        tried: int = 20,
        failed: Callable[[int], int] = lambda _: 0,
    ) -> None:
        """Five-minute cells of uploads; `seconds(n)` and `failed(n)` of the n-th cell from `begins`."""
        rows = []
        for n, start in enumerate(range(self.ms(begins), self.ms(ends), CELL_MS)):
            bad = min(tried, failed(n))
            times = [round(seconds(n) * (0.55 + 0.45 * k / max(1, tried - bad - 1)) * 1e6) for k in range(tried - bad)]
            rows.append({
                "district": self.code(name), "kind": "upload", "start_ms": start, "ok": tried - bad, "failed": bad, "unknown": 0,
                "histogram": histogram.encode(times), "max_us": max(times, default=0),
            })  # fmt: skip
        self.put(schema.cell, rows)

    def samples(  # noqa: PLR0917 - one call a line of the scene
        self,
        name: str,
        begins: str,
        ends: str,
        seconds: float,
        every_s: int = 60,
        outcome: str = "ok",
        reason: str = "none",
        first_seq: int = 1,
        whole_line: bool = False,
    ) -> None:
        """Single samples of all three checks; the last one of a series is 4 s before `ends`. Uploads alone fail, or the `whole_line`."""
        index = next(n for n, d in enumerate(self.settings.districts) if d.name == name)
        last, rows = self.ms(ends) - 4000, []
        for k, kind in enumerate(CHECKS.values()):
            for n, at in enumerate(range(last, self.ms(begins), -every_s * 1000)):
                good = outcome == "ok" or (kind != "upload" and not whole_line)
                total = round((seconds if kind == "upload" else 0.2) * (0.8 + 0.05 * (n % 9)) * 1e6)
                rows.append({
                    "boot_id": 1, "seq": index * 100_000 + k * 20_000 + n + 1 + at % 7, "series_id": index * 10 + k, "started_ms": at,
                    "received_ms": at + 800, "outcome": "ok" if good else outcome, "reason": "none" if good else reason,
                    "status": 201 if good else None, "dns_us": 4000, "connect_us": 20_000, "tls_us": 30_000,
                    "first_byte_us": round(total * 0.7), "transfer_us": round(total * 0.05), "visible_us": round(total * 0.2),
                    "total_us": total, "bytes_up": 4096, "bytes_down": 300, "lateness_us": 1000, "detail": "",
                })  # fmt: skip
        for number, row in enumerate(rows):
            row["seq"] = index * 100_000 + number + first_seq
        self.put(schema.sample, rows)

    # -- what was judged ----------------------------------------------------------------------------------------------

    def flip(self, name: str | None, at: str, state: DistrictState, sentence: str = "", old: str = "no data") -> None:
        """A district's new state; None stands for the whole state."""
        code = 0 if name is None else self.code(name)
        row = {
            "district": code,
            "at_ms": self.ms(at),
            "since_ms": self.ms(at),
            "old": old,
            "new": str(state),
            "sentence": sentence or f"{name or 'All'}: {state}.",
        }
        self.put(schema.flip, [row])

    def watch(self, ran: str | None = None) -> None:
        ran_ms = self.ms(ran) if ran else self.now_ms
        self.put(schema.job, [{"name": "watch", "watermark": 0, "ran_ms": ran_ms, "state": "{}"}])

    def incident(
        self, kind: IncidentKind, names: Sequence[str], since: str, sentence: str, *, scope: Scope = Scope.DISTRICT,
        told: tuple[int, int] = (1, 1), answered: str | None = None, resolved: str | None = None, who: str = "control room",
    ) -> int:  # fmt: skip
        """An incident with one step and its notices; returns its id."""
        self._incidents += 1
        number, codes = self._incidents, [self.code(name) for name in names]
        self.put(schema.incident, [{
            "incident_id": number, "kind": str(kind), "scope": str(scope), "status": "resolved" if resolved else "open",
            "since_ms": self.ms(since), "opened_ms": self.ms(since) + 2 * MINUTE_MS, "resolved_ms": self.ms(resolved) if resolved else None,
            "acknowledged_ms": self.ms(answered) if answered else None, "acknowledged_by": who if answered else None,
            "sentence": sentence, "steps": 1,
        }])  # fmt: skip
        left = self.ms(resolved) if resolved else None
        self.put(schema.incident_district, [
            {"incident_id": number, "district": code, "joined_ms": self.ms(since), "left_ms": left} for code in codes
        ])  # fmt: skip
        self.put(schema.incident_step, [{
            "incident_id": number, "step": 1, "what": str(StepKind.OPENED), "at_ms": self.ms(since), "kind": str(kind),
            "scope": str(scope), "districts": json.dumps(codes), "sentence": sentence, "who": "rule",
        }])  # fmt: skip
        self.notices(number, *told, since)
        return number

    def notices(self, incident_id: int, taken: int, owed: int, at: str) -> None:
        self.put(schema.notice, [{
            "incident_id": incident_id, "step": 1, "address": f"officer{n}@example.org", "recipient": f"Officer {n}", "district": None,
            "language": "en", "message_id": f"<{incident_id}.1.{n}@example.org>", "subject": "s", "text": "t", "html": "h",
            "state": "accepted" if n < taken else "due", "created_ms": self.ms(at), "due_ms": self.ms(at), "attempts": 1,
            "accepted_ms": self.ms(at) if n < taken else None, "last_reply": "250 ok",
        } for n in range(owed)])  # fmt: skip

    # -- doses --------------------------------------------------------------------------------------------------------

    def figure(
        self, place: str, kind: str, value: int, at: str | None = None, *, rehearsed: bool = False, said: str = ""
    ) -> None:
        """A figure; `at` None means that its hour is not known."""
        self.put(schema.figure, [{
            "place": place, "day": self.day.isoformat(), "kind": kind, "value": value,
            "as_of_ms": self.ms(at) if at else self.ms("23:59:59"), "hour_known": int(at is not None), "received_ms": self.now_ms,
            "said": said, "source": "rehearsal script" if rehearsed else "https://example.org/release", "who": "", "status": "provisional",
            "note": "", "rehearsed": int(rehearsed),
        }])  # fmt: skip

    def published_figures(self) -> None:
        """The figures of config.yaml, as the control room stores them."""
        with self.at_once():
            figures.append(self._transaction(), list(self.settings.figures), self.settings.zone, self.ms("08:00"))
