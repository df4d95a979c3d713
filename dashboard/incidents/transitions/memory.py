"""What the transitions keep between two looks, and over a restart."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dashboard.incidents.transitions.records import Standing

Key = tuple[str, ...]  # a kind, and the place that binds its districts together


@dataclass
class Memory:
    """Groups that settle before they open, incidents that must stay good before they close. Times in seconds since 1970 UTC."""

    waiting: dict[Key, float] = field(default_factory=dict)
    good_since: dict[int, float] = field(default_factory=dict)
    relapses: dict[int, int] = field(default_factory=dict)
    opened: dict[int, float] = field(default_factory=dict)  # when an incident was first seen
    failing_since: dict[int, float] = field(default_factory=dict)  # since when a slowdown is failures

    def relapsed(self, incident_id: int) -> None:
        """Count a relapse."""
        self.relapses[incident_id] = self.relapses.get(incident_id, 0) + 1

    def look_at(self, standing: Collection[Standing], now: float) -> None:
        """Note what is seen for the first time, and drop what was kept of incidents that cannot come back any more."""
        known = {item.incident_id for item in standing}
        for kept in (self.good_since, self.relapses, self.opened, self.failing_since):
            for number in kept.keys() - known:
                del kept[number]
        for number in known:
            self.opened.setdefault(number, now)

    def as_json(self) -> dict[str, Any]:
        """What a restart must not forget."""
        return {
            "waiting": [[list(key), since] for key, since in self.waiting.items()],
            "good_since": list(self.good_since.items()),
            "relapses": list(self.relapses.items()),
            "opened": list(self.opened.items()),
            "failing_since": list(self.failing_since.items()),
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "Memory":
        """The memory that `as_json` gave; an empty one of an empty dict."""
        return cls(
            {tuple(key): since for key, since in kept.get("waiting", [])},
            dict(kept.get("good_since", [])),
            dict(kept.get("relapses", [])),
            dict(kept.get("opened", [])),
            dict(kept.get("failing_since", [])),
        )
