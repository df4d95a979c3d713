"""Is this agent itself online? A dead line at our end must not look like a dead registry. Pure but for the first two functions.

May be changed: what counts as being cut off.
"""

import os
import resource
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from probes.carriers.line_reasons import ANSWER
from probes.checks import Measurement, Target
from probes.sample import CheckKind, Outcome, Reason
from probes.sections import is_loopback

CUT_OFF: Final = (Reason.UNREACHABLE, Reason.DNS)
SILENCE: Final = (Reason.TIMEOUT, Reason.RESET, Reason.LOST, Reason.NOT_VISIBLE, Reason.NOT_ARRIVED)
HANDLES: Final = (
    16  # a look-up and a connection take some at once, and have given them back when their failure is judged
)


def interface_up(folder: Path = Path("/sys/class/net")) -> bool:
    """Whether a network interface other than loopback is up; True where the system does not tell."""
    try:
        states = [(link / "operstate").read_text().strip() for link in folder.iterdir() if link.name != "lo"]
    except OSError:
        return True
    return any(state in ("up", "unknown") for state in states)


def handles_left() -> bool:
    """Whether this process may open some more files. The system gives the lowest free number: near the limit few are left."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    os.close(lowest)
    return limit == resource.RLIM_INFINITY or lowest < limit - HANDLES


class Connectivity:
    """Remembers whether each target could be reached at last, and says whether the fault is at our own end.

    Cut off: no network interface is up, or the last result of every target is "unreachable" or "no such name" and an
    anchor is among them. Without an anchor, results alone never say so: the registry's name may just be gone.
    A line that dies in mid-answer looks like silence; then the interfaces alone tell.
    An agent out of file handles cannot look up or connect either, and libcurl gives no sign of it.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        interface_up: Callable[[], bool],
        handles_left: Callable[[], bool] = handles_left,
    ) -> None:
        self._interface_up = interface_up
        self._handles_left = handles_left
        self._away = {one for one in targets if not all(is_loopback(url) for url in one.check.addresses)}
        self._last: dict[Target, bool] = {}  # whether it looked like being cut off

    def judged(self, target: Target, measured: Measurement) -> Measurement:
        """The measurement, as AGENT_OFFLINE when the agent was cut off, as AGENT_FAULT when it has no file handles left."""
        if measured.outcome is Outcome.UNKNOWN:  # says nothing, of the line either
            return measured
        cut = measured.reason in CUT_OFF and measured.stage != ANSWER  # a resolver that says "no such name" is there
        if cut and not self._handles_left():
            return _unknown(measured, Reason.AGENT_FAULT, "the agent itself has no file handles left")
        self._last[target] = cut
        no_line = (cut or measured.reason in SILENCE) and target in self._away and not self._interface_up()
        if not no_line and not (cut and self._all_cut()):
            return measured
        return _unknown(measured, Reason.AGENT_OFFLINE, "the agent itself is cut off")

    def _all_cut(self) -> bool:
        return all(self._last.values()) and any(target.check.kind is CheckKind.ANCHOR for target in self._last)


def _unknown(measured: Measurement, reason: Reason, why: str) -> Measurement:
    return replace(measured, reason=reason, detail=f"{why}: {measured.detail}"[:200])
