"""What the command line asks of every bench."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`pairs` of runs, each `seconds` long after warming up. `host` names the target in every address.

    `tls`: the newest version the target speaks. `as_installed`: the exporter on all cores with Go's own defaults, instead of
    one thread on the agent's core.
    """

    pairs: int = 5
    seconds: float = 15.0
    host: str = "127.0.0.1"
    tls: str = "1.3"
    as_installed: bool = False
