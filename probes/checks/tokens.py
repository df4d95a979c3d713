"""What an upload check was authorised with, kept in memory for as long as its settings say. May be changed: when it is dropped."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from probes.checks import Target


class Tokens:
    """The values carried from each target's last log-in. Moments are monotonic seconds."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Target, tuple[float, dict[str, str]]] = WeakKeyDictionary()

    def keep(self, target: Target, values: Mapping[str, str], until: float) -> None:
        self._kept[target] = (until, dict(values))

    def find(self, target: Target, now: float) -> dict[str, str]:
        """What may still be used; empty when the target has to log in."""
        until, values = self._kept.get(target, (0.0, {}))
        return dict(values) if now < until else {}

    def drop(self, target: Target) -> None:
        """It was refused."""
        self._kept.pop(target, None)
