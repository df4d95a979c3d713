"""The rehearsed morning of 16 January 2021."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

import pytest

from probes.kinds.upload import ReadBack, UploadCheck
from probes.kinds.web import AnchorCheck, HttpCheck
from probes.rehearsal.morning import morning
from probes.sample import CheckKind, Outcome, Reason, Sample
from tests.probes.rehearsal.places import DISTRICTS

TEN = 1_610_771_400.0  # 16 January 2021, 10:00 in India
HOUR = 3600.0
CHECKS = (
    HttpCheck(name="ping", url="http://127.0.0.1:8601/api/{district}/ping"),
    UploadCheck(
        name="upload",
        url="http://127.0.0.1:8601/api/{district}/records",
        deadline_s=90,
        read_back=ReadBack(url="http://127.0.0.1:8601/api/{district}/records/{record}"),
    ),
    AnchorCheck(name="neutral-host", url="http://127.0.0.1:8604/anchor/{district}", deadline_s=5),
)
SLOW = (497, 490, 487, 466, 665, 478, 486, 468, 467)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(morning(CHECKS, DISTRICTS, TEN, TEN + 4 * HOUR, "control room", 1))


def at(hour: int, minute: int) -> float:
    return TEN + (hour - 10) * HOUR + minute * 60


def within(samples: Iterable[Sample], start: float, end: float, kind: CheckKind, *places: int) -> list[Sample]:
    return [
        one
        for one in samples
        if start <= one.started < end and one.kind is kind and (not places or one.district in places)
    ]


def test_it_is_a_round_a_minute(samples: list[Sample]) -> None:
    assert 25_000 < len(samples) <= 36 * 3 * 240
    assert set(Counter((one.district, one.check) for one in samples if one.district == 493).values()) <= {239, 240}


def test_samples_come_in_the_order_of_their_ends_numbered_from_one(samples: list[Sample]) -> None:
    ends = [one.started + one.phases.total for one in samples]
    assert all(earlier <= later + 1e-6 for earlier, later in pairwise(ends))
    assert [one.seq for one in samples] == list(range(1, len(samples) + 1))
    assert ends[-1] <= TEN + 4 * HOUR
    assert min(one.started for one in samples) >= TEN


def test_the_same_seed_makes_the_same_morning() -> None:
    def one(seed: int) -> list[Sample]:
        return list(morning(CHECKS, (491, 497), at(11, 30), at(12, 0), "control room", seed))

    assert one(7) == one(7)
    assert one(7) != one(8)


def test_before_the_launch_all_is_calm(samples: list[Sample]) -> None:
    early = [one for one in samples if one.started < at(11, 30)]
    assert {one.outcome for one in early} == {Outcome.OK}
    uploads = [one.phases.total for one in early if one.kind is CheckKind.UPLOAD]
    assert max(uploads) < 8
    assert 1.5 < median(uploads) < 4


def test_uploads_of_nine_districts_are_slow_and_thane_is_the_worst(samples: list[Sample]) -> None:
    slow = within(samples, at(11, 42), at(12, 45), CheckKind.UPLOAD, *SLOW)
    times = {
        code: median(one.phases.total for one in slow if one.district == code and one.outcome is Outcome.OK)
        for code in SLOW
    }
    assert all(20 < seconds < 110 for seconds in times.values())
    assert max(times, key=lambda code: times[code]) in (497, 467)
    assert times[497] > 60
    others = set(DISTRICTS) - set(SLOW) - {474}
    assert max(one.phases.total for one in within(samples, at(11, 42), at(12, 45), CheckKind.UPLOAD, *others)) < 10


def test_only_thane_and_akola_have_failures_in_the_slowdown(samples: list[Sample]) -> None:
    failed = [one for one in samples if one.outcome is Outcome.FAILED and one.district not in (474, 491)]
    assert {one.district for one in failed} <= {497, 467}
    assert {one.reason for one in failed} <= {Reason.HTTP_STATUS, Reason.TIMEOUT, Reason.NOT_VISIBLE}
    assert sum(one.district == 497 for one in failed) >= 5


def test_dhule_cannot_upload_but_is_answered(samples: list[Sample]) -> None:
    uploads = within(samples, at(12, 5), at(12, 40), CheckKind.UPLOAD, 474)
    assert len(uploads) > 10
    assert {one.reason for one in uploads} == {Reason.NOT_VISIBLE}
    assert {one.outcome for one in within(samples, at(12, 5), at(12, 40), CheckKind.HTTP, 474)} == {Outcome.OK}


def test_raigads_line_is_lost_for_all_checks_at_once(samples: list[Sample]) -> None:
    for kind in (CheckKind.HTTP, CheckKind.UPLOAD, CheckKind.ANCHOR):
        lost = within(samples, at(13, 12), at(13, 30), kind, 491)
        assert len(lost) == 18
        assert {one.reason for one in lost} == {Reason.RESET}
        assert max(one.phases.total for one in lost) < 0.1


def test_the_end_of_the_morning_is_calm(samples: list[Sample]) -> None:
    assert {one.outcome for one in samples if one.started >= at(13, 30)} == {Outcome.OK}


def test_phases_add_up_to_the_total(samples: list[Sample]) -> None:
    for one in samples[::97]:
        if one.outcome is Outcome.OK:
            phases = one.phases
            parts = (phases.dns, phases.connect, phases.first_byte, phases.transfer, phases.visible)
            assert sum(part or 0 for part in parts) == pytest.approx(phases.total, abs=1e-4)
            assert (phases.visible is not None) == (one.kind is CheckKind.UPLOAD)


def test_an_upload_under_way_leaves_its_next_turn_out(samples: list[Sample]) -> None:
    uploads = [one for one in samples if one.kind is CheckKind.UPLOAD and one.district == 497]
    for earlier, later in pairwise(sorted(uploads, key=lambda one: one.started)):
        assert later.started >= earlier.started + earlier.phases.total - 0.001


def test_a_check_with_a_short_deadline_times_out() -> None:
    short = CHECKS[1].model_copy(update={"deadline_s": 5.0})
    made = list(morning((short,), (497,), at(11, 55), at(12, 5), "control room", 1))
    assert {one.reason for one in made} <= {Reason.TIMEOUT, Reason.HTTP_STATUS}
    assert {one.phases.total for one in made if one.reason is Reason.TIMEOUT} == {5.0}
