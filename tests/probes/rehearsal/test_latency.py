"""What the stand-in's latencies promise."""

from random import Random
from statistics import median

from probes.rehearsal.latency import Call, draw_s, hour_of_day, load_of_day, slowed, usual_s
from tests.probes.rehearsal.places import DISTRICTS


def test_uploads_of_the_districts_differ_and_stay_between_their_bounds() -> None:
    usual = [usual_s(Call.UPLOAD, district) for district in DISTRICTS]
    assert min(usual) >= 1.2
    assert max(usual) <= 4.1
    assert len({round(value, 2) for value in usual}) > 30


def test_pings_take_80_to_250_milliseconds_as_a_rule() -> None:
    assert all(0.08 <= usual_s(Call.PING, district) <= 0.25 for district in DISTRICTS)


def test_a_district_always_has_the_same_usual_and_draws_spread_round_it() -> None:
    random = Random(1)
    draws = [draw_s(Call.UPLOAD, 497, 3.0, random) for _ in range(400)]
    assert abs(median(draws) / (usual_s(Call.UPLOAD, 497) * 0.95) - 1) < 0.05
    assert len(set(draws)) == 400


def test_the_same_seed_draws_the_same() -> None:
    assert draw_s(Call.PING, 491, 12, Random(5)) == draw_s(Call.PING, 491, 12, Random(5))


def test_the_load_rises_a_little_toward_midday() -> None:
    assert load_of_day(3) < load_of_day(9) < load_of_day(13)
    assert load_of_day(13) / load_of_day(3) < 1.3


def test_a_slow_registry_slows_writes_fully_and_light_calls_less() -> None:
    assert slowed(Call.UPLOAD, 16) == 16
    assert slowed(Call.PING, 16) == 4


def test_the_hour_is_that_of_india() -> None:
    assert hour_of_day(1_610_775_000.0) == 11.0  # 16 January 2021, 05:30 UTC
