"""How long the stand-in registry takes: pure numbers, randomness handed in.

Change a level, the spread or the day's curve here; the rehearsed morning and the live stand-in both follow.
All durations are made up, and in seconds.
"""

import math
from enum import StrEnum
from random import Random
from typing import Final

IST_AHEAD_S: Final = 19_800  # India has one time zone and no summer time
VISIBLE_SHARE: Final = 0.12  # of an upload's time passes between accepted and seen again
_SPREAD: Final = 0.14  # sigma of the log-normal jitter


class Call(StrEnum):
    """What can be asked of the stand-in and of the neutral host."""

    PING = "ping"
    REGISTER = "register"
    UPLOAD = "upload"
    READ = "read"
    DELETE = "delete"
    ANCHOR = "anchor"


_FASTEST_SLOWEST: Final = {
    Call.PING: (0.08, 0.25),
    Call.REGISTER: (0.3, 0.9),
    Call.UPLOAD: (1.2, 4.1),
    Call.READ: (0.06, 0.18),
    Call.DELETE: (0.05, 0.15),
    Call.ANCHOR: (0.015, 0.045),
}
_HEAVY: Final = frozenset({Call.REGISTER, Call.UPLOAD})


def hour_of_day(now: float) -> float:
    """Hour of the day in India, 0 to 24, of a moment in seconds since 1970 UTC."""
    return (now + IST_AHEAD_S) % 86_400 / 3600


def load_of_day(hour: float) -> float:
    """Factor of the day's load on every latency: 0.95 outside 7 to 19 o'clock, 1.12 at 13 o'clock."""
    if not 7 < hour < 19:
        return 0.95
    return 0.95 + 0.17 * math.sin(math.pi * (hour - 7) / 12) ** 2


def usual_s(call: Call, district: int) -> float:
    """The median of a call at load 1, always the same for one LGD code; most districts are nearer the fast end."""
    # stepping through the remainders of a prime spreads neighbouring codes over the whole range
    place = district * 50 % 73 / 72
    fastest, slowest = _FASTEST_SLOWEST[call]
    return fastest + (slowest - fastest) * math.pow(place, 1.5)


def slowed(call: Call, factor: float) -> float:
    """What a slow registry does to a call: writes take the whole factor, the light calls its square root only.

    A registry that is slow because its writes queue still answers a ping; 40 times slower uploads must not turn
    every ping into a timeout.
    """
    return factor if call in _HEAVY else math.sqrt(factor)


def draw_s(call: Call, district: int, hour: float, random: Random, factor: float = 1.0) -> float:
    """One latency in seconds; for an upload from sent to visible, VISIBLE_SHARE of it after the acceptance."""
    jitter = random.lognormvariate(0.0, _SPREAD)
    return usual_s(call, district) * load_of_day(hour) * slowed(call, factor) * jitter
