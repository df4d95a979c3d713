"""From stalls of doses to steps of incidents of kind dose_stall. Pure, as transitions.py is; the ledger stores both alike."""

from collections.abc import Collection, Sequence

from dashboard.doses.stalls import Stall, Stalls
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.settings import ControlRoomFile

_KIND = IncidentKind.DOSE_STALL
_SPARES = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN, IncidentKind.LOCAL, IncidentKind.AGENT_SILENT)
_HALF = 0.5


def advance(
    settings: ControlRoomFile, stalls: Stalls, now: float, in_session: Collection[int], standing: Sequence[Standing]
) -> list[Change]:
    """The steps that are due now; first the stalls are told which districts another incident holds.

    While the monitor is blind nothing opens: whether the checks are good, nobody knows.
    """
    for item in standing:
        if item.resolved is None and item.kind in _SPARES:
            stalls.hit(item.members, now)
    mine = [item for item in standing if item.kind is _KIND]
    changes = [
        _over(settings, item, now, stalls)
        for item in mine
        if item.resolved is None and _is_over(item, stalls, in_session)
    ]
    blind = any(item.kind is IncidentKind.MONITOR_OFFLINE and item.resolved is None for item in standing)
    if not in_session or blind:
        return changes
    closing = {change.incident.incident_id for change in changes if change.incident}
    opened = [item for item in mine if item.resolved is None and item.incident_id not in closing]
    for stall in stalls.open_now(now):
        change = _opened(settings, stall, opened, mine, now)
        if change is not None:
            changes.append(change)
            opened = [item for item in opened if item is not change.incident]
    return changes


def _is_over(item: Standing, stalls: Stalls, in_session: Collection[int]) -> bool:
    of_another_day = item.since < stalls.midnight  # nobody was there to see its session end
    return not in_session or of_another_day or stalls.given_again(item.members, item.since)


def _over(settings: ControlRoomFile, item: Standing, now: float, stalls: Stalls) -> Change:
    again = stalls.given_again(item.members, item.since)
    words = sentences.stall_over(settings, item.ever, item.since, now, again)
    return Change(item, StepKind.RESOLVED, _KIND, item.scope, item.since, frozenset(), frozenset(), words)


def _opened(
    settings: ControlRoomFile, stall: Stall, opened: Sequence[Standing], mine: Sequence[Standing], now: float
) -> Change | None:
    """Nothing while an open incident says so; a wider stall takes in the one that was told before."""
    codes, scope = stall.districts, Scope(stall.scope)
    if any(len(item.members & codes) > _HALF * len(codes) for item in opened):
        return None
    words = sentences.stalled(settings, codes, stall.since, stall.evidence)
    within = next((item for item in opened if item.members <= codes), None)
    if within is not None:
        members = within.members | codes
        return Change(within, StepKind.UPGRADED, _KIND, scope, within.since, members, codes - within.members, words)
    window = settings.dashboard.rules.flap.reopen_s
    again = next((i for i in mine if i.resolved is not None and now - i.resolved <= window and i.ever == codes), None)
    if again is not None:
        return Change(again, StepKind.REOPENED, _KIND, scope, again.since, codes, codes, words)
    return Change(None, StepKind.OPENED, _KIND, scope, stall.since, codes, codes, words)
