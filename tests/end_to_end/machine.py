"""One machine for a test: the stand-in registry, a relay that keeps mails, and Tikawatch's own processes, all real, on loopback.

Times are those of a minute-long day: intervals of a second, thresholds to match. The session lasts all day, so that the hour of the test
does not matter. Usual answers take milliseconds here: that all of them take some times as long is the machine's own doing, and no news.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML

from probes.rehearsal.faults import Fault
from probes.rehearsal.mail_catcher import MailCatcher
from probes.rehearsal.mail_folder import Mail
from probes.rehearsal.registry import StandIn
from tests.places import EXAMPLE

T = TypeVar("T")
SLOW = 30  # times as long: seconds instead of tenths, so that a healthy upload on a busy machine is not taken for one
RULES = {
    "tick_s": 1, "settle_s": 4, "slow": {"limit_s": 4, "ratio": 5, "floor_s": 2, "unworkable_s": 15, "alone_s": 5},
    "outage": {"window_s": 4, "window_long_s": 8, "recover_s": 5}, "flap": {"reopen_s": 60},
    "degraded": {"ratio": 30, "tail_x": 30, "err": 0.25, "sustain_s": 12, "err_window_s": 20, "recover_s": 5}, "division": {"ratio": 30},
    "local": {"window_s": 6, "window_long_s": 12, "nodata_s": 10, "recover_s": 5}, "monitor": {"silence_s": 10, "recover_s": 5},
}  # fmt: skip
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Machine:
    """Starts and kills the processes of one control room by name, and asks them what they know."""

    def __init__(self, folder: Path, stand_in: StandIn, catcher: MailCatcher) -> None:
        self.folder, self.stand_in, self.catcher = folder, stand_in, catcher
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.config = folder / "config.yaml"
        self._write_config()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._command("agent", "add", "control-room", "--config", str(self.config), keep="agent-token")

    def start(self, role: str, **environment: str) -> None:
        """`serve` or `probe`, as a process of its own; what it says goes to ROLE.log."""
        log = (self.folder / f"{role}.log").open("ab")
        self._running[role] = subprocess.Popen(
            [sys.executable, "-m", "dashboard.cli", role, "--config", str(self.config)],
            stdout=log, stderr=log, env=os.environ | environment,
        )  # fmt: skip
        log.close()

    def kill(self, role: str) -> None:
        """kill -9, and wait until it is gone."""
        process = self._running.pop(role)
        process.kill()
        process.wait(60)

    def ended(self, role: str, seconds: float = 120) -> int:
        """The exit status of a process that ends by itself."""
        return self._running.pop(role).wait(seconds)

    def stop(self) -> dict[str, int]:
        """End all politely; the exit status of each."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        statuses = {role: process.wait(60) for role, process in self._running.items()}
        self._running.clear()
        return statuses

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return json.load(answer)

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    def incidents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/incidents")["incidents"]
        return found

    def ready(self) -> bool:
        return bool(self.get("/readyz")["ready"])

    def states(self) -> dict[int, str]:
        return {row["code"]: row["state"] for row in self.get("/api/v1/districts")["districts"]}

    def mails(self) -> list[Mail]:
        return self.catcher.mails()

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the control room's store, read beside it."""
        with closing(sqlite3.connect(f"file:{self.folder / 'tikawatch.db'}?mode=ro", uri=True)) as store:
            return store.execute(query).fetchall()

    def fewest_uploads(self) -> int:
        """Good uploads of the district that has the fewest; 0 while one has none."""
        rows = self.asked(
            "SELECT count(*) FROM sample JOIN series USING (series_id) WHERE kind = 'upload' AND outcome = 'ok' GROUP BY district"
        )
        return min((row[0] for row in rows), default=0) if len(rows) == 36 else 0

    def log(self, role: str) -> str:
        return (self.folder / f"{role}.log").read_text()

    def faults(self, *faults: Fault) -> None:
        self.stand_in.set_faults(faults)

    def _command(self, *arguments: str, keep: str) -> None:
        command = [sys.executable, "-m", "dashboard.cli", *arguments]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout
        (self.folder / keep).write_text(said)

    def _write_config(self) -> None:
        yaml = YAML(typ="safe", pure=True)
        data = yaml.load(EXAMPLE.read_text(encoding="utf-8"))
        ports = self.stand_in.ports
        registry, anchor = f"http://127.0.0.1:{ports.registry}", f"http://127.0.0.1:{ports.anchor}"
        records = f"{registry}/api/{{district}}/records"
        one = {"url": records + "/{record}"}
        data["probes"] |= {
            "checks": [
                {"name": "ping", "kind": "http", "url": f"{registry}/api/{{district}}/ping", "interval_s": 1, "deadline_s": 1},
                {"name": "upload", "kind": "upload", "url": records, "interval_s": 1, "deadline_s": 20,
                 "expect_status": [202], "read_back": one | {"every_s": 0.05}, "clean_up": one},
                {"name": "neutral-host", "kind": "anchor", "url": anchor + "/anchor/{district}", "interval_s": 1, "deadline_s": 1},
            ],
            "starts_per_second": 300, "in_flight": 1000, "metrics": {"port": None},
            "spool": {"file": str(self.folder / "spool.db")},
            "delivery": {"url": f"{self.address}/api/v1/samples", "token_file": str(self.folder / "agent-token"),
                         "every_s": 0.25, "back_off_max_s": 1},
        }  # fmt: skip
        data["calendar"] = {"hours": "00:00-24:00", "weekly": WEEK}
        data["dashboard"] |= {
            "store": str(self.folder / "tikawatch.db"), "step_s": 0.5, "rules": RULES, "web": {"port": self.port},
            "mail": {"sender": "tikawatch@example.org", "host": "127.0.0.1", "port": self.catcher.ports.smtp},
        }  # fmt: skip
        with self.config.open("w", encoding="utf-8") as file:
            yaml.dump(data, file)


@contextmanager
def a_machine(folder: Path, scale: float = 0.05) -> Iterator[Machine]:
    """A machine whose stand-in answers `scale` times as long as a real registry would; everything ends with the context."""
    stand_in, catcher = StandIn(scale=scale), MailCatcher(folder / "mails")
    stand_in.start()
    catcher.start()
    machine = Machine(folder, stand_in, catcher)
    try:
        yield machine
    finally:
        machine.stop()
        catcher.stop()
        stand_in.stop()


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool] = bool, seconds: float = 150) -> T:
    """The first answer that is wanted; fails with the last answer when none comes in time."""
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = ask()
        except OSError as problem:
            last = problem
        else:
            if wanted(last):
                return last
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s; the last answer was {last!r}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
