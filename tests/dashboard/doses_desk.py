"""What the watch does of doses, on a real store and a clock set by hand, for the tests of it."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Engine

from dashboard.decisions.kinds import DecisionKind
from dashboard.doses.figure import Figure
from dashboard.incidents import ledger
from dashboard.incidents.incident import IncidentKind, Scope, Step, StepKind
from dashboard.incidents.transitions import Change
from dashboard.settings import ControlRoomFile
from dashboard.store import decisions, figures
from dashboard.watch.doses import DosesWatch
from tests.places import IST, at, example

OPENED, UPGRADED, RESOLVED = StepKind.OPENED, StepKind.UPGRADED, StepKind.RESOLVED
MUMBAI = (482, 483)
DAY = "2021-01-19"  # a Tuesday, 09:00 to 17:00
EVERYONE = [district.code for district in example().districts]
TICK = 300


class Desk:
    """What the watch does of doses, on a clock set by hand: figures are told, looked at, and what follows is stored."""

    def __init__(self, engine: Engine, settings: ControlRoomFile | None = None) -> None:
        self.engine, self.settings = engine, settings or example()
        self.steps: list[Step] = []
        self.watch = DosesWatch(self.settings, {})

    def restart(self) -> None:
        self.watch = DosesWatch(self.settings, json.loads(json.dumps(self.watch.memory())))

    def tell(self, place: object, kind: str, value: int, as_of: float, source: str = "API", of: str = "") -> None:
        """A figure as it is stored, of the service day its moment falls on."""
        day = of or datetime.fromtimestamp(as_of, IST).date().isoformat()
        with self.engine.begin() as connection:
            figures.store(connection, [Figure(str(place), day, kind, value, int(as_of * 1000), True, source)], 1)

    def decide(self, what: DecisionKind, codes: Iterable[int], when: float) -> None:
        new = decisions.New(what, int(when * 1000), "Asha", "why", None, tuple(codes), f"{what}{when}", {})
        with self.engine.begin() as connection:
            decisions.append(connection, new)

    def look(self, now: float) -> list[Step]:
        in_session = EVERYONE if self.settings.in_session(now) else []
        with self.engine.begin() as connection:
            self.watch.look(connection, now)
            found = [
                step
                for change in self.watch.changes(connection, now, in_session)
                if (step := ledger.record(connection, change, now)) is not None
            ]
        self.steps += found
        return found

    def opened_by_hand(self, kind: IncidentKind, codes: frozenset[int], now: float) -> None:
        with self.engine.begin() as connection:
            ledger.record(connection, Change(None, OPENED, kind, Scope.DISTRICT, now, codes, codes, "Down."), now)

    def a_day(
        self,
        stopped: Callable[[int, float], bool] = lambda _code, _now: False,
        until: str = "14:00",
        codes: Iterable[int] = EVERYONE,
        begin: str = "09:15",
    ) -> None:
        """Tellings each quarter of an hour, 15 doses each of a target of 600, and a look each five minutes."""
        codes, given, now = list(codes), dict.fromkeys(EVERYONE, 0), at(begin, DAY)
        for code in codes:
            self.tell(code, "target", 600, at("08:00", DAY))
        while now <= at(until, DAY):
            if (now - at("09:00", DAY)) % 900 == 0:
                rows = []
                for code in codes:
                    given[code] += 0 if stopped(code, now) else 15
                    rows.append(Figure(str(code), DAY, "reported", given[code], int(now * 1000), True, "API"))
                with self.engine.begin() as connection:
                    figures.store(connection, rows, int(now * 1000))
            self.look(now)
            now += TICK

    def told(self) -> list[tuple[StepKind, str, str, tuple[int, ...]]]:
        return [(step.what, str(step.kind), str(step.scope), step.districts) for step in self.steps]


def stops(codes: Iterable[int], begin: str, end: str = "23:59") -> Callable[[int, float], bool]:
    codes = frozenset(codes)
    return lambda code, now: code in codes and at(begin, DAY) <= now < at(end, DAY)
