"""`tikawatch check-config`: both packages' sections read together, and what they say of each other."""

from collections.abc import Iterable
from pathlib import Path

from dashboard.detection.judge import LOOK_BACK_S
from dashboard.detection.lines import FEWEST
from dashboard.detection.windows import span_s
from dashboard.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_CONTROL_ROOM
from dashboard.settings import ControlRoomFile, Rules
from probes import config_file
from probes.config_file import ConfigError, Document, Finding
from probes.kinds.check import Check
from probes.sample import CheckKind
from probes.sections import bracketed
from probes.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_AGENT
from probes.settings import AgentFile


def summary(path: Path) -> str:
    """What the file will run, in a few lines.

    Raises:
        ConfigError: every mistake of the file at once.
    """
    document = config_file.read(path)
    room, findings = config_file.validate(document, ControlRoomFile, NOT_OF_THE_CONTROL_ROOM)
    agent, more = config_file.validate(document, AgentFile, NOT_OF_THE_AGENT)
    findings = config_file.all_of(document, [*findings, *more])
    if room and agent:
        findings += _between(document, room, agent)
    if findings or room is None or agent is None:
        raise ConfigError(document.file, _each_once(findings))
    return _told(document.file, room, agent)


def _between(document: Document, room: ControlRoomFile, agent: AgentFile) -> list[Finding]:
    known = {district.code for district in room.districts}
    findings = _too_seldom(document, room.dashboard.rules, agent)
    for index, code in enumerate(agent.probes.districts):
        if code not in known:
            line = document.line_of(("probes", "districts", index))
            where = f"probes.districts[{index}]"
            findings.append(
                Finding(line, where, f"district {code} is not in districts", "Use a code of the list districts")
            )
    return findings


def _too_seldom(document: Document, rules: Rules, agent: AgentFile) -> list[Finding]:
    """Checks that come so seldom that a rule could never hold."""
    findings = []
    for index, check in enumerate(agent.probes.checks):
        needed = rules.slow.samples * (check.interval_s + check.deadline_s)
        if check.kind is CheckKind.UPLOAD and needed > LOOK_BACK_S:
            wrong = f"{rules.slow.samples} uploads may take {needed:g} s, and after a restart the rules look back {LOOK_BACK_S:g} s"
            findings.append(_at_check(document, index, wrong, "Shorten interval_s or deadline_s"))
    judged = (CheckKind.HTTP, CheckKind.UPLOAD)
    asked = [check for check in agent.probes.checks if check.kind in judged] or list[Check](agent.probes.checks)
    quickest = min(asked, key=lambda check: check.interval_s + check.deadline_s)
    index = agent.probes.checks.index(quickest)
    if FEWEST * quickest.interval_s > span_s(rules):
        wrong = (
            f"the quickest check comes each {quickest.interval_s:g} s, and {FEWEST} must fit into the "
            f"{span_s(rules):g} s that the rules look back"
        )
        findings.append(_at_check(document, index, wrong, "Shorten its interval_s"))
    return findings + _silent_between(document, rules, index, quickest)


def _silent_between(document: Document, rules: Rules, index: int, quickest: Check) -> list[Finding]:
    """The quickest check leaves so long a pause that it would be called silence."""
    gap = quickest.interval_s + quickest.deadline_s
    silent_s = max(rules.local.nodata_s, rules.local.nodata_rounds * quickest.interval_s)
    if gap < silent_s:
        return []
    wrong = f"the quickest check may leave {gap:g} s without a sample, and silence of {silent_s:g} s is no data"
    return [_at_check(document, index, wrong, "Shorten its interval_s, or raise dashboard.rules.local.nodata_s")]


def _at_check(document: Document, index: int, wrong: str, cure: str) -> Finding:
    return Finding(document.line_of(("probes", "checks", index)), f"probes.checks[{index}]", wrong, cure)


def _each_once(findings: list[Finding]) -> list[Finding]:
    """A key at the top that nobody knows is found by both packages; one says it well enough."""
    top = {(f.line, f.where): f for f in reversed(findings) if f.wrong.startswith("unknown key") and "." not in f.where}
    rest = [f for f in findings if (f.line, f.where) not in top]
    return [*top.values(), *rest]


def _pulls(room: ControlRoomFile) -> str:
    pulls = [f"{pull.name} (each {pull.every_min:g} min)" for pull in room.dashboard.doses.pulls]
    return f"  pulls of figures: {', '.join(pulls)}\n" if pulls else ""


def _outside(room: ControlRoomFile) -> str:
    outside = room.dashboard.web.outside
    if outside is None:
        return ""
    here = f"{bracketed(outside.host)}:{outside.port}"
    return f"  officers' forms, samples and figures as {outside.address}, by the proxy {outside.proxy} to {here}\n"


def _sessions(room: ControlRoomFile) -> str:
    calendar = room.calendar
    lines = [f"  sessions {calendar.hours}, {' '.join(calendar.weekly) or 'no weekday'}, from {calendar.first_day}\n"]
    own = [code for one in calendar.own for code in one.districts]
    if own:
        lines.append(f"  sessions of their own: {_names(room, own)}\n")
    for one in calendar.downtime:
        where = _names(room, one.districts) if one.districts else "all districts"
        lines.append(f"  planned downtime {one.since:%Y-%m-%d %H:%M} to {one.until:%Y-%m-%d %H:%M}: {where}\n")
    return "".join(lines)


def _names(room: ControlRoomFile, codes: Iterable[int]) -> str:
    return ", ".join(room.district(code).name for code in codes)


def _told(file: str, room: ControlRoomFile, agent: AgentFile) -> str:
    probes = agent.probes
    load = sum(len(probes.districts) / check.interval_s for check in probes.checks)
    checks = ", ".join(f"{check.name} ({check.kind}, each {check.interval_s:g} s)" for check in probes.checks)
    relay = room.dashboard.mail
    return (
        f"{file}: ok\n"
        f"  {room.state.name}: {len(room.districts)} districts, {len(room.figures)} figures\n"
        f"{_sessions(room)}"
        f"{_pulls(room)}"
        f"  agent {probes.agent}: {len(probes.districts)} districts, {checks}; {load:.1f} checks a second\n"
        f"  control room on http://{room.dashboard.web.host}:{room.dashboard.web.port}, store {room.dashboard.store}\n"
        f"{_outside(room)}"
        f"  mails through {relay.host}:{relay.port} from {relay.sender}"
    )
