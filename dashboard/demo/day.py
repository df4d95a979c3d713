"""One rehearsed day after the other: starts the processes, says where to look, and ends them again."""

import logging
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dashboard import check_config, supervise
from dashboard.demo import hours
from dashboard.demo.config import write
from dashboard.demo.morning import rehearse
from dashboard.demo.ports import Ports
from dashboard.settings import SECTIONS_OF_OTHERS, ControlRoomFile
from dashboard.supervise import Child
from probes import config_file
from probes.kinds.check import Check
from probes.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_AGENT
from probes.settings import AgentFile

log = logging.getLogger(__name__)
_DIRECTLY = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # a proxy of the environment is not for loopback


def run(config: Path, say: Callable[[str], None], stop: threading.Event) -> None:
    """Rehearse the day again and again until `stop` is set; leaves no process and no file behind.

    Raises:
        ConfigError: the config file is wrong.
        RuntimeError: one of the processes could not start.
    """
    check_config.summary(config)
    data = config_file.read(config).data
    checks = config_file.load(config, AgentFile, NOT_OF_THE_AGENT).probes.checks
    while not stop.is_set():
        ports = Ports()
        folder = Path(tempfile.mkdtemp(prefix="tikawatch-demo-"))
        try:
            _one_day(data, checks, folder, ports, say, stop)
        finally:
            ports.release()
            shutil.rmtree(folder, ignore_errors=True)


def _one_day(
    data: dict[str, Any],
    checks: Sequence[Check],
    folder: Path,
    ports: Ports,
    say: Callable[[str], None],
    stop: threading.Event,
) -> None:
    with _children() as children:
        say("Starting the stand-in registry and the mail catcher")
        children.append(_catcher(folder, ports))
        zone = ControlRoomFile.model_validate({k: v for k, v in data.items() if k not in SECTIONS_OF_OTHERS}).zone
        start = hours.at(hours.STARTS, zone)
        ahead = start - time.time()
        path = write(data, folder, ports, ahead)
        say(f"Rehearsing the morning, {hours.OPENS} to {hours.STARTS}")
        rehearse(path, start, checks, stop)
        if stop.is_set():
            return
        children.append(_stand_in(ports, ahead))
        address = f"http://127.0.0.1:{ports['web']}"
        ports.release("web")
        children.append(_role("serve", path))
        _wait_until_ready(address, children, stop)
        ports.release("metrics")
        children.append(_role("probe", path))
        say(_welcome(address, ports))
        end = hours.at(hours.ENDS, zone)
        while not stop.wait(1):
            if time.time() + ahead > end:
                say("The rehearsed day is over; it begins anew")
                return
            dead = next((child for child in children if not child.alive), None)
            if dead is not None:
                raise RuntimeError(f"{dead.name} ended with status {dead.process.returncode}; see its last lines above")


@contextmanager
def _children() -> Iterator[list[Child]]:
    children: list[Child] = []
    try:
        yield children
    finally:
        supervise.stop(children[::-1])


def _catcher(folder: Path, ports: Ports) -> Child:
    arguments = [
        "--smtp-port",
        str(ports["smtp"]),
        "--page-port",
        str(ports["mail_page"]),
        "--folder",
        str(folder / "mails"),
    ]
    ports.release("smtp", "mail_page")
    child = Child("mail catcher", ["-m", "probes.rehearsal.mail_catcher", *arguments], hello=True)
    child.ready()
    return child


def _stand_in(ports: Ports, ahead: float) -> Child:
    arguments = ["--port", str(ports["registry"]), "--anchor-port", str(ports["anchor"]), "--scenario", "first-day"]
    arguments += [f"--clock-ahead-s={ahead}"]
    ports.release("registry", "anchor")
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
            with _DIRECTLY.open(f"{address}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            stop.wait(0.3)
    if not stop.is_set():
        raise RuntimeError("the control room did not get ready within 60 s; see its last lines above")


def _welcome(address: str, ports: Ports) -> str:
    return (
        f"\n  Tikawatch, r{hours.TITLE[1:]}: {address}\n"
        f"  Its mails, none of which leaves this machine: http://127.0.0.1:{ports['mail_page']}/\n"
        f"  Only this machine can open them: there is no login yet.\n"
        f"  A slowdown in five districts begins within half a minute and is flagged within two. Ctrl-C ends everything.\n"
    )
