"""A short made-up day of twelve districts for the replay: rounds of samples, dose reports, and faults where a test wants them."""

import csv
import gzip
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.places import at

NAMES = (
    "Mumbai City", "Thane", "Raigad", "Palghar", "Nashik", "Dhule", "Jalgaon", "Pune", "Satara", "Sangli", "Nagpur", "Wardha",
)  # fmt: skip
DAY = "2021-01-19"
Row = tuple[str, str, str, str, int, int, str, int]
Report = tuple[str, str, str, int, int]


@dataclass(frozen=True)
class Fault:
    """In force from `start` until `end` (hours in India): `error` fails the checks, `anchors` those of the neutral host too."""

    start: str
    end: str
    districts: tuple[str, ...] = NAMES
    times: float = 1.0
    error: str = ""
    share: float = 1.0
    anchors: bool = False
    silent: bool = False

    def holds(self, name: str, now: float) -> bool:
        return name in self.districts and at(self.start, DAY) <= now < at(self.end, DAY)


def samples(
    faults: tuple[Fault, ...], start: str = "09:00", end: str = "10:30", every: int = 15, seed: int = 5
) -> Iterator[Row]:
    """Rows in the order of their times."""
    chance = random.Random(seed)
    now, until = at(start, DAY), at(end, DAY)
    while now < until:
        for place, name in enumerate(NAMES):
            yield from _round(name, now + place % every, faults, chance, (now // every + place) % (60 // every) == 0)
        now += every


def _round(name: str, now: float, faults: tuple[Fault, ...], chance: random.Random, anchor: bool) -> Iterator[Row]:
    met = [fault for fault in faults if fault.holds(name, now)]
    if any(fault.silent for fault in met):
        return
    for check, usual in (("ping", 150.0), ("upload", 1100.0), *((("anchor", 25.0),) if anchor else ())):
        wrong = next(
            (f for f in met if f.error and chance.random() < f.share and (check != "anchor" or f.anchors)), None
        )
        error = wrong.error if wrong else ("reset" if chance.random() < 0.002 else "")
        status = int(error[5:]) if error.startswith("http_") else (0 if error or check == "anchor" else 200)
        times = max([f.times for f in met if check != "anchor"], default=1.0)
        took = 10_000 if error == "timeout" else int(usual * times * chance.lognormvariate(0, 0.35))
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield stamp, name, f"agent-{name}", check, int(not error), status, error, took


def doses(stopped: Callable[[str, float], bool] = lambda _name, _now: False, end: str = "14:00") -> Iterator[Report]:
    """A report each 15 minutes from every district: a sixth of 60 % of 600 doses an hour, but none while stopped."""
    given = dict.fromkeys(NAMES, 0.0)
    for step in range(1, int((at(end, DAY) - at("09:00", DAY)) // 900) + 1):
        now = at("09:00", DAY) + 900 * step
        for place, name in enumerate(NAMES):
            given[name] += 0 if stopped(name, now) else 15
            told = datetime.fromtimestamp(now + 7 * place, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            yield told, name, DAY, int(given[name]), 600


def write(folder: Path, rows: Iterator[Row], reports: Iterator[Report]) -> tuple[Path, Path]:
    """The two files as a replay takes them, packed."""
    paths = folder / "samples.csv.gz", folder / "doses.csv.gz"
    heads = (
        ("ts", "district", "vantage", "check", "ok", "status", "error", "total_ms"),
        ("reported_at", "district", "day", "cumulative_doses", "target"),
    )
    for path, head, lines in zip(paths, heads, (sorted(rows), sorted(reports)), strict=True):
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(head)
        table.writerows(lines)
        path.write_bytes(gzip.compress(text.getvalue().encode()))
    return paths
