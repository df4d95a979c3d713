"""The sentence over the page: what, where, since when. Pure; worst first, at most three clauses.

To say something new, add a function here and its place in `state_sentence`; each situation has a test.
"""

from dataclasses import dataclass, field
from datetime import datetime

from dashboard.detection.states import DistrictState
from dashboard.web.wording import grouped, lasting, listed

NAMED_AT_MOST = 3  # more districts than that are counted
LONGEST = 110  # characters; a clause that would pass it is left to the second line
MANY = 0.6  # this share of districts down: the registry itself, whatever the single names


@dataclass(frozen=True)
class DistrictNow:
    """A district as the sentence needs it; `since` in the state's zone."""

    name: str
    state: DistrictState
    since: datetime | None = None
    failing: bool = False  # what is wrong there is failures, not time


@dataclass(frozen=True)
class Recovered:
    """The last incident that closed: when, after how many seconds, and what it had been ("slow", "down")."""

    at: datetime
    after_s: float
    was: str
    changed: bool = False  # it was not that all the time, but at worst


@dataclass(frozen=True)
class Situation:
    """All that the sentence may speak of. Moments are in the state's zone; durations in seconds; unknown is None."""

    now: datetime
    districts: tuple[DistrictNow, ...]
    newest_sample: datetime | None = None
    judged_until: datetime | None = None  # set when the judgement has stopped: what follows is of then
    blind_since: datetime | None = None
    uploads_s: tuple[float, float] | None = None  # fastest and slowest district, p95
    answering: int = 0  # districts with an ok upload of late
    reported: int | None = None
    target: int | None = None
    recorded: int | None = None
    figures_hour: str = ""  # in words, when the reported figure is not of an hour up to now
    session: tuple[datetime, datetime] | None = None  # today's
    next_session: datetime | None = None
    planned: str = ""  # of planned downtime that holds everywhere now: until when, and why
    recovered: Recovered | None = None
    old_after_s: float = field(default=300.0)


def headline_state(situation: Situation) -> DistrictState:
    """The state whose glyph stands beside the sentence."""
    if situation.newest_sample is None:
        return DistrictState.NO_DATA
    if situation.judged_until is not None or _is_old(situation):
        return DistrictState.BLIND
    states = [d.state for d in situation.districts]
    if not _in_session(situation) and not _has_trouble(situation):
        return DistrictState.NO_SESSION
    if _down_clause(situation):
        return DistrictState.DOWN
    if _fails_in_part(situation):
        return DistrictState.DEGRADED
    order = (
        DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN, DistrictState.OWN_LINE, DistrictState.NO_DATA,
    )  # fmt: skip
    return next((state for state in order if state in states), DistrictState.OK)


def state_sentence(situation: Situation) -> str:
    """One sentence, about 95 characters; a visitor who reads only it is right."""
    if situation.newest_sample is None:
        return "Nothing measured yet: no agent has sent a sample to this control room."
    if _is_old(situation):
        return _old(situation)
    if situation.judged_until is not None:
        return f"Nothing has been judged since {_at(situation.judged_until, situation)}. This is not the state now."
    if _has_trouble(situation):
        return _trouble(situation)
    if not _in_session(situation):
        return _no_session(situation)
    if situation.recovered is not None:
        return _recovered(situation, situation.recovered)
    return _calm(situation)


def _is_old(situation: Situation) -> bool:
    if situation.blind_since is not None:
        return True
    heard = situation.newest_sample
    return heard is not None and (situation.now - heard).total_seconds() > situation.old_after_s


def _in_session(situation: Situation) -> bool:
    session = situation.session
    return not situation.planned and session is not None and session[0] <= situation.now < session[1]


def _has_trouble(situation: Situation) -> bool:
    quiet = (DistrictState.OK, DistrictState.NO_SESSION)
    return any(d.state not in quiet for d in situation.districts)


def _old(situation: Situation) -> str:
    heard = situation.newest_sample or situation.blind_since or situation.now
    ago = lasting((situation.now - heard).total_seconds())
    return f"Data is old: nothing heard since {_at(heard, situation)}, {ago} ago. This is not the state now."


def _trouble(situation: Situation) -> str:
    clauses = [clause for clause in (
        _down_clause(situation), _slow_clause(situation), _cannot_clause(situation),
        _line_clause(situation), _silent_clause(situation),
    ) if clause]  # fmt: skip
    text = clauses[0]
    for clause in clauses[1:3]:
        if len(text) + len(clause) <= LONGEST:
            text = f"{text}; {clause}"
    if len(clauses) == 1 and not _is_registry_trouble(situation):
        text += _the_others(situation)
    return text[0].upper() + text[1:] + "."


def _down_clause(situation: Situation) -> str:
    down = _of(situation, DistrictState.DOWN)
    if len(down) <= NAMED_AT_MOST and _share(situation, DistrictState.DOWN) < MANY:
        return ""
    return f"registry down in {_where(len(down), situation)}{_since(down, situation)}"


def _slow_clause(situation: Situation) -> str:
    slow = _of(situation, DistrictState.SLOW, DistrictState.DEGRADED)
    if not slow:
        return ""
    words = "uploads fail in part" if _fails_in_part(situation) else "registry slow"
    return f"{words} in {_where(len(slow), situation)}{_since(slow, situation)}"


def _fails_in_part(situation: Situation) -> bool:
    """Most of those that are slow or degraded have failures, and not time, to complain of."""
    slow = _of(situation, DistrictState.SLOW, DistrictState.DEGRADED)
    return sum(district.failing for district in slow) > len(slow) / 2


def _cannot_clause(situation: Situation) -> str:
    down = _of(situation, DistrictState.DOWN)
    if not down or _down_clause(situation):
        return ""
    alone = "" if _of(situation, DistrictState.SLOW, DistrictState.DEGRADED) else _since(down, situation)
    return f"{listed([d.name for d in down])} cannot upload{alone}"


def _line_clause(situation: Situation) -> str:
    lost = _of(situation, DistrictState.OWN_LINE)
    if not lost:
        return ""
    if _only(situation, DistrictState.OWN_LINE):
        has, own = ("has lost its", "line") if len(lost) == 1 else ("have lost their", "lines")
        return f"{listed([d.name for d in lost])} {has} own {own}{_since(lost, situation)}"
    own = "its own line" if len(lost) == 1 else "their own lines"
    return f"{listed([d.name for d in lost])} lost {own}"


def _silent_clause(situation: Situation) -> str:
    silent = _of(situation, DistrictState.NO_DATA, DistrictState.BLIND)
    if not silent:
        return ""
    verb = "is" if len(silent) == 1 else "are"
    since = _since(silent, situation) if _only(situation, DistrictState.NO_DATA) else ""
    return f"{listed([d.name for d in silent])} {verb} silent{since}"


def _the_others(situation: Situation) -> str:
    fine = len(_of(situation, DistrictState.OK, DistrictState.NO_SESSION))
    if fine == 0:
        return ""
    return f"; the registry works in {'the' if fine > 1 else 'the one'} {f'{fine} other districts' if fine > 1 else 'other district'}"


def _calm(situation: Situation) -> str:
    text = f"Registry works in {_where(len(situation.districts), situation)}"
    if situation.uploads_s:
        text += f"; uploads take {_span(situation.uploads_s)}"
    return f"{text}; {_doses(situation)}."


def _doses(situation: Situation) -> str:
    if situation.reported is None:
        return "no doses reported yet"
    of = f" of {grouped(situation.target)}" if situation.target is not None else ""
    return f"{grouped(situation.reported)}{of} doses reported{_hour(situation)}"


def _hour(situation: Situation) -> str:
    return f" ({situation.figures_hour})" if situation.figures_hour else ""


def _recovered(situation: Situation, last: Recovered) -> str:
    worst = ", at worst" if last.changed else ""
    text = f"Registry works again since {_at(last.at, situation)} after {lasting(last.after_s)}{worst} {last.was}"
    if situation.reported is not None and situation.recorded is not None and situation.reported > situation.recorded:
        paper = grouped(situation.reported - situation.recorded)
        still = "are still on paper" if not situation.figures_hour else f"on paper{_hour(situation)}"
        return f"{text}; {paper} doses {still}."
    return f"{text}; {_doses(situation)}."


def _no_session(situation: Situation) -> str:
    answers = f"Registry answers in {situation.answering} {'district' if situation.answering == 1 else 'districts'}."
    if situation.planned:
        return f"{situation.planned[0].upper()}{situation.planned[1:]}. {answers}"
    begun = situation.session
    if begun is None:
        first = f"No session today ({situation.now:%A})."
    elif situation.now < begun[0]:
        return f"Sessions begin at {begun[0]:%H:%M}. {answers}"
    else:
        first = f"Sessions ended at {begun[1]:%H:%M}."
    following = situation.next_session
    after = f" Next session: {following:%a} {following.day} {following:%B, %H:%M}." if following else ""
    return f"{first} {answers}{after}"


def _span(pair: tuple[float, float]) -> str:
    low, high = (max(1, round(value)) for value in pair)
    return f"{low} s" if low == high else f"{low} to {high} s"


def _of(situation: Situation, *states: DistrictState) -> list[DistrictNow]:
    return [d for d in situation.districts if d.state in states]


def _only(situation: Situation, state: DistrictState) -> bool:
    return all(d.state in (state, DistrictState.OK, DistrictState.NO_SESSION) for d in situation.districts)


def _share(situation: Situation, state: DistrictState) -> float:
    return len(_of(situation, state)) / max(1, len(situation.districts))


def _is_registry_trouble(situation: Situation) -> bool:
    return bool(_of(situation, DistrictState.SLOW, DistrictState.DEGRADED) or _down_clause(situation))


def _where(number: int, situation: Situation) -> str:
    total = len(situation.districts)
    return f"all {total} districts" if number == total else f"{number} of {total} districts"


def _since(districts: list[DistrictNow], situation: Situation) -> str:
    begun = [d.since for d in districts if d.since is not None]
    return f" since {_at(min(begun), situation)}" if begun else ""


def _at(moment: datetime, situation: Situation) -> str:
    same_day = moment.date() == situation.now.date()
    return f"{moment:%H:%M}" if same_day else f"{moment.day} {moment:%b %H:%M}"
