"""The recovering phase: an incident of the registry or a line is not done with when checks are good again. Pure.

It is closed when the backlog of its districts is cleared; where no counts of the registry are known, when it stayed good for
`recovery.quiet_min`; or by a person. The technical end stays what it is.
"""

from dashboard.doses.recovery import Recovery
from dashboard.settings import ControlRoomFile

_MINUTE_S = 60.0


def closing_words(settings: ControlRoomFile, resolved: float, recovery: Recovery, now: float) -> str:
    """The sentence of its closing, or nothing while it goes on. Times in seconds since 1970 UTC."""
    quiet = settings.dashboard.rules.recovery.quiet_min
    if now - resolved < quiet * _MINUTE_S:
        return ""
    if recovery.left is not None:
        return "" if recovery.left else "Closed: no doses are left on paper"
    if recovery.is_awaited:
        return ""
    return f"Closed: good for {quiet:g} minutes; no counts of the registry are known to tell what is left on paper"


def waits_for(settings: ControlRoomFile, recovery: Recovery) -> str:
    """What its closing waits for, in words."""
    if recovery.left:
        return "It is closed when none is left, or by a person"
    if recovery.left is None and recovery.is_awaited:
        return "It waits for the counts of that day, or for a person"
    return f"It is closed when it stayed good for {settings.dashboard.rules.recovery.quiet_min:g} minutes"
