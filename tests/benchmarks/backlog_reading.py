"""What it costs to read the backlog out of figures of single days: `python -m tests.benchmarks.backlog_reading`.

The district file of 2021 has 16,356 rows: 36 districts of that many days, told once as reported and once as recorded. CPU, best of ten.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from dashboard.doses.figure import Figure
from dashboard.doses.places import Places
from dashboard.queries.doses_course import courses
from dashboard.queries.figures_known import Moment
from dashboard.store import figures
from dashboard.store.engine import reading
from tests.places import at, example
from tests.stores import fresh_store

ROWS = 16_356
FIRST = date(2021, 1, 16)


def main() -> None:
    room = example()
    codes = [str(district.code) for district in room.districts]
    with tempfile.TemporaryDirectory() as folder:
        engine = fresh_store(Path(folder) / "backlog.db")
        days = [FIRST + timedelta(days=n) for n in range(-(-ROWS // len(codes)))]
        pairs = [(code, day) for day in days for code in codes][:ROWS]
        with engine.begin() as connection:
            figures.store(connection, [_told(*pair, kind) for pair in pairs for kind in ("reported", "recorded")], 1)
        places, moment = Places(room), Moment(int(at("20:00", days[-1].isoformat()) * 1000))
        with reading(engine) as connection:
            times = [_timed(lambda: courses(connection, moment, places, room.calendar, room.zone)) for _ in range(10)]
        sys.stdout.write(f"backlog of {2 * ROWS} figures of single days: {min(times) * 1000:.0f} ms\n")
        engine.dispose()


def _told(code: str, day: date, kind: str) -> Figure:
    value = 400 if kind == "reported" else 300 + int(code) % 90
    return Figure(code, day.isoformat(), kind, value, int(at("18:00", day.isoformat()) * 1000), True, "district")


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
