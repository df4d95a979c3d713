"""Is this agent itself online? A dead line at our end must not look like a dead registry. Pure but for `interface_up`.

May be changed: what counts as being cut off.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from probes.checks import Measurement, Target
from probes.sample import CheckKind, Reason
from probes.settings import is_loopback

CUT_OFF: Final = (Reason.UNREACHABLE, Reason.DNS)


class Connectivity:
    """Remembers each target's last reason and says whether the fault is at our own end.

    Cut off: no network interface is up, or the last result of every target is "unreachable" or "no such name" and an
    anchor is among them. Without an anchor, results alone never say so: the registry's name may just be gone.
    """

    def __init__(self, targets: Iterable[Target], interface_up: Callable[[], bool]) -> None:
        self._interface_up = interface_up
        self._away = any(not is_loopback(url) for target in targets for url in target.check.addresses)
        self._last: dict[Target, Reason] = {}

    def judged(self, target: Target, measured: Measurement) -> Measurement:
        """The measurement, as AGENT_OFFLINE when the agent was cut off."""
        self._last[target] = measured.reason
        if measured.reason not in CUT_OFF or not self._offline():
            return measured
        detail = f"the agent itself is cut off: {measured.detail}"[:200]
        return replace(measured, reason=Reason.AGENT_OFFLINE, detail=detail)

    def _offline(self) -> bool:
        if self._away and not self._interface_up():
            return True
        anchored = any(target.check.kind is CheckKind.ANCHOR for target in self._last)
        return anchored and all(reason in CUT_OFF for reason in self._last.values())


def interface_up(folder: Path = Path("/sys/class/net")) -> bool:
    """Whether a network interface other than loopback is up; True where the system does not tell."""
    try:
        states = [(link / "operstate").read_text().strip() for link in folder.iterdir() if link.name != "lo"]
    except OSError:
        return True
    return any(state in ("up", "unknown") for state in states)
