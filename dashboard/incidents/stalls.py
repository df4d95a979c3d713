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

    `in_session`: LGD codes of the districts that doses are expected of now; elsewhere no stall opens, and one that is open is over.
    While the monitor is blind nothing opens: whether the checks are good, nobody knows.
    """
    for item in standing:
        if item.resolved is None and item.kind in _SPARES:
            stalls.hit(item.members, now)
    mine = [item for item in standing if _KIND in item.kinds]
    changes = [
        _over(settings, item, now, stalls)
        for item in mine
        if item.kind is _KIND and not item.by_hand and item.resolved is None and _is_over(item, stalls, in_session)
    ]
    blind = any(item.kind is IncidentKind.MONITOR_OFFLINE and item.resolved is None for item in standing)
    if not in_session or blind:
        return changes
    closing = {change.incident.incident_id for change in changes if change.incident}
    opened = [item for item in mine if item.resolved is None and item.incident_id not in closing]
    expected = frozenset(in_session)
    for stall in stalls.open_now(now):
        change = _opened(settings, stall, stall.districts & expected, opened, mine, now)
        if change is not None:
            changes.append(change)
            opened = [item for item in opened if item is not change.incident]
    return changes


def _is_over(item: Standing, stalls: Stalls, in_session: Collection[int]) -> bool:
    of_another_day = item.since < stalls.midnight  # nobody was there to see its session end
    return item.members.isdisjoint(in_session) or of_another_day or _given_again(item, stalls)


def _given_again(item: Standing, stalls: Stalls) -> bool:
    """Asked of the districts that have a session today: a changed calendar may have taken some away."""
    return stalls.given_again(item.members.intersection(stalls.districts), item.since)


def _over(settings: ControlRoomFile, item: Standing, now: float, stalls: Stalls) -> Change:
    words = sentences.stall_over(settings, item.ever, item.since, now, _given_again(item, stalls))
    return Change(item, StepKind.RESOLVED, _KIND, item.scope, item.since, frozenset(), frozenset(), words)


def _opened(
    settings: ControlRoomFile,
    stall: Stall,
    codes: frozenset[int],
    opened: Sequence[Standing],
    mine: Sequence[Standing],
    now: float,
) -> Change | None:
    """A stall in those of its districts that may open; nothing while an incident says so, or once a person closed the same stall.

    A wider stall takes in the one that was told before, but not what a person opened.
    """
    scope = Scope(stall.scope)
    if not codes or any(len(item.members & codes) > _HALF * len(codes) for item in opened):
        return None
    codes -= frozenset[int]().union(*(item.members for item in opened if item.by_hand))
    if any(item.closed_by_hand and item.ever >= codes and stall.since <= (item.resolved or 0) for item in mine):
        return None
    words = sentences.stalled(settings, codes, stall.since, stall.evidence)
    within = next((item for item in opened if item.kind is _KIND and not item.by_hand and item.members <= codes), None)
    if within is not None:
        members = within.members | codes
        return Change(within, StepKind.UPGRADED, _KIND, scope, within.since, members, codes - within.members, words)
    window = settings.dashboard.rules.flap.reopen_s
    ended = [item for item in mine if item.kind is _KIND and not item.by_hand and item.resolved is not None]
    again = next((item for item in ended if now - (item.resolved or 0) <= window and item.ever == codes), None)
    if again is not None:
        return Change(again, StepKind.REOPENED, _KIND, scope, again.since, codes, codes, words)
    return Change(None, StepKind.OPENED, _KIND, scope, stall.since, codes, codes, words)
