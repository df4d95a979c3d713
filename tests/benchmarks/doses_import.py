"""How long an import takes and how much memory it needs; prints, asserts nothing. Not collected by pytest.

python -m tests.benchmarks.doses_import            both, each in a process of its own, five times
python -m tests.benchmarks.doses_import district   the public district file, read, checked and stored in a new SQLite file
python -m tests.benchmarks.doses_import bad        50,000 rows with a mistake in each, answered with the first 50 and a count
"""

import random
import resource
import string
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard.doses.finding import told
from dashboard.doses.places import Places
from dashboard.doses.rows import COLUMNS, Context
from dashboard.doses.table import MAX_ROWS, read_file
from dashboard.store import figures
from dashboard.store.engine import open_store
from tests.dashboard.doses.published import FOLDER
from tests.places import example

DISTRICT = "mh_wb_doses_district_daily_v4.csv"
TIMES = 5


def context() -> Context:
    return Context(Places(example()), example().zone, datetime.now(UTC))


def district() -> str:
    raw = (FOLDER / DISTRICT).read_bytes()
    with TemporaryDirectory() as folder:
        engine = open_store(Path(folder) / "benchmark.db")
        begun = time.perf_counter()
        read = read_file(raw, context())
        with engine.begin() as connection:
            stored = figures.take(connection, read, int(time.time() * 1000))
        took = time.perf_counter() - begun
        engine.dispose()
    assert stored is not None
    return f"{read.rows} rows, {stored.new} figures stored, {read.blanks} not reported: {took:.2f} s"


def bad() -> str:
    chance = random.Random(20210116)
    raw = "\n".join([",".join(COLUMNS), *(_mistake(chance, n) for n in range(MAX_ROWS))]).encode()
    begun = time.perf_counter()
    read = read_file(raw, context())
    lines = told(read.findings, "bad.csv")
    took = time.perf_counter() - begun
    return f"{read.rows} rows, {len(read.findings)} findings, {len(lines)} lines said: {took:.2f} s"


def _mistake(chance: random.Random, n: int) -> str:
    """A row with a mistake, hardly two alike: what is remembered of one row must not flatter the reader of the next."""
    name = "".join(chance.choice(string.ascii_letters) for _ in range(8))
    return (
        f'491,2021-01-16,reported,"{n},2,3",18:00,x,,',
        f"{name},2021-01-16,reported,5,18:00,x,,",
        f"491,{n % 30 + 31}/01/2021,paper,5,18:00,x{n},,",
        f"491,2021-01-16,{name},5,{n},x,,",
    )[n % 4]


def main() -> None:
    what = sys.argv[1:]
    if what:
        line = {"district": district, "bad": bad}[what[0]]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sys.stdout.write(f"{what[0]}: {line}, peak memory of the process {peak} MiB\n")
        return
    for name in ("district", "bad"):
        for _ in range(TIMES):
            subprocess.run([sys.executable, "-m", "tests.benchmarks.doses_import", name], check=True)


if __name__ == "__main__":
    main()
