"""The agent as it is delivered: `python -m probes` with spool, delivery and metrics on, pinned to the measured core.

May be changed: how its config is made. Nothing of the agent is imported: what is measured is the process.
"""

import json
import os
import re
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.probes.lab import MEASURED_CORE, Lab, child, free_port, wait_for
from tests.benchmarks.probes.meter import cpu_s, memory_mb

PRODUCT = Path(os.environ.get("BENCH_PRODUCT", Path(__file__).parents[3]))  # another checkout can be measured


FAILED_SHARE = 0.01


def get(url: str) -> dict[str, object]:
    """A check that asks for one address and wants a 200."""
    return {"kind": "http", "url": url}


@dataclass(frozen=True)
class Work:
    """What an agent has to do: each check once per interval for each of `districts` places."""

    check: Mapping[str, object]  # its kind, and what that kind wants to know
    districts: int
    intervals: tuple[float, ...]  # one check each, seconds
    deadline_s: float
    in_flight: int = 4096
    starts_per_second: float = 10_000.0

    def config(self, lab: Lab, spool: Path, metrics_port: int) -> str:
        """A config file; JSON is YAML too."""
        checks = [
            {
                "name": f"check-{number}",
                "interval_s": interval,
                "deadline_s": min(self.deadline_s, interval),
                **self.check,
            }
            for number, interval in enumerate(self.intervals)
        ]
        token = lab.folder / "token"
        token.write_text("bench")
        delivery = {"url": f"http://127.0.0.1:{lab.receiver_port}/", "token_file": str(token), "batch": 1000}
        probes = {"agent": "bench", "vantage": "bench", "districts": list(range(1, self.districts + 1))}
        limits = {"in_flight": self.in_flight, "starts_per_second": self.starts_per_second}
        return json.dumps(
            {
                "probes": probes
                | {"checks": checks, "spool": {"file": str(spool)}, "delivery": delivery}
                | {"metrics": {"port": metrics_port}}
                | limits
            }
        )


@dataclass(frozen=True)
class Window:
    """What was seen in a stretch of time: seconds of the wall and of CPU, requests at the target, MiB, samples."""

    wall_s: float
    cpu_s: float
    probes: int
    memory_mb: float
    samples: list[dict[str, Any]] = field(repr=False)

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU per probe."""
        return self.cpu_s / max(self.probes, 1) * 1e6

    @property
    def rate(self) -> float:
        """Probes a second."""
        return self.probes / self.wall_s

    def must_be_good(self) -> None:
        """Figures of probes that failed, or were not delivered at all, are worth nothing. Those in which the agent stood
        still are said: a busy machine.

        Raises:
            RuntimeError: more than one in a hundred failed, or nothing came.
        """
        bad = [one for one in self.samples if one["outcome"] == "failed"]
        unknown = sum(one["outcome"] == "unknown" for one in self.samples)
        if unknown:
            sys.stdout.write(f"  {unknown} of {len(self.samples)} samples are unknown: the agent stood still\n")
        if not self.samples or len(bad) > len(self.samples) * FAILED_SHARE:
            raise RuntimeError(f"{len(bad)} of {len(self.samples)} samples of the agent are not ok: {bad[:1]}")


class Agent:
    """A running agent."""

    def __init__(self, lab: Lab, pid: int, metrics_port: int) -> None:
        self.pid = pid
        self._lab = lab
        self._metrics_port = metrics_port

    def watch(self, warm_s: float, seconds: float, deliver_s: float = 3.0) -> Window:
        """Let it warm up, look at it for so long, then wait for what was measured to be delivered."""
        time.sleep(warm_s)
        self._lab.stats(reset=True)
        wall, began, spent = time.time(), time.monotonic(), cpu_s(self.pid)
        time.sleep(seconds)
        spent, probes = cpu_s(self.pid) - spent, self._lab.stats()["requests"]
        took, memory = time.monotonic() - began, memory_mb(self.pid)
        time.sleep(deliver_s)
        samples = [one for one in _received(self._lab) if wall <= one["started"] < wall + seconds]
        return Window(took, spent, probes, memory, samples)

    def skipped(self) -> int:
        """Starts passed over since it began, as its /metrics says; asked for last, because a scrape is work."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics_port}/metrics", timeout=30) as answer:
            found = re.search(rb"^tikawatch_schedule_skipped_total (\S+)", answer.read(), re.MULTILINE)
        return int(float(found[1])) if found else 0


def _received(lab: Lab) -> Iterator[dict[str, Any]]:
    with lab.received.open() as lines:
        for line in lines:
            yield from json.loads(line)["samples"]


@contextmanager
def agent(lab: Lab, work: Work) -> Iterator[Agent]:
    """A new agent with an empty spool, on the measured core."""
    port, config = free_port(), lab.folder / "config.yaml"
    spool, log = lab.folder / f"spool-{port}.db", lab.folder / "agent.log"
    config.write_text(work.config(lab, spool, port))
    lab.received.write_bytes(b"")
    words = [sys.executable, "-m", "probes", "--config", str(config)]
    env = {"SSL_CERT_FILE": str(lab.ca_file)}
    with child(words, [MEASURED_CORE], log, env, PRODUCT) as process:
        wait_for(port, process, log)
        yield Agent(lab, process.pid, port)
    for left in lab.folder.glob(f"{spool.name}*"):
        left.unlink()
