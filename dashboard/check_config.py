"""`tikawatch check-config`: both packages' sections read together, and what they say of each other."""

from pathlib import Path

from dashboard.detection.windows import UPLOADS_S
from dashboard.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_CONTROL_ROOM
from dashboard.settings import ControlRoomFile, Rules
from probes import config_file
from probes.config_file import ConfigError, Document, Finding
from probes.sample import CheckKind
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
        needed = rules.held_samples * (check.interval_s + check.deadline_s)
        if check.kind is CheckKind.UPLOAD and needed > UPLOADS_S:
            wrong = f"{rules.held_samples} uploads may take {needed:g} s, and the rules look back {UPLOADS_S:g} s"
            findings.append(_at_check(document, index, wrong, "Shorten interval_s or deadline_s"))
    quickest = min(agent.probes.checks, key=lambda check: check.interval_s + check.deadline_s)
    gap = quickest.interval_s + quickest.deadline_s
    if gap >= rules.silent_s:
        index = agent.probes.checks.index(quickest)
        wrong = (
            f"the quickest check may leave {gap:g} s without a sample, and silence of {rules.silent_s:g} s is no data"
        )
        findings.append(_at_check(document, index, wrong, "Shorten its interval_s, or raise dashboard.rules.silent_s"))
    return findings


def _at_check(document: Document, index: int, wrong: str, cure: str) -> Finding:
    return Finding(document.line_of(("probes", "checks", index)), f"probes.checks[{index}]", wrong, cure)


def _each_once(findings: list[Finding]) -> list[Finding]:
    """A key at the top that nobody knows is found by both packages; one says it well enough."""
    top = {(f.line, f.where): f for f in reversed(findings) if f.wrong.startswith("unknown key") and "." not in f.where}
    rest = [f for f in findings if (f.line, f.where) not in top]
    return [*top.values(), *rest]


def _told(file: str, room: ControlRoomFile, agent: AgentFile) -> str:
    probes = agent.probes
    load = sum(len(probes.districts) / check.interval_s for check in probes.checks)
    checks = ", ".join(f"{check.name} ({check.kind}, each {check.interval_s:g} s)" for check in probes.checks)
    relay = room.dashboard.mail
    return (
        f"{file}: ok\n"
        f"  {room.state.name}: {len(room.districts)} districts, {len(room.figures)} figures\n"
        f"  agent {probes.agent}: {len(probes.districts)} districts, {checks}; {load:.1f} checks a second\n"
        f"  control room on http://{room.dashboard.web.host}:{room.dashboard.web.port}, store {room.dashboard.store}\n"
        f"  mails through {relay.host}:{relay.port} from {relay.sender}"
    )
