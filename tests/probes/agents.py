"""Agents for tests: their files and processes, a stand-in to measure, and checks of it."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from probes.agent import run
from probes.clock import WallClock
from probes.rehearsal.faults import Fault
from probes.rehearsal.registry import StandIn
from probes.settings import AgentFile

from .servers import Intake

Settings = dict[str, object]


class Place:
    """The files of one agent, and its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = folder / "data" / "spool.db"
        self.started: list[subprocess.Popen[str]] = []
        (folder / "token").write_text("secret")

    def config(self, room: str, checks: list[Settings], **more: object) -> Settings:
        probes = {
            "agent": "agent-1",
            "vantage": "test bench",
            "districts": [490, 491, 492],
            "checks": [{"interval_s": 0.5, "deadline_s": 0.4, **check} for check in checks],
            "spool": {"file": str(self.spool)},
            "delivery": {
                "url": room, "token_file": str(self.folder / "token"), "every_s": 0.1, "back_off_max_s": 0.2, "deadline_s": 2,
            },
            "metrics": {"port": None},
            **more,
        }  # fmt: skip
        return {"probes": probes}

    def start(self, config: Settings) -> subprocess.Popen[str]:
        file = self.folder / "config.yaml"
        file.write_text(json.dumps(config))  # JSON is YAML
        command = [sys.executable, "-m", "probes", "--config", str(file)]
        self.started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return self.started[-1]

    def waiting(self) -> set[tuple[str, int]]:
        """What is on disk, by boot and number; only while no agent runs."""
        with closing(sqlite3.connect(self.spool)) as db:
            return set(db.execute("SELECT boot, seq FROM sample").fetchall())

    def left(self) -> list[tuple[str, str]]:
        """Method and address of each clean-up that is still owed; only while no agent runs."""
        with closing(sqlite3.connect(self.spool)) as db:
            return db.execute("SELECT method, url FROM cleanup").fetchall()


def until(true: Callable[[], bool], within: float = 90.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@contextmanager
def stand_in(*faults: Fault) -> Iterator[StandIn]:
    registry = StandIn(scale=0.02)
    registry.start()
    registry.set_faults(faults)
    yield registry
    registry.stop()


def get(url: str) -> Settings:
    return {"name": "ping", "kind": "http", "url": url + "/api/{district}/ping", "expect_text": "UP"}


def upload(url: str, name: str = "upload") -> Settings:
    records = url + "/api/{district}/records"
    return {
        "name": name, "kind": "upload", "url": records, "expect_status": [202],
        "read_back": {"url": records + "/{record}", "every_s": 0.05}, "clean_up": {"url": records + "/{record}"},
    }  # fmt: skip


def anchor(registry: StandIn) -> Settings:
    return {"name": "neutral", "kind": "anchor", "url": local(registry.ports.anchor) + "/anchor/{district}"}


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def answered(registry: StandIn) -> int:
    return sum(registry.load().values())


def by_check(intake: Intake) -> dict[str, set[tuple[str, str]]]:
    """Outcomes and reasons, without what an agent says of itself when a busy machine gave it no processor."""
    found: dict[str, set[tuple[str, str]]] = {}
    for sample in list(intake.samples.values()):
        if str(sample["detail"]).startswith("the agent itself stood still"):
            continue
        found.setdefault(str(sample["check"]), set()).add((str(sample["outcome"]), str(sample["reason"])))
    return found


@contextmanager
def running(config: Settings, clock: WallClock | None = None) -> Iterator[None]:
    """An agent in this process, which must still be running at the end."""
    stop, settings = threading.Event(), AgentFile.model_validate(config)
    agent = threading.Thread(target=run, args=(settings, stop, clock or WallClock()))
    agent.start()
    try:
        yield
        assert agent.is_alive()
    finally:
        stop.set()
        agent.join(60)
    assert not agent.is_alive()
