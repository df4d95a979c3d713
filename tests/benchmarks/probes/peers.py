"""Beside curl, fping and SmokePing, where they do the same work. No demands: ratios are measured and told.

May be changed: rates. The agent's icmp needs rights; without them its row is left out and says so. SmokePing stores what it
measures in its round robin files, as the agent stores and delivers; curl and fping only measure.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.probes.agent import Work, agent, get
from tests.benchmarks.probes.lab import LAB_CORE, MEASURED_CORE, Lab, child, program
from tests.benchmarks.probes.meter import cpu_s, echoes
from tests.benchmarks.probes.plan import Plan
from tests.benchmarks.probes.tables import Row, paired

RATE = 25  # a second: SmokePing's curl takes a process each
ECHO_RATE = 250
TARGETS, PINGS, STEP_S = 50, 5, 10
HOSTS = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(1000)]
ICMP: dict[str, object] = {"kind": "icmp", "host": "127.0.0.1"}

_SMOKEPING = """
*** General ***
owner = bench
contact = nobody@localhost
cgiurl = http://localhost/
imgcache = {folder}
imgurl = ../
datadir = {folder}/rrd
piddir = {folder}
smokemail = /etc/smokeping/smokemail
offset = 0%

*** Database ***
step = {step}
pings = {pings}
AVERAGE 0.5 1 1008
MIN 0.5 12 4320
MAX 0.5 12 4320

*** Presentation ***
template = /etc/smokeping/basepage.html
+ overview
width = 600
height = 50
+ detail
width = 600
height = 200
"Last" 3h

*** Probes ***
+ {probe}
{words}

*** Targets ***
probe = {probe}
menu = Top
title = Bench
+ bench
menu = bench
title = bench
{targets}
"""


def peers(lab: Lab, plan: Plan) -> Iterator[Row]:
    """CPU per sample at the same rate; the agent's side is the whole product."""
    asked = partial(_asked, lab)
    for scheme in ("http", "https"):
        url = lab.url(scheme, 5, plan.host)
        curl = [program("curl", "curl"), "-s", "-o", "/dev/null", "--cacert", str(lab.ca_file), url]
        row = Row(f"CPU per probe, {RATE}/s, {scheme}, beside curl", "us", other="curl, a process each")
        paired(plan.pairs, partial(_ours, lab, plan, get(url), RATE, asked), partial(_each, curl, plan.seconds), row)
        yield row
    row = Row(f"CPU per probe, {RATE}/s, http, beside SmokePing", "us", other="SmokePing with curl")
    url = lab.url("http", 5, plan.host)
    paired(
        plan.pairs,
        partial(_ours, lab, plan, get(url), RATE, asked),
        partial(_smokeping, lab, "Curl", _curl(url), asked),
        row,
    )
    yield row
    yield from _pings(lab, plan)


def _pings(lab: Lab, plan: Plan) -> Iterator[Row]:
    fping = [program("fping", "fping"), "-q", "-c", "1", "-i", str(1000 // ECHO_RATE), *HOSTS]
    alone = Row(f"CPU per echo, {ECHO_RATE}/s, icmp, beside fping", "us", other="fping")
    ours = partial(_ours, lab, plan, ICMP, ECHO_RATE, echoes)
    paired(plan.pairs, ours, lambda: _each(fping, plan.seconds, pause_s=0) / len(HOSTS), alone)
    yield alone
    inside = Row(f"CPU per echo, {RATE}/s, icmp, beside SmokePing", "us", other="SmokePing with fping")
    ours = partial(_ours, lab, plan, ICMP, RATE, echoes)
    paired(plan.pairs, ours, partial(_smokeping, lab, "FPing", _fping(), echoes), inside)
    yield inside


def _ours(lab: Lab, plan: Plan, check: dict[str, object], rate: int, count: Callable[[], int]) -> float:
    with agent(lab, Work(check, districts=rate * 5, intervals=(5.0,), deadline_s=5)) as running:
        time.sleep(5.0)
        before, spent = count(), cpu_s(running.pid)
        time.sleep(plan.seconds)
        return (cpu_s(running.pid) - spent) / max(count() - before, 1) * 1e6


def _each(words: list[str], seconds: float, pause_s: float = 1 / RATE) -> float:
    """Microseconds of CPU of a process that is run again and again."""
    spent, runs, until = 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        os.sched_setaffinity(0, {MEASURED_CORE})  # its children begin where their parent is
        try:
            pid = os.posix_spawn(words[0], words, os.environ, file_actions=_silent())
        finally:
            os.sched_setaffinity(0, {LAB_CORE})
        _, _, used = os.wait4(pid, 0)
        spent, runs = spent + used.ru_utime + used.ru_stime, runs + 1
        time.sleep(pause_s)
    return spent / runs * 1e6


def _silent() -> list[tuple[int, int, str, int, int]]:
    return [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]


def _asked(lab: Lab) -> int:
    return lab.stats()["requests"]


def _curl(url: str) -> tuple[str, str]:
    """The probe's own words, and its targets."""
    return f"binary = {program('curl', 'curl')}\nforks = 5", _targets(f"urlformat = {url}", ["127.0.0.1"] * TARGETS)


def _fping() -> tuple[str, str]:
    return f"binary = {program('fping', 'fping')}", _targets("", HOSTS[:TARGETS])


def _targets(words: str, hosts: Sequence[str]) -> str:
    return "\n".join(
        f"++ t{number}\nmenu = t{number}\ntitle = t{number}\nhost = {host}\n{words}"
        for number, host in enumerate(hosts)
    )


def _smokeping(lab: Lab, probe: str, words: tuple[str, str], count: Callable[[], int]) -> float:
    """Microseconds of CPU per sample over two whole steps, fping's and curl's processes included."""
    config = lab.folder / "smokeping.conf"
    (lab.folder / "rrd").mkdir(exist_ok=True)
    text = _SMOKEPING.format(folder=lab.folder, step=STEP_S, pings=PINGS, probe=probe, words=words[0], targets=words[1])
    config.write_text(text)
    log = lab.folder / "smokeping.log"
    command = [program("smokeping", "smokeping"), f"--config={config}", "--nodaemon", f"--logfile={log}"]
    with child(command, [MEASURED_CORE], log) as process:
        _wait_for_samples(count, log)
        time.sleep(STEP_S * 0.8)  # between two steps nothing is under way
        before, spent = count(), cpu_s(process.pid)
        time.sleep(STEP_S * 2)
        return (cpu_s(process.pid) - spent) / max(count() - before, 1) * 1e6


def _wait_for_samples(count: Callable[[], int], log: Path) -> None:
    before, until = count(), time.monotonic() + 3 * STEP_S
    while count() == before:
        if time.monotonic() > until:
            raise RuntimeError(f"SmokePing measures nothing: {log.read_text()[-1000:]}")
        time.sleep(0.1)
