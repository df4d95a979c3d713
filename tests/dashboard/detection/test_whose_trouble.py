"""Whose trouble it is when only uploads fail, and when one division is bad while the others stray: the cases of days nobody had seen."""

import pytest

from dashboard.detection.columns import UPLOAD
from probes.sample import Reason
from tests.dashboard.detection.an_hour import ALONE, EVERYWHERE, KONKAN, Event, rounds, told

FROM = 420.0  # seconds after the first sample: what is usual is known by then


def opened(*events: Event, every: float = 15.0) -> list[tuple[str, str, frozenset[int]]]:
    return [incident[:3] for incident in told(rounds(16, *events, every=every), 16)]


@pytest.mark.parametrize("every", [15.0, 30.0])
def test_a_line_that_carries_pings_is_not_cut_when_its_uploads_end_at_their_deadline(every: float) -> None:
    uploads = Event(FROM, 1e9, ALONE, Reason.TIMEOUT, kinds=(UPLOAD,))
    assert opened(uploads, every=every) == [("outage", "district", frozenset(ALONE))]


def test_the_slowest_districts_of_a_slow_registry_are_told_with_it_and_not_as_lines_or_outages_of_their_own() -> None:
    slow = Event(FROM, 1e9, EVERYWHERE, times=7, kinds=(UPLOAD,))
    slowest = Event(FROM, 1e9, (5, 9), Reason.TIMEOUT, kinds=(UPLOAD,))
    ((kind, scope, _),) = opened(slow, slowest)
    assert (kind, scope) == ("slowdown", "state")


def test_the_slowest_district_of_a_slow_division_is_told_with_it() -> None:
    slow = Event(FROM, 1e9, KONKAN, times=8)
    slowest = Event(FROM, 1e9, (2,), Reason.TIMEOUT, kinds=(UPLOAD,))
    assert opened(slow, slowest) == [("slowdown", "division", frozenset(KONKAN))]


def test_a_division_that_fails_in_part_is_not_the_states_for_a_few_strays_elsewhere() -> None:
    strays = Event(0, 1e9, EVERYWHERE, Reason.RESET, share=0.015)
    part = Event(FROM, 1e9, KONKAN, Reason.HTTP_STATUS, share=0.3)
    assert opened(strays, part) == [("slowdown", "division", frozenset(KONKAN))]


def test_a_registry_that_fails_in_part_everywhere_and_most_in_one_division_is_the_states() -> None:
    everywhere = Event(FROM, 1e9, EVERYWHERE, Reason.HTTP_STATUS, share=0.10)
    most = Event(FROM, 1e9, KONKAN, Reason.HTTP_STATUS, share=0.10)
    ((kind, scope, _),) = opened(everywhere, most)
    assert (kind, scope) == ("slowdown", "state")
