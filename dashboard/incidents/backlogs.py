"""From stalled paper backlogs to steps of incidents of kind backlog_stalled. Pure, as stalls.py is; the ledger stores both alike.

A place is a district, a joint area (one incident, both districts named) or the state. What makes a backlog stalled is said in
dashboard/doses/backlog.py; here stands who is told of it, when, and when it is over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboard.doses.backlog import Point
from dashboard.doses.numbers import indian
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.settings import STATE_PLACE, ControlRoomFile

_KIND = IncidentKind.BACKLOG_STALLED
_NOBODY: frozenset[int] = frozenset()
_TOGETHER = 3  # more places than this that stall at once are one incident
_LINGERING = 0.25  # such an incident is not held open by the last quarter of its places


@dataclass(frozen=True)
class Paper:
    """A place's doses on paper by its newest counts. `since`, seconds since 1970 UTC: the end of the day on which one was entered last."""

    codes: frozenset[int]  # LGD codes
    doses: int
    age_days: int
    age: str  # in words, of the oldest
    since: float
    stalled: bool  # a backlog, and nothing entered in the window
    done: bool = False  # somebody has said since that all is entered
    tells: bool = True  # may open: the counts are new, the backlog is large enough, no decision silences it

    @property
    def stuck(self) -> bool:
        return self.stalled and not self.done


def entered(points: Sequence[Point]) -> int:
    """Doses entered over consecutive days; a count revised downward is no dose taken out, and its way back up is entering."""
    return sum(max(0, later.recorded - former.recorded) for former, later in pairwise(points))


def advance(
    settings: ControlRoomFile,
    found: Mapping[str, Paper],
    now: float,
    in_session: Collection[int],
    standing: Sequence[Standing],
) -> list[Change]:
    """The steps that are due now. `found` by place (LGD code as text, key of a joint area, STATE), `standing` with those resolved today.

    `in_session`: LGD codes of the districts in which something may open; outside sessions nothing does. Districts whose
    incident was resolved today open none before tomorrow.
    """
    mine = [item for item in standing if item.kind is _KIND]
    closing = [item for item in mine if item.resolved is None and not item.by_hand and _is_over(item, found)]
    changes = [_over(settings, item, found) for item in closing]
    if not in_session:
        return changes
    covered = frozenset[int]().union(*(item.ever for item in mine))
    may_open = frozenset(in_session)
    new = {
        place: one for place, one in found.items()
        if one.stuck and one.tells and not one.codes <= covered and (place == STATE_PLACE or one.codes <= may_open)
    }  # fmt: skip
    opened = [item for item in mine if item.resolved is None and item not in closing]
    if STATE_PLACE in new:
        return [*changes, _opened(settings, new[STATE_PLACE], Scope.STATE, found, opened)]
    return changes + [_opened(settings, one, Scope.DISTRICT, found, opened) for one in _told_together(new)]


def _told_together(new: Mapping[str, Paper]) -> list[Paper]:
    """What is told at once: many places as one, a few each by itself."""
    if len(new) <= _TOGETHER:
        return list(new.values())
    oldest = max(new.values(), key=lambda one: one.age_days)
    codes = frozenset[int]().union(*(one.codes for one in new.values()))
    doses, since = sum(one.doses for one in new.values()), max(one.since for one in new.values())
    return [Paper(codes, doses, oldest.age_days, oldest.age, since, stalled=True)]


def _opened(
    settings: ControlRoomFile, one: Paper, scope: Scope, found: Mapping[str, Paper], opened: Sequence[Standing]
) -> Change:
    facts = f"{indian(one.doses)} doses on paper, the oldest {one.age} old"
    words = sentences.not_entered(settings, one.codes, one.since, facts, _others(one, found))
    within = next((item for item in opened if not item.by_hand and item.members < one.codes), None)
    if within is None:
        return Change(None, StepKind.OPENED, _KIND, scope, one.since, one.codes, one.codes, words)
    joined = one.codes - within.members
    return Change(within, StepKind.UPGRADED, _KIND, scope, within.since, one.codes, joined, words)


def _others(one: Paper, found: Mapping[str, Paper]) -> str:
    """Compared with whom."""
    rest = [other for place, other in found.items() if place != STATE_PLACE and not other.codes & one.codes]
    if not rest:
        return "no other place has both counts to compare with"
    moving = sum(not other.stalled for other in rest)
    return f"in {moving} of {len(rest)} others with both counts the backlog is not stalled"


# -- closing -----------------------------------------------------------------------------------------------------------


def _places(item: Standing, found: Mapping[str, Paper]) -> list[Paper]:
    """What an incident is about: the state by its own counts, or the places among its districts."""
    if item.scope is Scope.STATE:
        return [one for place, one in found.items() if place == STATE_PLACE]
    return [one for place, one in found.items() if place != STATE_PLACE and one.codes <= item.members]


def _is_over(item: Standing, found: Mapping[str, Paper]) -> bool:
    places = _places(item, found)
    lingering = _LINGERING * len(places) if len(places) > _TOGETHER else 0
    return sum(one.stuck for one in places) <= lingering


def _over(settings: ControlRoomFile, item: Standing, found: Mapping[str, Paper]) -> Change:
    words = sentences.entered_again(settings, item.ever, item.since, _became(_places(item, found)))
    return Change(item, StepKind.RESOLVED, _KIND, item.scope, item.since, _NOBODY, _NOBODY, words)


def _became(known: Sequence[Paper]) -> str:
    if not known:
        return "its counts are not told any more"
    left = sum(max(0, one.doses) for one in known)
    on_paper = f"{indian(left)} doses are left on paper" if left else "no doses are left on paper"
    if any(one.done and one.stalled for one in known):
        return f"its back-entry was said to be done; by the counts {on_paper}"
    return on_paper
