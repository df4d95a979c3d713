"""The rules of one district: its windows in, a verdict with a sentence out. To add a rule, add a function to RULES.

A rule is `(window, rules, now) -> Finding | None`; the first that holds, in the order of RULES, is the verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.detection.seen import Seen
from dashboard.detection.states import DistrictState
from dashboard.detection.windows import DistrictWindow, share_failed
from dashboard.settings import Rules
from probes.sample import Outcome, Reason

# "a few" checks in a window of seconds: fewer say nothing
_FEW = 3
# and for a share of errors it takes more
_ENOUGH = 10
# samples of the neutral host that tell a line from the registry
_WITNESSES = 2


@dataclass(frozen=True)
class Finding:
    """What a rule found: the state, since when (seconds UTC), the evidence in words, upload seconds if they matter."""

    state: DistrictState
    since: float
    evidence: str
    low_s: float | None = None
    high_s: float | None = None


Rule = Callable[[DistrictWindow, Rules, float], Finding | None]


def silent(window: DistrictWindow, rules: Rules, now: float) -> Finding | None:
    """No sample that says anything for `silent_s`."""
    heard = window.heard
    if heard is not None and now - heard <= rules.silent_s:
        return None
    if window.agent_offline is not None and now - window.agent_offline <= rules.silent_s:
        return Finding(DistrictState.NO_DATA, heard or window.agent_offline, "its agent has no network")
    if heard is None:
        return Finding(DistrictState.NO_DATA, now, "nothing measured yet")
    return Finding(DistrictState.NO_DATA, heard, "no sample arrives")


def failing(window: DistrictWindow, rules: Rules, now: float) -> Finding | None:
    """Most registry checks fail in `fail_window_s`: the district's own line if its neutral host fails too, else the registry."""
    recent = [seen for seen in window.registry if seen.at > now - rules.fail_window_s]
    since = window.failing_since()
    if since is None or len(recent) < _FEW or share_failed(recent) < rules.fail_share:
        return None
    anchors = [seen for seen in window.anchors if seen.at - seen.total >= since - 1 or seen.at >= since + 1]
    failed = [seen for seen in recent if seen.outcome is Outcome.FAILED]
    share = f"{len(failed)} of {len(recent)} checks fail ({_mostly(failed)})"
    if len(anchors) >= _WITNESSES and share_failed(anchors) >= rules.anchor_share:
        lost = sum(seen.outcome is Outcome.FAILED for seen in anchors)
        return Finding(DistrictState.OWN_LINE, since, f"{share}, and {lost} of {len(anchors)} of the neutral host too")
    if len(anchors) < _WITNESSES and now - since < rules.fail_window_s:
        return None  # wait for the neutral host's word before anybody is blamed
    good = sum(seen.outcome is Outcome.OK for seen in anchors)
    return Finding(DistrictState.DOWN, since, f"{share}; the neutral host answers {good} of {len(anchors)}")


def uploads_fail(window: DistrictWindow, rules: Rules, _now: float) -> Finding | None:
    """The newest `held_samples` uploads all failed, whatever a ping says, while the district's line was good."""
    newest = window.last_uploads()
    if len(newest) < rules.held_samples or any(seen.outcome is not Outcome.FAILED for seen in newest):
        return None
    if any(window.line_was_bad(seen) for seen in newest):
        return None
    since = newest[0].at - newest[0].total
    return Finding(DistrictState.DOWN, since, f"the last {len(newest)} uploads fail ({_mostly(newest)})")


def errors(window: DistrictWindow, rules: Rules, now: float) -> Finding | None:
    """A part of the checks fails, over the long window and still over the short one, while the district's line is good."""
    long = [seen for seen in window.registry if seen.at > now - rules.error_window_s and not window.line_was_bad(seen)]
    short = [seen for seen in long if seen.at > now - rules.fail_window_s]
    if len(long) < _ENOUGH or share_failed(long) < rules.error_share or share_failed(short) < rules.error_share:
        return None
    failed = [seen for seen in long if seen.outcome is Outcome.FAILED]
    words = f"{share_failed(long):.0%} of its checks fail ({_mostly(failed)})"
    return Finding(DistrictState.DEGRADED, failed[0].at - failed[0].total, words)


def slow(window: DistrictWindow, rules: Rules, _now: float) -> Finding | None:
    """The newest `held_samples` good uploads were each slow; unworkable when each was over `unworkable_s`.

    Once slow, a district stays so until as many in a row were not slow: uploads around the limit do not make it flicker.
    """
    newest = [seen for seen in window.uploads if seen.outcome is Outcome.OK][-rules.held_samples :]
    enough = any if window.was_slow else all
    if len(newest) < rules.held_samples or not enough(window.is_slow(seen) for seen in newest):
        return None
    run = _slow_run(window, rules.held_samples)
    low, high = min(seen.total for seen in newest), max(seen.total for seen in newest)
    state = DistrictState.DEGRADED if low >= rules.unworkable_s else DistrictState.SLOW
    usual = window.usual
    against = f", usually {seconds(usual)}" if usual is not None else ""
    return Finding(state, run[0].at - run[0].total, f"uploads take {span(low, high)}{against}", low, high)


RULES: tuple[Rule, ...] = (silent, failing, uploads_fail, errors, slow)


def examine(window: DistrictWindow, rules: Rules, now: float) -> Finding:
    """The verdict on one district."""
    for rule in RULES:
        finding = rule(window, rules, now)
        if finding is not None:
            return finding
    newest = [seen.total for seen in window.last_uploads() if seen.outcome is Outcome.OK]
    words = f"uploads take {span(min(newest), max(newest))}" if newest else "checks answer"
    return Finding(DistrictState.OK, now, words)


def seconds(value: float) -> str:
    """`0.8 s`, `3.4 s`, `41 s`."""
    return f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"


def span(low: float, high: float) -> str:
    """`3.4 s`, or `9 to 14 s`."""
    if seconds(low) == seconds(high):
        return seconds(high)
    return f"{seconds(low).removesuffix(' s')} to {seconds(high)}"


_WORDS = {
    Reason.DNS: "name not found", Reason.REFUSED: "connection refused", Reason.UNREACHABLE: "no route",
    Reason.RESET: "connection broken off", Reason.TLS: "TLS fails", Reason.TIMEOUT: "no answer in time",
    Reason.HTTP_STATUS: "error answers", Reason.BODY: "wrong answers", Reason.NOT_VISIBLE: "accepted but not seen again",
    Reason.TOO_LARGE: "oversized answers", Reason.REDIRECT: "redirected away", Reason.PROTOCOL: "not HTTP",
}  # fmt: skip


def _mostly(failed: list[Seen]) -> str:
    reasons = [seen.reason for seen in failed]
    most = max(sorted(set(reasons)), key=reasons.count)
    return (
        _WORDS.get(most, str(most)) if reasons.count(most) == len(reasons) else f"mostly {_WORDS.get(most, str(most))}"
    )


def _slow_run(window: DistrictWindow, held: int) -> list[Seen]:
    """Uploads since the last `held` in a row that were not slow; it begins with a slow one."""
    run: list[Seen] = []
    good = 0
    for seen in reversed(window.uploads):
        good = good + 1 if seen.outcome is Outcome.OK and not window.is_slow(seen) else 0
        run.append(seen)
        if good == held:
            break
    while run and run[-1].outcome is Outcome.OK and not window.is_slow(run[-1]):
        run.pop()
    return run[::-1]
