"""Whole pictures for tests of pages, built with tests/builders.py. All times are made up; the doses are those of config.yaml.

`launch_day` is the picture of the comps: 16 January 2021, 16:40 IST; nine slow, Dhule down, Raigad's own line lost,
Gadchiroli silent.
"""

from collections.abc import Callable, Sequence
from datetime import date as Date
from pathlib import Path

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.settings import ControlRoomFile
from dashboard.store import agents, samples
from probes.sample import Batch, CheckKind, Load, Outcome, Phases, Reason, Sample
from tests.builders import Scene

SLOW_SINCE = {
    "Nandurbar": "11:40", "Jalgaon": "12:10", "Amravati": "11:40", "Palghar": "12:40", "Nashik": "11:40", "Ahmednagar": "12:20",
    "Pune": "11:40", "Thane": "11:40", "Akola": "11:40",
}  # fmt: skip
P95_S = {
    "Nandurbar": 52.0, "Jalgaon": 29.0, "Amravati": 34.0, "Palghar": 21.0, "Nashik": 39.0, "Ahmednagar": 25.0, "Pune": 45.0,
    "Thane": 106.0, "Akola": 80.0,
}  # fmt: skip


def _usual(name: str) -> Callable[[int], float]:
    base = 1.4 + (sum(map(ord, name)) % 28) / 10
    return lambda n: base * (0.85 + 0.05 * (n * 7 % 6))


def _measured_day(scene: Scene, names: Sequence[str]) -> None:
    for name in names:
        since, slow_s = SLOW_SINCE.get(name, "16:40"), P95_S.get(name, 3.0)
        scene.cells(name, "10:00", since, _usual(name))
        if name in SLOW_SINCE:
            fails = {"Thane": lambda n: 2 if n % 3 else 0, "Akola": lambda n: 2 if n > 46 else 0}.get(name, lambda _: 0)
            scene.cells(name, since, "16:40", lambda n, s=slow_s: s * (0.9 + 0.04 * (n * 5 % 6)), failed=fails)  # type: ignore[misc]
        scene.samples(name, "13:40", "16:40", slow_s if name in P95_S else _usual(name)(0), every_s=120)


def _deviations(scene: Scene) -> None:
    scene.cells("Dhule", "10:00", "11:40", _usual("Dhule"))
    scene.cells("Dhule", "11:40", "12:05", lambda n: 40.0)
    scene.cells("Dhule", "12:05", "16:40", lambda n: 0.0, failed=lambda n: 20)
    scene.samples("Dhule", "13:40", "16:40", 60.0, every_s=120, outcome="failed", reason="timeout")
    scene.cells("Raigad", "10:00", "11:40", _usual("Raigad"))
    scene.cells("Raigad", "11:40", "13:10", lambda n: 8.0)
    scene.cells("Raigad", "13:10", "16:40", lambda n: 0.0, failed=lambda n: 20)
    scene.samples("Raigad", "13:40", "16:40", 30.0, every_s=120, outcome="failed", reason="dns", whole_line=True)
    scene.cells("Gadchiroli", "10:00", "15:55", _usual("Gadchiroli"))


def launch_day(file: Path, settings: ControlRoomFile) -> Scene:
    """The picture of the comps."""
    scene = Scene(file, settings)
    with scene.at_once():
        scene.agent()
        scene.watch()
        apart = {"Dhule", "Raigad", "Gadchiroli"}
        _measured_day(scene, [d.name for d in settings.districts if d.name not in apart])
        _deviations(scene)
        _launch_flips(scene)
        _launch_incidents(scene)
        scene.published_figures()
    return scene


def _launch_flips(scene: Scene) -> None:
    for district in scene.settings.districts:
        scene.flip(district.name, "10:01", DistrictState.OK)
    for name, since in SLOW_SINCE.items():
        state = DistrictState.DEGRADED if name in ("Thane", "Akola") else DistrictState.SLOW
        scene.flip(name, since, state, f"{name}: uploads slow since {since}.")
    scene.flip("Dhule", "12:05", DistrictState.DOWN, "Every upload fails since 12:05; the neutral host answers.")
    lost = "Raigad has lost its own line since 13:12; the registry answers the others."
    scene.flip("Raigad", "13:12", DistrictState.OWN_LINE, lost)
    scene.flip("Gadchiroli", "15:55", DistrictState.NO_DATA, "Nothing heard from Gadchiroli since 15:55.")


def _launch_incidents(scene: Scene) -> None:
    slow = list(SLOW_SINCE)
    scene.incident(
        IncidentKind.SLOWDOWN,
        slow,
        "11:40",
        "Registry slow in 9 districts since 11:40.",
        scope=Scope.STATE,
        told=(27, 27),
        answered="11:58",
    )
    scene.incident(IncidentKind.OUTAGE, ["Dhule"], "12:05", "Every upload fails in Dhule since 12:05.", told=(5, 6))
    scene.incident(
        IncidentKind.LOCAL,
        ["Raigad"],
        "13:12",
        "Raigad has lost its own line since 13:12.",
        told=(3, 3),
        answered="13:21",
    )
    scene.incident(
        IncidentKind.AGENT_SILENT, ["Gadchiroli"], "15:55", "Nothing heard from Gadchiroli since 15:55.", told=(2, 2)
    )
    scene.incident(
        IncidentKind.LOCAL,
        ["Latur"],
        "10:20",
        "Latur had lost its own line.",
        told=(2, 2),
        answered="10:25",
        resolved="10:50",
    )


def rehearsed_curves(scene: Scene, until: str = "16:30") -> None:
    """Made-up figures of the whole state, every half hour from opening, as a rehearsal has them."""
    hours = [f"{h:02d}:{m:02d}" for h in range(11, 18) for m in (0, 30)]
    shown = [hour for hour in hours if "11:30" <= hour <= until]
    for n, hour in enumerate(shown):
        scene.figure("STATE", "reported", round(17_400 * (n / 10) ** 1.15), hour, rehearsed=True)
        scene.figure("STATE", "recorded", round(5_300 * (n / 10) ** 1.3), hour, rehearsed=True)


def empty_store(file: Path, settings: ControlRoomFile) -> Scene:
    """A control room that was just set up: nobody has sent anything."""
    return Scene(file, settings)


def calm_day(file: Path, settings: ControlRoomFile) -> Scene:
    """All 36 districts ok, nothing open."""
    scene = Scene(file, settings)
    _all_measured(scene, "10:00", "16:40", DistrictState.OK)
    scene.published_figures()
    return scene


def _all_measured(scene: Scene, begins: str, ends: str, state: DistrictState) -> None:
    with scene.at_once():
        scene.agent()
        scene.watch()
        for district in scene.settings.districts:
            scene.cells(district.name, begins, ends, _usual(district.name))
            scene.samples(district.name, _earlier(ends), ends, 2.0, every_s=15)
            scene.flip(district.name, begins, state)


def _earlier(hour: str) -> str:
    """Five minutes before."""
    minutes = int(hour[:2]) * 60 + int(hour[3:]) - 5
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def sunday(file: Path, settings: ControlRoomFile) -> Scene:
    """17 January 2021: no session; the registry is measured all the same, the figures are of the day before."""
    scene = Scene(file, settings, "11:00", Date(2021, 1, 17))
    _all_measured(scene, "09:00", "11:00", DistrictState.NO_SESSION)
    scene.published_figures()
    return scene


def old_data(file: Path, settings: ControlRoomFile) -> Scene:
    """The calm day, nineteen minutes after the monitor was cut off."""
    scene = calm_day(file, settings)
    scene.now_ms = scene.ms("16:59")
    scene.clock.at = scene.now_ms / 1000
    scene.flip(None, "16:42", DistrictState.BLIND, "Nothing heard from any district since 16:40.")
    return scene


def all_down(file: Path, settings: ControlRoomFile) -> Scene:
    """The registry itself is down everywhere since 15:52."""
    scene = Scene(file, settings)
    _all_measured(scene, "10:00", "15:50", DistrictState.OK)
    names = [district.name for district in settings.districts]
    with scene.at_once():
        for name in names:
            scene.cells(name, "15:50", "16:40", lambda n: 0.0, failed=lambda n: 20)
            scene.samples(
                name, "16:35", "16:40", 60.0, every_s=15, outcome="failed", reason="timeout", first_seq=50_000
            )
            scene.flip(name, "15:52", DistrictState.DOWN, "Every upload fails since 15:52.")
        sentence = "Registry down in all districts since 15:52."
        scene.incident(IncidentKind.OUTAGE, names, "15:52", sentence, scope=Scope.STATE, told=(37, 37))
        scene.published_figures()
    return scene


def working_agents(scene: Scene) -> None:
    """Two agents as the intake stores them: one at work with its load told, one silent, late, and with a wrong clock."""
    now = scene.now_ms / 1000
    load = Load(
        requests_per_s={"registry.example.org": 7.24, "neutral.example.org": 2.4},
        budget_per_s=50, cpu_share=0.034, rss_bytes=61_000_000, in_flight=4, late_p99_s=0.0021, skipped=3, held=0, dropped=0, spooled=12,
    )  # fmt: skip
    with scene.engine.begin() as connection:
        agents.add(connection, "raigad-line", scene.ms("08:00"))
        agents.add(connection, "new-one", scene.ms("16:00"))
        ids = {row.name: row.agent_id for row in agents.everyone(connection)}
        lines = [_line_sample(now - 200 + 15 * n, n + 1) for n in range(12)]
        batch = Batch(agent="control-room", boot="a" * 32, sent=now - 4, load=load, samples=tuple(lines))
        samples.accept(connection, ids["control-room"], batch, scene.now_ms - 4000)
        away = Batch(agent="raigad-line", boot="b" * 32, sent=now - 3000 - 3600, dropped=41, samples=())
        samples.accept(connection, ids["raigad-line"], away, scene.now_ms - 3_000_000)


def _line_sample(started: float, seq: int) -> Sample:
    """A bundle of five quick samples; each fourth loses three of them."""
    lost = seq % 4 == 0
    tries = (0.004, None, None, None, 0.005) if lost else (0.004, 0.0045, 0.0041, 0.0048, 0.0042)
    return Sample(
        seq=seq, district=491, check="line", kind=CheckKind.ICMP, vantage="control room", started=started,
        outcome=Outcome.FAILED if lost else Outcome.OK, reason=Reason.LOST if lost else Reason.NONE,
        phases=Phases(total=0.0042), bundle=tries, stage="first_byte" if lost else "",
        detail="3 of 5 lost; the last: no end after 1.0 s" if lost else "",
    )  # fmt: skip
