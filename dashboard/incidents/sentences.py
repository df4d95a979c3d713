"""One sentence a step: who, what, since, compared with whom. Pure; English, for the page and the ledger. Mails have their own words.

"during", never "because of": what is measured stands here, a cause does not.
"""

from collections.abc import Collection
from datetime import datetime

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.detection.words import span
from dashboard.incidents.incident import IncidentKind
from dashboard.settings import ControlRoomFile

_NAMED = 4  # more districts than this are counted, and the first of them named


def clock(settings: ControlRoomFile, at: float) -> str:
    """`13:12`, in the state's zone."""
    return datetime.fromtimestamp(at, settings.zone).strftime("%H:%M")


def lasted(since: float, until: float) -> str:
    """`45 min`, `5 h 00`."""
    minutes = max(0, round((until - since) / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def names(settings: ControlRoomFile, codes: Collection[int]) -> str:
    """`Raigad`, `Raigad and Thane`, or `Pune, Raigad, Thane and 4 more`."""
    known = [district.name for district in settings.districts if district.code in codes]
    if len(known) > _NAMED:
        return f"{', '.join(known[: _NAMED - 1])} and {len(known) - _NAMED + 1} more"
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)


def headline(settings: ControlRoomFile, kind: IncidentKind, codes: Collection[int], since: float) -> str:
    """What an incident is about, without evidence: for those that a person opened, merged or split."""
    where = _whose(settings, codes)
    words = {
        IncidentKind.OUTAGE: f"Registry down in {where}", IncidentKind.SLOWDOWN: f"Registry slow in {where}",
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
    evidence = evidence or _evidence(codes, judgement)
    if kind is IncidentKind.LOCAL:
        whose = "its" if len(codes) == 1 else "their"
        return f"{names(settings, codes)} lost {whose} own line since {at}: {evidence}; {_others(codes, judgement)}"
    if kind is IncidentKind.AGENT_SILENT:
        return f"No data from {names(settings, codes)} since {at}: {evidence}; {_others(codes, judgement)}"
    word = "down" if kind is IncidentKind.OUTAGE else "slow"
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} of {everyone} districts"
    return f"Registry {word} in {where} since {at}: {evidence}{_also_down(settings, kind, codes, judgement)}; {_others(codes, judgement)}"


def resolved(settings: ControlRoomFile, kind: IncidentKind, codes: Collection[int], since: float, now: float) -> str:
    """The sentence of an incident that closes."""
    began, span_ = clock(settings, since), lasted(since, now)
    where = names(settings, codes) if len(codes) <= _NAMED else f"{len(codes)} districts"
    if kind is IncidentKind.MONITOR_OFFLINE:
        return f"Measurements arrive again after {span_} without any, since {began}"
    if kind is IncidentKind.LOCAL:
        return f"The line of {where} works again after {span_}, since {began}"
    if kind is IncidentKind.AGENT_SILENT:
        return f"Data from {where} arrives again after {span_}, since {began}"
    word = "down" if kind is IncidentKind.OUTAGE else "slow"
    return f"Registry works again in {where} after {span_} {word}, since {began}"


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


def _evidence(codes: Collection[int], judgement: Judgement) -> str:
    findings = [judgement.findings[code] for code in codes if code in judgement.findings]
    if len(findings) == 1:
        return findings[0].evidence
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
