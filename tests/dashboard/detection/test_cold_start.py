"""Each kind of fault from the very first sample, without any history: one incident of the right kind, and soon."""

import pytest

from probes.sample import Reason
from tests.dashboard.detection.an_hour import ALONE, EVERYWHERE, KONKAN, UPLOAD, Event, rounds, told

STATE, DIVISION, DISTRICT = ("state", EVERYWHERE), ("division", KONKAN), ("district", ALONE)


@pytest.mark.parametrize("every", [15.0, 30.0])
@pytest.mark.parametrize(
    ("fault", "kind", "where", "within_s"),
    [
        (Event(reason=Reason.HTTP_STATUS), "outage", STATE, 60),
        (Event(reason=Reason.TIMEOUT), "outage", STATE, 75),
        (Event(reason=Reason.DNS), "outage", STATE, 75),
        (Event(times=12), "slowdown", STATE, 180),
        (Event(times=10, kinds=(UPLOAD,)), "slowdown", STATE, 180),
        (Event(reason=Reason.HTTP_STATUS, share=0.12), "slowdown", STATE, 180),
        (Event(reason=Reason.TIMEOUT, share=0.25, kinds=(UPLOAD,)), "slowdown", STATE, 180),
        (Event(places=KONKAN, reason=Reason.REFUSED), "outage", DIVISION, 60),
        (Event(places=KONKAN, times=20), "slowdown", DIVISION, 150),
        (Event(places=KONKAN, reason=Reason.TIMEOUT, anchors=True), "local", DIVISION, 90),
        (Event(places=KONKAN, silent=True), "local", DIVISION, 180),
        (Event(places=ALONE, reason=Reason.HTTP_STATUS), "outage", DISTRICT, 90),
        (Event(places=ALONE, reason=Reason.TIMEOUT, anchors=True), "local", DISTRICT, 90),
        (Event(places=ALONE, reason=Reason.UNREACHABLE, anchors=True), "local", DISTRICT, 90),
        (Event(places=ALONE, silent=True), "local", DISTRICT, 180),
        (Event(places=ALONE, times=20), "slowdown", DISTRICT, 360),
        (Event(reason=Reason.TIMEOUT, anchors=True), "monitor_offline", STATE, 90),
        (Event(silent=True), "monitor_offline", STATE, 120),
    ],
    ids=[
        "refuses all", "no answers", "no name", "slow", "uploads slow", "gray", "gray uploads", "division refused", "division slow",
        "cable cut", "division silent", "district refused", "line", "no route", "silent", "slow line", "monitor cut", "nothing heard",
    ],
)  # fmt: skip
def test_it_is_one_incident_of_the_right_kind(
    fault: Event, kind: str, where: tuple[str, range | tuple[int, ...]], within_s: float, every: float
) -> None:
    ((found, scope, places, opened),) = told(rounds(6, fault, every=every), 6)
    assert (found, scope, places) == (kind, where[0], frozenset(where[1]))
    assert opened <= within_s
