"""The words for a district's state, worst first in WORST_FIRST; used by pages, mails, metrics and tests."""

from enum import StrEnum


class DistrictState(StrEnum):
    OK = "ok"
    SLOW = "slow"
    DEGRADED = "degraded"
    DOWN = "down"
    OWN_LINE = "own line"
    NO_DATA = "no data"
    NO_SESSION = "no session"
    BLIND = "blind"


# worst first, as lists on pages and in mails are sorted
WORST_FIRST = (
    DistrictState.BLIND,
    DistrictState.DOWN,
    DistrictState.OWN_LINE,
    DistrictState.DEGRADED,
    DistrictState.NO_DATA,
    DistrictState.SLOW,
    DistrictState.OK,
    DistrictState.NO_SESSION,
)
