"""Outages at slow rounds: found by the second bad round; the monitor's own cut is not taken for one. What is quiet: test_nuisances.py."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard.detection.columns import ANCHOR, REASONS
from probes.sample import Reason
from tests.dashboard.detection.an_hour import EVERYWHERE, KONKAN, Event, Rounds, rounds, told

FROM = 420.0  # seconds after the first sample: what is usual is known by then


def opened(found: Rounds) -> list[tuple[str, str, float]]:
    return [(kind, scope, at - FROM) for kind, scope, _, at in told(found, 13)]


def asked_together(found: Rounds, second: float) -> Rounds:
    """Every district asks its neutral host at this second of a minute, and at no other time."""
    anchors = found.kind == ANCHOR
    return replace(found, started=np.where(anchors, found.started // 60 * 60 + second, found.started))


@pytest.mark.parametrize("after", [7.0, 22.0])
@pytest.mark.parametrize("where", [EVERYWHERE, KONKAN], ids=["state", "division"])
def test_it_is_found_by_the_second_bad_round_of_thirty_seconds(where: range, after: float) -> None:
    fault = Event(FROM + after, 1e9, where, reason=Reason.REFUSED)
    ((kind, _, at),) = opened(rounds(13, fault, every=30))
    assert kind == "outage"
    assert at - after <= 75


@pytest.mark.parametrize("every", [15.0, 30.0])
@pytest.mark.parametrize("second", [1.0, 40.0])
def test_the_monitors_own_cut_is_not_told_as_an_outage_before_a_neutral_host_was_asked(
    second: float, every: float
) -> None:
    cut = asked_together(rounds(13, every=every), second)
    during = cut.started >= FROM
    cut = replace(cut, reason=np.where(during, REASONS.index(Reason.DNS), cut.reason))
    ((kind, scope, at),) = opened(cut)
    assert (kind, scope) == ("monitor_offline", "state")
    assert at <= 105


@pytest.mark.parametrize("every", [15.0, 30.0])
def test_a_stray_error_answer_of_the_minute_before_does_not_hide_the_monitors_own_cut(every: float) -> None:
    stray = Event(FROM - every, FROM, (3,), reason=Reason.HTTP_STATUS)
    cut = Event(FROM, 1e9, reason=Reason.TIMEOUT, anchors=True)
    ((kind, _, _),) = opened(rounds(13, stray, cut, every=every))
    assert kind == "monitor_offline"
