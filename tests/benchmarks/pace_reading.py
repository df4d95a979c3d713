"""What it costs to read the pace of every district and the cost of an incident: `python -m tests.benchmarks.pace_reading`.

36 districts and the state's joint area, three weeks of hourly tellings, one incident of nine districts. CPU, best of five.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.doses.places import Places
from dashboard.queries.figures_known import Moment, day_view
from dashboard.queries.incident_doses import DosesOfIncidents
from dashboard.queries.pace import Courses, paces
from dashboard.store.engine import reading
from tests.dashboard.queries.weeks import TODAY, a_day, fill, incident, store
from tests.places import at, example
from tests.stores import fresh_store


def main() -> None:
    room = example()
    codes = [district.code for district in room.districts]
    with tempfile.TemporaryDirectory() as folder:
        engine = fresh_store(Path(folder) / "pace.db")
        fill(engine, room, [str(code) for code in codes], lambda place, n: 200 + int(place) % 90 + n)
        store(engine, [row for code in codes for row in a_day(str(code), TODAY, 180)])
        afternoon, evening = (at(hour, TODAY.isoformat()) for hour in ("14:20", "18:00"))
        number = incident(engine, codes[:9], at("11:00", TODAY.isoformat()), None)
        kept = DosesOfIncidents(room)
        with reading(engine) as connection:
            _best("usual courses, read anew", lambda: Courses(room, Places(room)).of(connection, TODAY))
            _best("usual courses, kept", lambda: kept.courses.of(connection, TODAY))
            courses = kept.courses.of(connection, TODAY)
            view = day_view(connection, kept.places, TODAY.isoformat(), Moment(int(afternoon * 1000)))
            _best(
                "pace of every district, course known",
                lambda: paces(connection, view, kept.times, courses, int(afternoon * 1000)),
            )
            _best("delayed doses of an incident", lambda: kept.now(connection, [number], int(afternoon * 1000)))
            _best("deferred doses of an incident", lambda: kept.now(connection, [number], int(evening * 1000)))
            _best("the same, read anew", lambda: DosesOfIncidents(room).now(connection, [number], int(evening * 1000)))
        days = incident(engine, codes[:9], at("11:00", "2021-01-25"), None)
        with reading(engine) as connection:
            _best(
                "an incident of weeks, read anew",
                lambda: DosesOfIncidents(room).now(connection, [days], int(evening * 1000)),
            )
            _best("the same, kept", lambda: kept.now(connection, [days], int(evening * 1000)))
        engine.dispose()


def _best(name: str, work: Callable[[], object]) -> None:
    times = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    sys.stdout.write(f"{name:40} {min(times) * 1000:6.1f} ms\n")


if __name__ == "__main__":
    main()
