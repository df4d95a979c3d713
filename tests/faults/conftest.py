"""What the fault tests share with the agent's own tests. May be changed: by adding."""

from tests.probes.conftest import good, intake, place, room

__all__ = ["good", "intake", "place", "room"]
