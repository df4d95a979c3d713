"""Scenarios: which faults are in force at which second. Pure; add one by adding it to SCENARIOS.

`first-day` is the loop of the demo and counts from its start; `first-morning` counts from midnight in India and is the
story of 16 January 2021 as far as it was published. Factors and minutes are made up, the places and hours are not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.latency import Call, usual_s

THANE, PUNE, NASHIK, PALGHAR, JALGAON = 497, 490, 487, 665, 478
RAIGAD, DHULE, NANDURBAR, AHMEDNAGAR, AMRAVATI, AKOLA = 491, 474, 486, 466, 468, 467
NAGPUR_DIVISION: Final = (471, 473, 475, 476, 484, 498)
DAY_S: Final = 86_400.0


@dataclass(frozen=True)
class Step:
    """One fault, in force from `from_s` until just before `until_s`, in seconds; `words` say it to a person."""

    from_s: float
    until_s: float
    fault: Fault
    words: str


@dataclass(frozen=True)
class Scenario:
    """An ordered story; after `loop_s` seconds it begins again."""

    name: str
    title: str
    steps: tuple[Step, ...]
    loop_s: float

    def steps_at(self, seconds: float) -> tuple[Step, ...]:
        """The steps in force so many seconds after the scenario's beginning."""
        second = seconds % self.loop_s
        return tuple(step for step in self.steps if step.from_s <= second < step.until_s)

    def faults_at(self, seconds: float) -> tuple[Fault, ...]:
        """The faults in force so many seconds after the scenario's beginning."""
        return tuple(step.fault for step in self.steps_at(seconds))


def _slow(factor: float, *districts: int) -> Fault:
    return Fault(kind=FaultKind.SLOW, districts=districts, factor=factor)


def _clock(hour: int, minute: int) -> float:
    return hour * 3600.0 + minute * 60.0


_FIRST_DAY = (
    # uploads of 8 to 14 s: over three times the usual of these districts and over 5 s, yet far from a timeout
    Step(20, 200, _slow(4.6, THANE, PUNE, NASHIK, PALGHAR, JALGAON), "The registry is slow for five districts"),
    Step(480, 640, Fault(kind=FaultKind.LINE_CUT, districts=(RAIGAD,)), "Raigad's own line is cut"),
    Step(
        900,
        1080,
        Fault(kind=FaultKind.ERRORS, districts=NAGPUR_DIVISION, rate=0.45),
        "Nearly half of the requests of the Nagpur division fail",
    ),
    Step(
        1320,
        1500,
        Fault(kind=FaultKind.UNSTORED, districts=(DHULE,)),
        "Dhule's uploads are accepted and never stored",
    ),
    Step(1740, 1860, Fault(kind=FaultKind.REFUSE), "The registry refuses every district"),
)

# seconds an upload takes at the worst of the morning; Thane was the worst off
_WORST_UPLOAD_S: Final = {
    THANE: 72,
    AKOLA: 66,
    NANDURBAR: 56,
    PALGHAR: 52,
    NASHIK: 45,
    PUNE: 40,
    JALGAON: 36,
    AMRAVATI: 33,
    AHMEDNAGAR: 30,
}


def _morning_slowdown() -> Iterator[Step]:
    waves = (
        (_clock(11, 40), _clock(11, 50), 0.8),
        (_clock(11, 50), _clock(12, 35), 1.0),
        (_clock(12, 35), _clock(12, 50), 0.85),
    )
    for from_s, until_s, share in waves:
        for district, worst_s in _WORST_UPLOAD_S.items():
            factor = worst_s * share / usual_s(Call.UPLOAD, district)
            yield Step(
                from_s, until_s, _slow(round(factor, 1), district), "The registry is very slow for nine districts"
            )


def _morning_steps() -> Iterator[Step]:
    yield Step(_clock(11, 30), _clock(11, 40), _slow(1.35), "The launch: all districts begin at once")
    yield from _morning_slowdown()
    failing = Fault(kind=FaultKind.ERRORS, districts=(THANE, AKOLA), rate=0.06)
    yield Step(_clock(11, 50), _clock(12, 40), failing, "Some requests of Thane and Akola fail")
    unstored = Fault(kind=FaultKind.UNSTORED, districts=(DHULE,))
    yield Step(_clock(12, 5), _clock(12, 40), unstored, "Dhule cannot upload: accepted and never stored")
    cut = Fault(kind=FaultKind.LINE_CUT, districts=(RAIGAD,))
    yield Step(_clock(13, 12), _clock(13, 30), cut, "Raigad's own line is cut")


_FIRST_MORNING = tuple(sorted(_morning_steps(), key=lambda step: step.from_s))

FIRST_DAY: Final = Scenario("first-day", "Faults of the first day, in a loop of 36 minutes", _FIRST_DAY, 2160.0)
FIRST_MORNING: Final = Scenario("first-morning", "The morning of 16 January 2021", _FIRST_MORNING, DAY_S)
QUIET: Final = Scenario("quiet", "No faults", (), DAY_S)
SCENARIOS: Final[Mapping[str, Scenario]] = {one.name: one for one in (FIRST_DAY, FIRST_MORNING, QUIET)}
