"""The small cast of the tests: Raigad, Thane, Pune and their 33 neighbours, on the morning of 16 January 2021."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.settings import SECTIONS_OF_OTHERS, ControlRoomFile
from probes import config_file

EXAMPLE = Path(__file__).parent.parent / "config.yaml"
RAIGAD, THANE, PUNE, PALGHAR, DHULE, NASHIK, JALGAON = 491, 497, 490, 665, 474, 487, 478
IST = ZoneInfo("Asia/Kolkata")


@cache
def example() -> ControlRoomFile:
    """config.yaml as it is shipped."""
    return config_file.load(EXAMPLE, ControlRoomFile, SECTIONS_OF_OTHERS)


def with_rules(**rules: Any) -> ControlRoomFile:
    """config.yaml with other thresholds: `settle_s=20`, or `flap={"reopen_s": 60}` for those of a section."""
    room = example()
    old = room.dashboard.rules
    new = {
        key: getattr(old, key).model_copy(update=value) if isinstance(value, dict) else value
        for key, value in rules.items()
    }
    changed = room.dashboard.model_copy(update={"rules": old.model_copy(update=new)})
    return room.model_copy(update={"dashboard": changed})


def at(hour: str, day: str = "2021-01-16") -> float:
    """Seconds since 1970 UTC of an hour in India, `at("11:40")`."""
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=IST).timestamp()


def a_few(**rules: Any) -> ControlRoomFile:
    """The same with the seven districts of the cast only: small enough to judge hundreds of times in a test."""
    cast = (RAIGAD, THANE, PUNE, PALGHAR, DHULE, NASHIK, JALGAON)
    room = with_rules(**rules)
    return room.model_copy(update={"districts": tuple(d for d in room.districts if d.code in cast), "joint_areas": ()})
