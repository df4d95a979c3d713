"""What commands take from the config file: settings, and the clock of a rehearsal."""

from pathlib import Path
from typing import TYPE_CHECKING

from probes import config_file
from probes.clock import WallClock
from probes.settings import SECTIONS_OF_OTHERS, AgentFile

if TYPE_CHECKING:
    from dashboard.settings import ControlRoomFile


def control_room_settings(path: Path) -> "ControlRoomFile":
    """What the control room reads of a file. ConfigError: every mistake in it."""
    from dashboard import settings

    return config_file.load(path, settings.ControlRoomFile, settings.SECTIONS_OF_OTHERS)


def agent_settings(path: Path) -> AgentFile:
    """What an agent reads of a file. ConfigError: every mistake in it."""
    return config_file.load(path, AgentFile, SECTIONS_OF_OTHERS)


def clock_of(settings: "ControlRoomFile | AgentFile") -> WallClock:
    """The wall clock, or that of the rehearsed day."""
    return WallClock(settings.rehearsal.clock_ahead_s if settings.rehearsal else 0)
