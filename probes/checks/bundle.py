"""Several quick samples in one round, for jitter and loss, around any check function.

May be changed: how the samples are put together. They run one after the other; each has an equal share of the check's deadline,
so that the last one is given no more time than the first, and the round ends in time whatever happens.
"""

import random
from dataclasses import replace

from probes.checks import OURS, CheckFunction, Measurement, Steps, Target
from probes.clock import Clock
from probes.kinds.check import Bundle
from probes.sample import Reason


def bundled(function: CheckFunction) -> CheckFunction:
    """The same check function, taken as often as its check's `bundle` says; once without one."""

    def measure(target: Target, clock: Clock, rng: random.Random) -> Steps:
        bundle = getattr(target.check, "bundle", None)
        if not isinstance(bundle, Bundle):
            return function(target, clock, rng)
        return _one_after_the_other(function, bundle, target, clock, rng)

    return measure


def _one_after_the_other(
    function: CheckFunction, bundle: Bundle, target: Target, clock: Clock, rng: random.Random
) -> Steps:
    share = target.check.deadline_s / bundle.count
    begin, found = clock.monotonic(), []
    deadline = begin + target.check.deadline_s
    for _ in range(bundle.count):
        begin = max(begin, clock.monotonic())
        found.append((yield from _within(function(target, clock, rng), begin, min(begin + share, deadline))))
        begin += min(bundle.gap_s, share)
    return _together(found, bundle)


def _within(steps: Steps, begin: float, end: float) -> Steps:
    """The same steps, neither before `begin` nor after `end`."""
    try:
        wish = next(steps)
        while True:
            held = replace(wish, not_before=max(wish.not_before, begin), deadline=min(wish.deadline, end))
            wish = steps.send((yield held))
    except StopIteration as ended:
        measured: Measurement = ended.value
        return measured


def _together(found: list[Measurement], bundle: Bundle) -> Measurement:
    """Good while no more than `most_lost` are lost; then the middle one of the good ones speaks for all."""
    good = sorted((one for one in found if one.reason is Reason.NONE), key=lambda one: one.phases.total)
    bad = [one for one in found if one.reason is not Reason.NONE]
    middle = good[(len(good) - 1) // 2] if good else bad[-1]
    words = f"{len(bad)} of {len(found)} lost; the last: {bad[-1].detail}"[:200] if bad else ""
    return replace(
        middle,
        reason=_reason(bad, bool(good), bundle.most_lost),
        detail=words,
        stage=bad[-1].stage if len(bad) > bundle.most_lost else "",
        bytes_up=sum(one.bytes_up for one in found),
        bytes_down=sum(one.bytes_down for one in found),
        bundle=tuple(one.phases.total if one.reason is Reason.NONE else None for one in found),
    )


def _reason(bad: list[Measurement], some_good: bool, most_lost: int) -> Reason:
    if len(bad) <= most_lost:
        return Reason.NONE
    reasons = {one.reason for one in bad}
    away = reasons - set(OURS)  # what the agent could not measure is not lost on the line
    if sum(one.reason in away for one in bad) <= most_lost:
        return next(one.reason for one in bad if one.reason in OURS)
    return Reason.LOST if some_good or len(reasons) > 1 else bad[-1].reason
