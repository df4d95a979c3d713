"""The demo: a rehearsal of 16 January 2021 on this machine, from real processes on loopback.

Its clock, stand-in registry, officers and course of the day are made up and say so; its published figures are real. The morning is
rehearsed first, through the very watch and sender that run live; then it goes on by the clock, and begins anew before sessions close.
"""

import logging
import shutil
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from dashboard import check_config, supervise
from dashboard.settings import SECTIONS_OF_OTHERS, STATE_PLACE, ControlRoomFile, FigureRow
from dashboard.store import agents, figures, samples
from dashboard.supervise import Child
from dashboard.wiring import open_for, watch_and_sender
from probes import config_file
from probes.clock import SetClock
from probes.rehearsal.morning import morning
from probes.sample import Batch, Sample
from probes.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_AGENT
from probes.settings import AgentFile, Check

log = logging.getLogger(__name__)

DAY = date(2021, 1, 16)
TITLE = "Rehearsal of 16 January 2021"
_OPENS, _STARTS, _ENDS = "10:00", "14:00", "17:15"
_PORTS = {"web": 8600, "registry": 8601, "metrics": 8602, "mail_page": 8603, "anchor": 8604, "smtp": 8605}
_UPLOAD_DEADLINE_S = 30  # shorter than in real life, so that a fault shows within minutes
_TICK_S = 15
_MADE_UP = "made up for the rehearsal, to end at the published figure"
# share of the day's doses by the clock
_COURSE = {
    "11:30": 0.0, "12:00": 0.06, "12:30": 0.14, "13:00": 0.23, "13:30": 0.31, "14:00": 0.38, "14:30": 0.47, "15:00": 0.58,
    "15:30": 0.69, "16:00": 0.8, "16:30": 0.9, "17:00": 0.97, "17:30": 1.0,
}  # fmt: skip


def run(config: Path, say: Callable[[str], None], stop: threading.Event) -> None:
    """Rehearse the day again and again until `stop` is set; leaves no process and no file behind.

    Raises:
        ConfigError: the config file is wrong.
        RuntimeError: one of the processes could not start.
    """
    check_config.summary(config)
    data = config_file.read(config).data
    checks = config_file.load(config, AgentFile, NOT_OF_THE_AGENT).probes.checks
    ports = free_ports()
    while not stop.is_set():
        folder = Path(tempfile.mkdtemp(prefix="tikawatch-demo-"))
        try:
            _one_day(data, checks, folder, ports, say, stop)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _one_day(
    data: dict[str, Any],
    checks: Sequence[Check],
    folder: Path,
    ports: dict[str, int],
    say: Callable[[str], None],
    stop: threading.Event,
) -> None:
    with _children() as children:
        say("Starting the stand-in registry and the mail catcher")
        children.append(_catcher(folder, ports))
        zone = ControlRoomFile.model_validate({k: v for k, v in data.items() if k not in SECTIONS_OF_OTHERS}).zone
        start = _at(_STARTS, zone)
        ahead = start - time.time()
        path = _write_config(data, folder, ports, ahead)
        say(f"Rehearsing the morning, {_OPENS} to {_STARTS}")
        rehearse_morning(path, start, checks)
        children.append(_stand_in(ports, ahead))
        address = f"http://127.0.0.1:{ports['web']}"
        children.append(_role("serve", path))
        _wait_until_ready(address, children, stop)
        children.append(_role("probe", path))
        say(_welcome(address, ports))
        end = _at(_ENDS, zone)
        while not stop.wait(1):
            if time.time() + ahead > end:
                say("The rehearsed day is over; it begins anew")
                return
            dead = next((child for child in children if not child.alive), None)
            if dead is not None:
                raise RuntimeError(f"{dead.name} ended with status {dead.process.returncode}; see its last lines above")


def rehearse_morning(config: Path, end: float, checks: Sequence[Check]) -> None:
    """Fill the store with the rehearsed morning: simulated samples through the real watch, mails to the real catcher.

    `checks` are those of the shipped file, with the deadlines of real life.
    """
    settings = config_file.load(config, ControlRoomFile, SECTIONS_OF_OTHERS)
    agent = config_file.load(config, AgentFile, NOT_OF_THE_AGENT).probes
    start = _at(_OPENS, settings.zone)
    clock = SetClock(start)
    engine = open_for(settings, clock)
    watch, sender = watch_and_sender(engine, settings, clock)
    with engine.begin() as connection:
        agent_id = agents.give_token(connection, agent.agent, agent.delivery.token_file, int(start * 1000)).agent_id
        figures.append(connection, list(_course(settings)), settings.zone, int(start * 1000), rehearsed=True)
    coming = _arrivals(morning(checks, agent.districts, start, end, agent.vantage, seed=16), start)
    for tick, arrived in coming:
        clock.at = min(tick, end)
        if arrived:
            batch = Batch(agent=agent.agent, boot="0" * 32, sent=clock.at, samples=tuple(arrived[:1000]))
            with engine.begin() as connection:
                samples.accept(connection, agent_id, batch, int(clock.at * 1000))
        watch.step()
        while sender.step():
            pass
    engine.dispose()


def _arrivals(course: Iterator[Sample], start: float) -> Iterator[tuple[float, list[Sample]]]:
    """Samples in batches of one tick, by the moment each ended."""
    tick = start + _TICK_S
    arrived: list[Sample] = []
    for item in course:
        while item.started + item.phases.total > tick:
            yield tick, arrived
            tick, arrived = tick + _TICK_S, []
        arrived.append(item)
    yield tick, arrived


def _course(settings: ControlRoomFile) -> Iterator[FigureRow]:
    """Made-up figures of the state between launch and close, one line a kind, each ending at the published figure."""
    published = {row.kind: row.value for row in settings.figures if row.place == STATE_PLACE and row.day == DAY}
    for kind in ("reported", "recorded"):
        for hour, share in _COURSE.items():
            as_of = datetime.fromtimestamp(_at(hour, settings.zone), settings.zone)
            value = round(share * published.get(kind, 0))
            yield FigureRow(
                place=STATE_PLACE, day=DAY, kind=kind, value=value, as_of=as_of, said="rehearsed", source=_MADE_UP
            )


def _write_config(data: dict[str, Any], folder: Path, ports: dict[str, int], ahead: float) -> Path:
    """The shipped config file, turned to our ports, folder and clock."""
    probes, room = data["probes"], data["dashboard"]
    registry, anchor = f"http://127.0.0.1:{ports['registry']}", f"http://127.0.0.1:{ports['anchor']}"
    checks = []
    for check in probes["checks"]:
        base = anchor if check["kind"] == "anchor" else registry
        moved = {key: _moved(value, base) for key, value in check.items()}
        checks.append(moved | ({"deadline_s": _UPLOAD_DEADLINE_S} if check["kind"] == "upload" else {}))
    web = f"http://127.0.0.1:{ports['web']}"
    changed = data | {
        "probes": probes
        | {
            "checks": checks,
            "spool": {"file": str(folder / "spool.db")},
            "delivery": {"url": f"{web}/api/v1/samples", "token_file": str(folder / "agent-token")},
            "metrics": {"port": ports["metrics"]},
        },
        "dashboard": room
        | {
            "store": str(folder / "tikawatch.db"),
            "web": {"port": ports["web"], "address": web},
            "mail": {"sender": room["mail"]["sender"], "host": "127.0.0.1", "port": ports["smtp"]},
        },
        "rehearsal": {"clock_ahead_s": ahead, "mail_page": f"http://127.0.0.1:{ports['mail_page']}/", "title": TITLE},
    }
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(changed, file)
    return path


def _moved(value: Any, base: str) -> Any:
    """Addresses of a check, with the stand-in's host and port."""
    if isinstance(value, dict):
        return {key: _moved(inner, base) for key, inner in value.items()}
    if isinstance(value, str) and "://" in value:
        return base + urlsplit(value)._replace(scheme="", netloc="").geturl()
    return value


def free_ports() -> dict[str, int]:
    """The usual port for each purpose, or a free one where that is taken."""
    taken: list[socket.socket] = []
    try:
        return {name: _bind(port, taken) for name, port in _PORTS.items()}
    finally:
        for listener in taken:
            listener.close()


def _bind(port: int, taken: list[socket.socket]) -> int:
    for wanted in (port, 0):
        listener = socket.socket()
        taken.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError:
            continue
        return int(listener.getsockname()[1])
    raise RuntimeError("no free port on 127.0.0.1")


@contextmanager
def _children() -> Iterator[list[Child]]:
    children: list[Child] = []
    try:
        yield children
    finally:
        supervise.stop(children[::-1])


def _catcher(folder: Path, ports: dict[str, int]) -> Child:
    arguments = [
        "--smtp-port",
        str(ports["smtp"]),
        "--page-port",
        str(ports["mail_page"]),
        "--folder",
        str(folder / "mails"),
    ]
    child = Child("mail catcher", ["-m", "probes.rehearsal.mail_catcher", *arguments], hello=True)
    child.ready()
    return child


def _stand_in(ports: dict[str, int], ahead: float) -> Child:
    arguments = ["--port", str(ports["registry"]), "--anchor-port", str(ports["anchor"]), "--scenario", "first-day"]
    arguments += [f"--clock-ahead-s={ahead}"]
    child = Child("stand-in registry", ["-m", "probes.rehearsal.registry", *arguments], hello=True)
    child.ready()
    return child


def _role(role: str, config: Path) -> Child:
    return Child(role, ["-m", "dashboard.cli", "--log-level", "WARNING", role, "--config", str(config)])


def _wait_until_ready(address: str, children: list[Child], stop: threading.Event) -> None:
    deadline = time.monotonic() + 60
    while not stop.is_set() and time.monotonic() < deadline:
        dead = next((child for child in children if not child.alive), None)
        if dead is not None:
            raise RuntimeError(f"{dead.name} ended at its start with status {dead.process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            stop.wait(0.3)
    if not stop.is_set():
        raise RuntimeError("the control room did not get ready within 60 s; see its last lines above")


def _at(hour: str, zone: Any) -> float:
    return datetime.combine(DAY, datetime.strptime(hour, "%H:%M").time(), zone).timestamp()  # noqa: DTZ007 - zone is given


def _welcome(address: str, ports: dict[str, int]) -> str:
    return (
        f"\n  Tikawatch, r{TITLE[1:]}: {address}\n"
        f"  Its mails, none of which leaves this machine: http://127.0.0.1:{ports['mail_page']}/\n"
        f"  Only this machine can open them: there is no login yet.\n"
        f"  A slowdown in five districts begins within half a minute and is flagged within two. Ctrl-C ends everything.\n"
    )
