"""The public days of the detection bench: replayed by the command, scored by the bench's own scorer, held against what is demanded.

Whoever works on the rules has these days in view, so the figures are optimistic; they tell that nothing got worse. Read in place.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.beside import shared

BENCH = shared() / "detection-bench"
DAYS = ("p1-raigad-day", "p2-quiet-nasty", "p3-regional-local", "p4-gray", "p5-flap-coldstart", "p6-dose-stall")
REPLAY = [sys.executable, "-m", "dashboard.cli", "replay"]
FILES = ["--samples", "{samples}", "--doses", "{doses}", "--config", "{config}", "--out", "{out}"]

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not BENCH.is_dir() and os.environ.get("CI") != "true",
        reason=f"no detection bench beside the checkout ({BENCH.name})",
    ),
]


# a process counts what its parent held when it was made: a small one in between keeps that of the tests out
_MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def replayed(command: list[str]) -> float:
    """Run it to its end; the most memory that it held, MB."""
    done = subprocess.run([sys.executable, "-c", _MEASURED, *command], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The aggregate of the bench's scorer over all six days, with the defaults."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "config.yaml").write_text("")
    peaks = []
    for day in DAYS:
        source = BENCH / "public" / day
        names = {
            "samples": source / "samples.csv.gz", "doses": source / "doses.csv.gz", "config": folder / "config.yaml",
            "out": folder / f"{day}.jsonl",
        }  # fmt: skip
        peaks.append(replayed([*REPLAY, *(word.format(**names) for word in FILES)]))
    spec = importlib.util.spec_from_file_location("score_of_the_bench", BENCH / "score.py")
    assert spec is not None
    assert spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    _, found = scorer.run(str(BENCH / "public"), str(folder))
    return dict(found) | {"peak_mb": max(peaks)}


def test_it_tells_of_every_fault_once_and_of_nothing_else(scored: dict[str, Any]) -> None:
    assert scored["false_per_quiet_day"] == 0
    assert scored["false_per_fault_day"] <= 0.2
    assert scored["probe"]["recall_strict"] >= 0.95
    assert scored["all"]["f1_page"] >= 0.93
    assert scored["attribution_acc"] >= 0.97
    assert scored["dup_per_fault"] <= 0.05
    assert scored["max_storm_10min"] <= 3
    assert scored["summary_share"] == 1


@pytest.mark.parametrize(
    ("kind", "median_s", "p95_s"),
    [
        ("outage", 75, 240),
        ("slowdown", 270, 400),
        ("local", 120, 190),
        ("dose_stall", 50 * 60, 140 * 60),
    ],
)
def test_it_tells_soon(scored: dict[str, Any], kind: str, median_s: float, p95_s: float) -> None:
    delay = scored["delay_s"][kind]
    assert delay["hit"] == delay["n"]
    assert delay["median"] <= median_s
    assert delay["p95"] <= p95_s


def test_it_is_over_soon_and_its_dose_intervals_cover_the_truth(scored: dict[str, Any]) -> None:
    assert scored["resolve_delay_s"]["median"] <= 240
    assert scored["dose_interval"]["coverage"] >= 0.85


def test_a_replay_of_a_day_needs_less_than_300_mb(scored: dict[str, Any]) -> None:
    assert scored["peak_mb"] <= 300


@pytest.mark.parametrize("day", DAYS)
def test_it_does_not_look_ahead(day: str, tmp_path: Path) -> None:
    """The bench's own check, with one cut a day: it replays the whole day and the day cut short."""
    done = subprocess.run(
        [sys.executable, str(BENCH / "causality.py"), "--scenario", str(BENCH / "public" / day), "--cuts", "1",
         "--cmd", " ".join([*REPLAY, *FILES])],
        capture_output=True, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}, check=False,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if "rows/s" not in line]
    assert (done.returncode, [line.split()[-1] for line in said]) == (0, ["same"]), done.stdout + done.stderr
