"""Builders that fill a real SQLite store with a small named cast, for tests of pages. Fixed clock, no chance.

`launch_day` is the picture of the comps: 16 January 2021, 16:40 IST; nine slow, Dhule down, Raigad on its own line lost,
Gadchiroli silent. Smaller scenes are made of the same methods of `Scene`.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date as Date
from datetime import datetime, time
from pathlib import Path

from sqlalchemy import Engine, Table, insert

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.settings import SECTIONS_OF_OTHERS, ControlRoomFile
from dashboard.store import figures, histogram, schema
from dashboard.store.engine import open_store
from probes.config_file import load

CONFIG = Path(__file__).parent.parent / "config.yaml"
DAY = Date(2021, 1, 16)
MINUTE_MS = 60_000
CELL_MS = 5 * MINUTE_MS
CHECKS = {"ping": "http", "upload": "upload", "neutral-host": "anchor"}
SLOW_SINCE = {
    "Nandurbar": "11:40", "Jalgaon": "12:10", "Amravati": "11:40", "Palghar": "12:40", "Nashik": "11:40", "Ahmednagar": "12:20",
    "Pune": "11:40", "Thane": "11:40", "Akola": "11:40",
}  # fmt: skip
P95_S = {
    "Nandurbar": 52.0, "Jalgaon": 29.0, "Amravati": 34.0, "Palghar": 21.0, "Nashik": 39.0, "Ahmednagar": 25.0, "Pune": 45.0,
    "Thane": 106.0, "Akola": 80.0,
}  # fmt: skip


class FixedClock:
    """A clock that a test sets; it moves only when told."""

    def __init__(self, now: float) -> None:
        self.seconds = now

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


def example_settings(**dashboard: object) -> ControlRoomFile:
    """config.yaml as it is, with other values in its dashboard section if given."""
    settings = load(CONFIG, ControlRoomFile, SECTIONS_OF_OTHERS)
    return settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update=dashboard)})


class Scene:
    """A store being filled. Hours are texts like "11:40", in the state's zone, on `day`."""

    def __init__(self, file: Path, settings: ControlRoomFile, now: str = "16:40", day: Date = DAY) -> None:
        self.engine: Engine = open_store(file)
        self.settings = settings
        self.day = day
        self.now_ms = self.ms(now)
        self.clock = FixedClock(self.now_ms / 1000)
        self._incidents = 0

    def ms(self, hour: str, day: Date | None = None) -> int:
        at = datetime.combine(day or self.day, time.fromisoformat(hour), self.settings.zone)
        return int(at.timestamp() * 1000)

    def code(self, name: str) -> int:
        return next(d.code for d in self.settings.districts if d.name == name)

    def put(self, table: Table, rows: Sequence[dict[str, object]]) -> None:
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(table), list(rows))

    # -- who measures -------------------------------------------------------------------------------------------------

    def agent(self, name: str = "control-room", heard: str | None = None) -> None:
        """An agent with one boot; with all series of all districts when it is the first."""
        heard_ms = self.ms(heard) if heard else self.now_ms
        number = 1 if name == "control-room" else 2
        self.put(
            schema.agent, [{"agent_id": number, "name": name, "token_sha256": "0" * 64, "added_ms": self.ms("08:00")}]
        )
        boot = {"boot_id": number, "agent_id": number, "boot": str(number) * 32, "first_ms": self.ms("08:00")}
        self.put(schema.boot, [{**boot, "last_ms": heard_ms, "skew_ms": 0, "dropped": 0}])
        if number == 1:
            self.put(schema.series, [
                {"series_id": n * 10 + k, "district": d.code, "check_name": check, "kind": kind, "vantage": "control room"}
                for n, d in enumerate(self.settings.districts) for k, (check, kind) in enumerate(CHECKS.items())
            ])  # fmt: skip

    # -- what was measured --------------------------------------------------------------------------------------------

    def cells(
        self,
        name: str,
        begins: str,
        ends: str,
        seconds: Callable[[int], float],
        tried: int = 20,
        failed: Callable[[int], int] = lambda _: 0,
    ) -> None:
        """Five-minute cells of uploads; `seconds(n)` and `failed(n)` of the n-th cell from `begins`."""
        rows = []
        for n, start in enumerate(range(self.ms(begins), self.ms(ends), CELL_MS)):
            bad = min(tried, failed(n))
            times = [round(seconds(n) * (0.55 + 0.45 * k / max(1, tried - bad - 1)) * 1e6) for k in range(tried - bad)]
            rows.append({
                "district": self.code(name), "kind": "upload", "start_ms": start, "ok": tried - bad, "failed": bad, "unknown": 0,
                "histogram": histogram.encode(times), "max_us": max(times, default=0),
            })  # fmt: skip
        self.put(schema.cell, rows)

    def samples(  # noqa: PLR0917 - one call a line of the scene
        self,
        name: str,
        begins: str,
        ends: str,
        seconds: float,
        every_s: int = 60,
        outcome: str = "ok",
        reason: str = "none",
    ) -> None:
        """Single samples of all three checks; the last one of a series is 4 s before `ends`."""
        index = next(n for n, d in enumerate(self.settings.districts) if d.name == name)
        last, rows = self.ms(ends) - 4000, []
        for k, kind in enumerate(CHECKS.values()):
            for n, at in enumerate(range(last, self.ms(begins), -every_s * 1000)):
                good = outcome == "ok" or kind != "upload"
                total = round((seconds if kind == "upload" else 0.2) * (0.8 + 0.05 * (n % 9)) * 1e6)
                rows.append({
                    "boot_id": 1, "seq": index * 100_000 + k * 20_000 + n + 1 + at % 7, "series_id": index * 10 + k, "started_ms": at,
                    "received_ms": at + 800, "outcome": "ok" if good else outcome, "reason": "none" if good else reason,
                    "status": 201 if good else None, "dns_us": 4000, "connect_us": 20_000, "tls_us": 30_000,
                    "first_byte_us": round(total * 0.7), "transfer_us": round(total * 0.05), "visible_us": round(total * 0.2),
                    "total_us": total, "bytes_up": 4096, "bytes_down": 300, "lateness_us": 1000, "detail": "",
                })  # fmt: skip
        for number, row in enumerate(rows):
            row["seq"] = index * 100_000 + number + 1
        self.put(schema.sample, rows)

    # -- what was judged ----------------------------------------------------------------------------------------------

    def flip(self, name: str | None, at: str, state: DistrictState, sentence: str = "", old: str = "no data") -> None:
        """A district's new state; None stands for the whole state."""
        code = 0 if name is None else self.code(name)
        row = {
            "district": code,
            "at_ms": self.ms(at),
            "old": old,
            "new": str(state),
            "sentence": sentence or f"{name or 'All'}: {state}.",
        }
        self.put(schema.flip, [row])

    def watch(self, ran: str | None = None) -> None:
        ran_ms = self.ms(ran) if ran else self.now_ms
        self.put(schema.job, [{"name": "watch", "watermark": 0, "ran_ms": ran_ms, "state": "{}"}])

    def incident(
        self, kind: IncidentKind, names: Sequence[str], since: str, sentence: str, *, scope: Scope = Scope.DISTRICT,
        told: tuple[int, int] = (1, 1), answered: str | None = None, resolved: str | None = None, who: str = "control room",
    ) -> int:  # fmt: skip
        """An incident with one step and its notices; returns its id."""
        self._incidents += 1
        number, codes = self._incidents, [self.code(name) for name in names]
        self.put(schema.incident, [{
            "incident_id": number, "kind": str(kind), "scope": str(scope), "status": "resolved" if resolved else "open",
            "since_ms": self.ms(since), "opened_ms": self.ms(since) + 2 * MINUTE_MS, "resolved_ms": self.ms(resolved) if resolved else None,
            "acknowledged_ms": self.ms(answered) if answered else None, "acknowledged_by": who if answered else None,
            "sentence": sentence, "steps": 1,
        }])  # fmt: skip
        left = self.ms(resolved) if resolved else None
        self.put(schema.incident_district, [
            {"incident_id": number, "district": code, "joined_ms": self.ms(since), "left_ms": left} for code in codes
        ])  # fmt: skip
        self.put(schema.incident_step, [{
            "incident_id": number, "step": 1, "what": str(StepKind.OPENED), "at_ms": self.ms(since), "kind": str(kind),
            "scope": str(scope), "districts": json.dumps(codes), "sentence": sentence, "who": "rule",
        }])  # fmt: skip
        self.notices(number, *told, since)
        return number

    def notices(self, incident_id: int, taken: int, owed: int, at: str) -> None:
        self.put(schema.notice, [{
            "incident_id": incident_id, "step": 1, "address": f"officer{n}@example.org", "recipient": f"Officer {n}", "district": None,
            "language": "en", "message_id": f"<{incident_id}.1.{n}@example.org>", "subject": "s", "text": "t", "html": "h",
            "state": "accepted" if n < taken else "due", "created_ms": self.ms(at), "due_ms": self.ms(at), "attempts": 1,
            "accepted_ms": self.ms(at) if n < taken else None, "last_reply": "250 ok",
        } for n in range(owed)])  # fmt: skip

    # -- doses --------------------------------------------------------------------------------------------------------

    def figure(
        self, place: str, kind: str, value: int, at: str | None = None, *, rehearsed: bool = False, said: str = ""
    ) -> None:
        """A figure; `at` None means that its hour is not known."""
        self.put(schema.figure, [{
            "place": place, "day": self.day.isoformat(), "kind": kind, "value": value,
            "as_of_ms": self.ms(at) if at else self.ms("23:59:59"), "hour_known": int(at is not None), "received_ms": self.now_ms,
            "said": said, "source": "rehearsal script" if rehearsed else "https://example.org/release", "who": "", "status": "provisional",
            "note": "", "rehearsed": int(rehearsed),
        }])  # fmt: skip

    def published_figures(self) -> None:
        """The figures of config.yaml, as the control room stores them."""
        with self.engine.begin() as connection:
            figures.append(connection, list(self.settings.figures), self.settings.zone, self.ms("08:00"))


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
    scene.samples("Raigad", "13:40", "16:40", 30.0, every_s=120, outcome="failed", reason="dns")
    scene.cells("Gadchiroli", "10:00", "15:55", _usual("Gadchiroli"))


def launch_day(file: Path, settings: ControlRoomFile) -> Scene:
    """The picture of the comps."""
    scene = Scene(file, settings)
    scene.agent()
    scene.watch()
    apart = {"Dhule", "Raigad", "Gadchiroli"}
    _measured_day(scene, [d.name for d in settings.districts if d.name not in apart])
    _deviations(scene)
    for district in settings.districts:
        scene.flip(district.name, "10:01", DistrictState.OK)
    for name, since in SLOW_SINCE.items():
        scene.flip(
            name,
            since,
            DistrictState.DEGRADED if name in ("Thane", "Akola") else DistrictState.SLOW,
            f"{name}: uploads slow since {since}.",
        )
    scene.flip("Dhule", "12:05", DistrictState.DOWN, "Every upload fails since 12:05; the neutral host answers.")
    scene.flip(
        "Raigad",
        "13:12",
        DistrictState.OWN_LINE,
        "Raigad has lost its own line since 13:12; the registry answers the others.",
    )
    scene.flip("Gadchiroli", "15:55", DistrictState.NO_DATA, "Nothing heard from Gadchiroli since 15:55.")
    _launch_incidents(scene)
    scene.published_figures()
    return scene


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
    scene.agent()
    scene.watch()
    for district in settings.districts:
        scene.cells(district.name, "10:00", "16:40", _usual(district.name))
        scene.samples(district.name, "16:35", "16:40", _usual(district.name)(0), every_s=15)
        scene.flip(district.name, "10:01", DistrictState.OK)
    scene.published_figures()
    return scene


def sunday(file: Path, settings: ControlRoomFile) -> Scene:
    """17 January 2021: no session; the registry is measured all the same, the figures are of the day before."""
    published = Scene(file, settings)
    published.published_figures()
    published.engine.dispose()
    scene = Scene(file, settings, "11:00", Date(2021, 1, 17))
    scene.agent()
    scene.watch()
    for district in settings.districts:
        scene.cells(district.name, "09:00", "11:00", _usual(district.name))
        scene.samples(district.name, "10:55", "11:00", _usual(district.name)(0), every_s=15)
        scene.flip(district.name, "00:00", DistrictState.NO_SESSION)
    return scene


def old_data(file: Path, settings: ControlRoomFile) -> Scene:
    """The calm day, nineteen minutes after the monitor was cut off."""
    scene = calm_day(file, settings)
    scene.now_ms = scene.ms("16:59")
    scene.clock.seconds = scene.now_ms / 1000
    scene.flip(None, "16:42", DistrictState.BLIND, "Nothing heard from any district since 16:40.")
    return scene


def all_down(file: Path, settings: ControlRoomFile) -> Scene:
    """The registry itself is down everywhere since 15:52."""
    scene = Scene(file, settings)
    scene.agent()
    scene.watch()
    for district in settings.districts:
        scene.cells(district.name, "10:00", "15:50", _usual(district.name))
        scene.cells(district.name, "15:50", "16:40", lambda n: 0.0, failed=lambda n: 20)
        scene.samples(district.name, "16:35", "16:40", 60.0, every_s=15, outcome="failed", reason="timeout")
        scene.flip(district.name, "15:52", DistrictState.DOWN, "Every upload fails since 15:52.")
    names = [district.name for district in settings.districts]
    scene.incident(
        IncidentKind.OUTAGE,
        names,
        "15:52",
        "Registry down in all districts since 15:52.",
        scope=Scope.STATE,
        told=(37, 37),
    )
    scene.published_figures()
    return scene
