"""One sentence a step: who, what, since, compared with whom. Pure; English, for the page and the ledger. Mails have their own words.

"during", never "because of": what is measured stands here, a cause does not.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from dashboard.detection.judge import Judgement
from dashboard.detection.rules import Finding
from dashboard.detection.states import DistrictState
from dashboard.detection.words import span
from dashboard.incidents.course import BEFORE, LifeWords, Manner, Spell, ended, is_failing, life, manner_of
from dashboard.incidents.incident import IncidentKind
from dashboard.settings import ControlRoomFile

_NAMED = 4  # more districts than this are counted, and the first of them named
_HALF = 0.5
_SHARE = re.compile(r"^(\d+)% of its checks fail")
_OPENING = {
    Manner.DOWN: "Registry down in", Manner.SLOW: "Registry slow in", Manner.FAILING: "Uploads fail in part in",
}  # fmt: skip
_LIFE = LifeWords(
    spell="{manner} {since} to {until}",
    then="then {manner} until {until}",
    in_all="{sums} in all, {since} to {until}",
    manners={manner: str(manner) for manner in Manner},
)


def clock(settings: ControlRoomFile, at: float) -> str:
    """`13:12`, in the state's zone."""
    return datetime.fromtimestamp(at, settings.zone).strftime("%H:%M")


def lasted(since: float, until: float) -> str:
    """`45 min`, `5 h 00`."""
    minutes = max(0, int((until - since) // 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def ago(at: float, now: float) -> str:
    """`a moment ago`, `12 min ago`; both in seconds since 1970 UTC."""
    return "a moment ago" if now - at < 60 else f"{lasted(at, now)} ago"


def names(settings: ControlRoomFile, codes: Collection[int]) -> str:
    """`Raigad`, `Raigad and Thane`, or `Pune, Raigad, Thane and 4 more`; one that is not configured any more by its code."""
    named = {district.code: district.name for district in settings.districts if district.code in codes}
    known = [*named.values(), *(f"district {code}" for code in sorted(set(codes) - named.keys()))]
    if len(known) > _NAMED:
        return f"{', '.join(known[: _NAMED - 1])} and {len(known) - _NAMED + 1} more"
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)


def headline(
    settings: ControlRoomFile, kind: IncidentKind, codes: Collection[int], since: float, told: str = ""
) -> str:
    """What an incident is about, without evidence: for those that a person opened, merged or split.

    `told`: its sentence up to now, if it has one; uploads that fail in part are not called slow.
    """
    where, manner = _whose(settings, codes), manner_of(kind, told)
    if manner is not None:
        return f"{_OPENING[manner]} {where} since {clock(settings, since)}"
    words = {
        IncidentKind.LOCAL: f"Own line lost in {where}", IncidentKind.AGENT_SILENT: f"No data from {where}",
        IncidentKind.DOSE_STALL: f"No doses from {where}", IncidentKind.BACKLOG_STALLED: f"Nothing entered in the registry for {where}",
    }  # fmt: skip
    when = _day(settings, since) if kind is IncidentKind.BACKLOG_STALLED else clock(settings, since)
    return f"{words.get(kind, 'Nothing heard')} since {when}"


def opened(
    settings: ControlRoomFile,
    kind: IncidentKind,
    codes: Collection[int],
    since: float,
    judgement: Judgement,
    evidence: str = "",
) -> str:
    """The sentence of an incident that opens, grows or comes back; without evidence given, that of its districts."""
    at, everyone = clock(settings, since), len(settings.districts)
    manner = _manner(kind, codes, judgement, evidence)
    evidence = evidence or _evidence(codes, judgement, manner)
    if kind is IncidentKind.LOCAL:
        whose = "its" if len(codes) == 1 else "their"
        return f"{names(settings, codes)} lost {whose} own line since {at}: {evidence}; {_others(codes, judgement)}"
    if manner is None:
        return f"No data from {names(settings, codes)} since {at}: {evidence}; {_others(codes, judgement)}"
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} of {everyone} districts"
    return f"{_OPENING[manner]} {where} since {at}: {evidence}{_also_down(settings, kind, codes, judgement)}; {_others(codes, judgement)}"


def grown(
    settings: ControlRoomFile, kind: IncidentKind, spells: tuple[Spell, ...], now: float, say: Callable[[float], str]
) -> str:
    """The sentence of an incident that grows, `say` of the moment since when it is as it is now; what it was before stands behind."""
    words = say(spells[-1].since)
    if manner_of(kind, words) is spells[-1].manner:
        before = spells[:-1]
    else:
        before, words = ended(spells, now), say(now)
    return f"{words}{BEFORE}{_life(settings, before)}" if before else words


def resolved(
    settings: ControlRoomFile, kind: IncidentKind, codes: Collection[int], since: float, now: float,
    spells: Sequence[Spell] = (),
) -> str:  # fmt: skip
    """The sentence of an incident that closes; `spells`: what it was over its life, the last one over (see course.py)."""
    began, span_ = clock(settings, since), lasted(since, now)
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} districts"
    if kind is IncidentKind.MONITOR_OFFLINE:
        return f"Measurements arrive again after {span_} without any, since {began}"
    if kind is IncidentKind.LOCAL:
        return f"The line of {where} works again after {span_}, since {began}"
    if kind is IncidentKind.AGENT_SILENT:
        return f"Data from {where} arrives again after {span_}, since {began}"
    if len(spells) > 1:
        return f"Registry works again in {where}: {_life(settings, spells)}"
    word = spells[0].manner if spells else manner_of(kind, "")
    return f"Registry works again in {where} after {span_} {word}, since {began}"


def _life(settings: ControlRoomFile, spells: Sequence[Spell]) -> str:
    return life(spells, _LIFE, lambda at: clock(settings, at), lambda seconds: lasted(0, seconds))


def stalled(settings: ControlRoomFile, codes: Collection[int], since: float, evidence: str) -> str:
    """The sentence of doses that stop while the checks are good."""
    at, everyone = clock(settings, since), len(settings.districts)
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} of {everyone} districts"
    return f"No doses from {where} since {at} while the checks are good: {evidence}"


def stall_over(settings: ControlRoomFile, codes: Collection[int], since: float, now: float, again: bool) -> str:
    """The sentence of doses that are reported `again`, or else of the end of the session."""
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} districts"
    over = f"after {lasted(since, now)}, since {clock(settings, since)}"
    if again:
        return f"Doses are reported again in {where} {over}"
    return f"The session ended with no more doses reported in {where} {over}"


def not_entered(settings: ControlRoomFile, codes: Collection[int], since: float, facts: str, others: str) -> str:
    """The sentence of doses on paper of which none is entered; `facts` how many, how old, `others` compared with whom."""
    where = _whose(settings, codes)
    return (
        f"Nothing entered in the registry for {where} since {_day(settings, since)}: {facts}; {others};"
        " until they are entered, the registry does not count them"
    )


def entered_again(settings: ControlRoomFile, codes: Collection[int], since: float, what: str) -> str:
    """The sentence of a backlog that is stalled no more; `what` says what became of it."""
    where = _whose(settings, codes)
    return f"The backlog of {where}, stalled since {_day(settings, since)}, is stalled no more: {what}"


def _whose(settings: ControlRoomFile, codes: Collection[int]) -> str:
    """`Raigad`, `8 of 36 districts`, or the state's name."""
    everyone = len(settings.districts)
    if len(codes) == everyone:
        return settings.state.name
    return names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} of {everyone} districts"


def _day(settings: ControlRoomFile, at: float) -> str:
    """`19 January`, in the state's zone."""
    moment = datetime.fromtimestamp(at, settings.zone)
    return f"{moment.day} {moment:%B}"


def blind(settings: ControlRoomFile, since: float, now: float) -> str:
    """The sentence of a monitor that is cut off."""
    at = clock(settings, since)
    return f"Data is old: nothing heard since {at}, {lasted(since, now)} ago. This says nothing of the registry"


def _manner(kind: IncidentKind, codes: Collection[int], judgement: Judgement, evidence: str) -> Manner | None:
    """A slowdown in which most of what is wrong is failures, and not time, is none: by its evidence, or that of its districts."""
    manner = manner_of(kind, "")
    said = [evidence] if evidence else [finding.evidence for finding in _troubled(codes, judgement)]
    if manner is Manner.SLOW and sum(map(is_failing, said)) > _HALF * len(said):
        return Manner.FAILING
    return manner


def _troubled(codes: Collection[int], judgement: Judgement) -> list[Finding]:
    """The findings of districts that are slow or fail in part."""
    found = (judgement.findings[code] for code in codes if code in judgement.findings)
    return [finding for finding in found if finding.state in (DistrictState.SLOW, DistrictState.DEGRADED)]


def _shares(codes: Collection[int], judgement: Judgement) -> str:
    """`14% of their checks fail`, or `10 to 14% of their checks fail`; empty: it stands in no evidence."""
    found = [_SHARE.match(finding.evidence) for finding in _troubled(codes, judgement)]
    shares = [int(match[1]) for match in found if match]
    if not shares:
        return ""
    low, high = min(shares), max(shares)
    return f"{high if low == high else f'{low} to {high}'}% of their checks fail"


def _evidence(codes: Collection[int], judgement: Judgement, manner: Manner | None) -> str:
    findings = [judgement.findings[code] for code in codes if code in judgement.findings]
    if len(findings) == 1:
        return findings[0].evidence
    if manner is Manner.FAILING and (shares := _shares(codes, judgement)):
        return shares
    low = [finding.low_s for finding in findings if finding.low_s is not None]
    high = [finding.high_s for finding in findings if finding.high_s is not None]
    if low and high:
        return f"uploads take {span(min(low), max(high))}"
    bad = [finding for finding in findings if finding.state is not DistrictState.OK]
    return bad[0].evidence if bad else "checks are good at the moment"


def _also_down(settings: ControlRoomFile, kind: IncidentKind, codes: Collection[int], judgement: Judgement) -> str:
    down = [code for code in codes if judgement.findings[code].state is DistrictState.DOWN]
    if kind is not IncidentKind.SLOWDOWN or not down:
        return ""
    return f"; {names(settings, down)} cannot upload"


def _others(codes: Collection[int], judgement: Judgement) -> str:
    others = [finding for code, finding in judgement.findings.items() if code not in codes]
    good = sum(finding.state is DistrictState.OK for finding in others)
    if not others:
        return "no other district to compare with"
    return f"the {len(others)} others are ok" if good == len(others) else f"{good} of {len(others)} others are ok"
