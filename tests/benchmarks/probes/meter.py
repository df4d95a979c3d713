"""What a process tree costs, read from /proc, and the few figures drawn from lists of numbers. May be changed: what is read."""

import os
from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _CPU, _RSS = 1, slice(11, 15), 21  # fields of /proc/PID/stat after the command's name


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
    return found


def _tree(pid: int) -> list[list[str]]:
    stats = _stats()
    children = defaultdict(list)
    for one, fields in stats.items():
        children[int(fields[_PARENT])].append(one)
    found, open_ones = [], [pid]
    while open_ones:
        one = open_ones.pop()
        found += [stats[one]] if one in stats else []
        open_ones += children[one]
    return found


def cpu_s(pid: int) -> float:
    """Seconds of CPU of a process, its children and those that it has waited for."""
    return sum(sum(map(int, fields[_CPU])) for fields in _tree(pid)) / _TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, MiB."""
    return sum(int(fields[_RSS]) for fields in _tree(pid)) * _PAGE / 1_048_576


def load() -> float:
    """The machine's load of the last minute: how noisy it was."""
    return os.getloadavg()[0]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; NaN of nothing."""
    if not values:
        return float("nan")
    return sorted(values)[max(ceil(len(values) * share) - 1, 0)]


def echoes() -> int:
    """ICMP echo replies that this machine has received since it was started."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Icmp:")]
    return int(dict(zip(*lines, strict=True))["InEchoReps"])
