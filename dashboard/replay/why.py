"""Why, and why not, for one place at one moment: the rules of the checks, the rules of the doses, and what has to be waited for."""

from collections.abc import Iterator
from datetime import datetime

from dashboard.decisions.silence import silences
from dashboard.detection import explain as of_checks
from dashboard.detection.states import DistrictState
from dashboard.doses import explain as of_doses
from dashboard.incidents.incident import OF_DOSES, IncidentKind, Scope
from dashboard.incidents.sentences import clock
from dashboard.incidents.transitions import Standing
from dashboard.incidents.transitions.records import TROUBLED, inhibited
from dashboard.reasons import Reason, quiet
from dashboard.replay.stored import Situation
from dashboard.settings import ControlRoomFile

_TROUBLED = (*TROUBLED, DistrictState.OWN_LINE, DistrictState.NO_DATA)


def reasons(settings: ControlRoomFile, situation: Situation, code: int | None) -> tuple[Reason, ...]:
    """Every rule for a district (LGD code), or with None for the whole state, in the order in which they are looked at.

    Raises:
        KeyError: no such district.
    """
    found = (*of_checks.explain(situation.judge, code), *of_doses.explain(situation.stalls, code, situation.at))
    return (*found, *_waits(settings, situation, code))


def headline(settings: ControlRoomFile, situation: Situation, code: int | None) -> str:
    """The place and its state in one sentence."""
    when = datetime.fromtimestamp(situation.at, settings.zone)
    if code is None:
        claims = [claim for claim in situation.judgement.wide if claim.firm]
        blind = "the monitor itself is cut off" if situation.judgement.blind_since is not None else ""
        words = (
            blind or "; ".join(f"{claim.kind}: {claim.evidence}" for claim in claims) or "no trouble of the whole state"
        )
        return f"{settings.state.name} at {when:%H:%M on %-d %B %Y}: {words}"
    finding = situation.judgement.findings[code]
    return f"{settings.district(code).name} at {when:%H:%M on %-d %B %Y}: {finding.state}, {finding.evidence}"


def _waits(settings: ControlRoomFile, situation: Situation, code: int | None) -> Iterator[Reason]:
    yield _session(settings, situation, code)
    yield _told(settings, situation, code)
    yield _frozen(situation)
    if code is None:
        return
    yield _maintenance(situation, code)
    yield _of_state(situation)
    yield _few(settings, situation, code)
    yield _settle(settings, situation, code)
    yield _decision(settings, situation, code)


def _session(settings: ControlRoomFile, situation: Situation, code: int | None) -> Reason:
    held = bool(situation.in_session) if code is None else code in situation.in_session
    downtime = settings.calendar.downtime_at(situation.at, code) if code is not None else None
    words = "a session is held" if held else downtime.sentence if downtime else "no session is held at this hour"
    return quiet("No session: nothing opens", "", not held, words, "the session calendar")


def _told(settings: ControlRoomFile, situation: Situation, code: int | None) -> Reason:
    """An open incident says it already."""
    mine = [item for item in situation.standing if item.resolved is None and _concerns(item, code)]
    words = ", ".join(f"{item.kind} since {clock(settings, item.since)}".replace("_", " ") for item in mine)
    return quiet(
        "Told already", "", bool(mine), words or "no incident is open here", "an open incident, which may still grow"
    )


def _frozen(situation: Situation) -> Reason:
    holds = situation.judgement.blind_since is not None
    words = "the monitor is blind" if holds else "the monitor sees"
    return quiet("Everything else is frozen", "", holds, words, "a blind monitor")


def _concerns(item: Standing, code: int | None) -> bool:
    return item.scope is Scope.STATE if code is None else code in item.members


def _of_state(situation: Situation) -> Reason:
    """The state's incident, open or just over, keeps its districts from opening their own."""
    holds = inhibited(situation.judgement, situation.standing, IncidentKind.OUTAGE)
    words = "the registry is in trouble for the state, or was a moment ago" if holds else "the state is in no trouble"
    return quiet(
        "The state's incident speaks for it", "", holds, words, "an outage or slowdown of the state, and 180 s after it"
    )


def _maintenance(situation: Situation, code: int) -> Reason:
    holds = code in situation.spared
    words = "a window is in force" if holds else "no window is in force"
    return quiet("Maintenance", "", holds, words, "a maintenance window set by a person")


def _few(settings: ControlRoomFile, situation: Situation, code: int) -> Reason:
    """A few slow districts are told only when it lasts."""
    rule, findings = settings.dashboard.rules.slow, situation.judgement.findings
    slow = [c for c in situation.judgement.in_state(DistrictState.SLOW, DistrictState.DEGRADED) if findings[c].pages]
    lasted = max((situation.at - findings[c].since for c in slow), default=0.0)
    holds = code in slow and len(slow) < rule.districts and lasted < rule.alone_s
    words = (
        f"{len(slow)} slow or degraded, for {lasted:.0f} s"
        if slow
        else "none is slow or degraded so that anybody is told"
    )
    limit = f"fewer than {rule.districts} districts, for less than {rule.alone_s:g} s"
    return quiet("A few slow districts are told when it lasts", "slow.alone_s", holds, words, limit)


def _settle(settings: ControlRoomFile, situation: Situation, code: int) -> Reason:
    """Districts that turn together are told together."""
    finding, limit = situation.judgement.findings[code], settings.dashboard.rules.settle_s
    told = any(
        item.resolved is None and code in item.members and item.kind not in OF_DOSES for item in situation.standing
    )
    began = [since for _, since in situation.waiting.get("waiting", [])]
    holds = bool(began) and finding.state in _TROUBLED and finding.pages and not told
    words = f"waits for {situation.at - min(began):.0f} s" if holds else "it does not wait"
    return quiet(
        "It settles before it is told", "settle_s", holds, words, f"up to {limit:g} s, for others that turn with it"
    )


def _decision(settings: ControlRoomFile, situation: Situation, code: int) -> Reason:
    what = situation.decided[code].what if code in situation.decided else None
    holds = silences(situation.decided, IncidentKind.DOSE_STALL, code)
    words = f"{str(what).replace('_', ' ')} stands here" if what else "work as usual"
    return quiet("A decision silences stalls of doses", "", holds, words, "sessions are suspended")
