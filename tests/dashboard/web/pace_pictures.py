"""A picture of pace: a Tuesday afternoon after three quiet weeks. Nine districts fall behind while the registry is slow. All made up."""

from pathlib import Path

from dashboard.doses.figure import Figure
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.settings import STATE_PLACE, ControlRoomFile
from tests.builders import Scene
from tests.dashboard.queries.weeks import HOURS, TODAY, a_day, fill, store, told

SLOW = ("Thane", "Pune", "Nashik", "Ahmednagar", "Jalgaon", "Palghar", "Akola", "Amravati", "Nandurbar")
SILENT = ("Gadchiroli", "Washim")


def usual_final(place: str, n: int) -> int:
    """Doses of a quiet day: 70 to 80 % of 400."""
    return 280 + (sum(map(ord, place)) * 7 + n * 11) % 40


def slow_tuesday(file: Path, settings: ControlRoomFile, now: str = "14:20", upto: str = "14:00") -> Scene:
    """9 February 2021, nine districts slow since 11:00 and giving a fourth of what is usual since then."""
    scene = Scene(file, settings, now, TODAY)
    joint = settings.joint_areas[0]
    own = [str(d.code) for d in settings.districts if d.code not in joint.districts]
    fill(scene.engine, settings, [*own, joint.key], usual_final)
    whole, target = sum(usual_final(place, 0) for place in (*own, joint.key)), 400 * (len(own) + 1)
    fill(scene.engine, settings, [STATE_PLACE], lambda _, n: whole + 90 * (n % 5) - 150, target=target)
    silent, slow = ({str(scene.code(name)) for name in names} for names in (SILENT, SLOW))
    rows = [row for place in (*own, joint.key) for row in _today(place, place in silent, place in slow, upto)]
    store(scene.engine, [*rows, *_of_state(rows, target, upto)])
    with scene.at_once():
        scene.agent()
        scene.watch()
        words = "Registry slow in 9 districts since 11:00."
        scene.incident(IncidentKind.SLOWDOWN, SLOW, "11:00", words, scope=Scope.STATE, told=(27, 27))
        scene.incident(
            IncidentKind.LOCAL,
            ["Latur"],
            "10:20",
            "Latur had lost its own line.",
            told=(2, 2),
            answered="10:25",
            resolved="10:50",
        )
    return scene


def _today(place: str, silent: bool, slow: bool, upto: str) -> list[Figure]:
    rows = a_day(place, TODAY, usual_final(place, 0), upto)
    if silent:
        return rows[:1]
    if not slow:
        return rows
    stands = next(row.value for row in rows if row.as_of_ms == told(place, TODAY, "reported", 0, "11:00").as_of_ms)
    before = [row for row in rows if row.kind == "target" or row.value <= stands]
    later = [row for row in rows if row.kind == "reported" and row.value > stands]
    hours = [hour for hour in HOURS if "11:00" < hour <= upto]
    return before + [
        told(place, TODAY, "reported", stands + (row.value - stands) // 4, hour)
        for row, hour in zip(later, hours, strict=True)
    ]


def _of_state(rows: list[Figure], target: int, upto: str) -> list[Figure]:
    state = [told(STATE_PLACE, TODAY, "target", target, "08:00")]
    for hour in (hour for hour in HOURS if hour <= upto):
        at_ms = told(STATE_PLACE, TODAY, "reported", 0, hour).as_of_ms
        state.append(
            told(
                STATE_PLACE,
                TODAY,
                "reported",
                sum(row.value for row in rows if row.kind == "reported" and row.as_of_ms == at_ms),
                hour,
            )
        )
    return state
