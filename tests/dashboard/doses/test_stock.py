"""Vaccine: what is left by counting beside what was told, and how long it lasts. Stock is no number of a day."""

import pytest

from dashboard.doses.checks import Known, weigh
from dashboard.doses.export import to_csv
from dashboard.doses.figure import KINDS, STOCK_KINDS
from dashboard.doses.stock import Stock, Today, lasting, stock_of
from dashboard.doses.table import read_file
from dashboard.doses.versions import Version
from tests.dashboard.doses.reading import context, read_rows, row
from tests.places import IST

DAYS = {"2021-01-19": 400, "2021-01-20": 500, "2021-01-22": 250}


def test_what_is_left_by_counting_stands_beside_what_was_told_to_be_left() -> None:
    stock = stock_of([9_500, 1_000, 40, 8_450])
    assert (stock.counted, stock.left, stock.difference, stock.there) == (8_460, 8_450, -10, 8_450)


def test_what_was_not_told_is_not_taken_off_and_named() -> None:
    stock = Stock(received=9_500)
    assert (stock.counted, stock.not_told, stock.difference, stock.there) == (9_500, ("use", "waste"), None, 9_500)
    assert Stock(used=10).counted is None
    assert Stock(left=90).there == 90


def test_from_three_days_on_it_lasts_between_its_fastest_and_its_slowest_day() -> None:
    found = lasting(2_000, DAYS, Today(10, 0.5))
    assert found is not None
    assert (found.fewest, found.most) == (4.0, 8.0)
    assert found.sentence == "4 to 8 session days, at the pace of its last 3 days with doses"


def test_days_without_doses_and_days_long_ago_are_no_pace() -> None:
    old = {f"2021-01-{n:02d}": 1 for n in range(1, 4)}
    recent = {f"2021-01-{n:02d}": 100 for n in range(10, 17)} | {"2021-01-17": 0}
    found = lasting(1_000, old | recent, None)
    assert found is not None
    assert (found.fewest, found.most) == (10.0, 10.0)


def test_before_there_are_three_days_it_is_a_straight_line_and_says_so() -> None:
    found = lasting(9_500, {"2021-01-15": 30}, Today(10, 1 / 3, "by 13:30"))
    assert found is not None
    assert found.sentence == "about 317 session days, a straight line from 10 doses by 13:30"


@pytest.mark.parametrize(
    ("there", "today"),
    [(None, Today(10, 0.5)), (-5, Today(10, 0.5)), (100, None), (100, Today(0, 0.5)), (100, Today(10, 0.0))],
)
def test_without_stock_or_without_pace_nothing_is_said(there: int | None, today: Today | None) -> None:
    assert lasting(there, {}, today) is None


def test_an_empty_store_lasts_under_a_day() -> None:
    found = lasting(0, {}, Today(10, 0.5, "by 14:30"))
    assert found is not None
    assert found.sentence == "under 1 session day, a straight line from 10 doses by 14:30"


def test_stock_comes_in_by_the_same_columns_and_is_apart_from_the_numbers_of_the_day() -> None:
    read = read_rows(*(row(kind=kind, value="9,500") for kind in STOCK_KINDS))
    assert [figure.kind for figure in read.figures] == list(STOCK_KINDS)
    assert not set(KINDS) & set(STOCK_KINDS)
    assert all(len(kind) <= 12 for kind in STOCK_KINDS)


def test_stock_far_above_the_target_is_no_mistake() -> None:
    read = read_rows(row(kind="stock_in", value="9500"), row(kind="reported", value="9500"))
    weigh(read, Known(targets={("491", "2021-01-16"): 400}))
    assert [figure.kind for figure in read.figures] == ["stock_in"]


@pytest.mark.parametrize(("kind", "kept"), [("stock_left", 1), ("stock_in", 0), ("stock_used", 0)])
def test_only_what_is_left_may_fall_without_a_reason(kind: str, kept: int) -> None:
    read = read_rows(row(kind=kind, value="90"))
    key = ("491", "2021-01-16", kind, "Sakal")
    weigh(read, Known(told={key: {1: 100}}))
    assert len(read.figures) == kept


def test_what_is_exported_of_stock_and_sites_can_be_imported_again() -> None:
    versions = [
        Version(1, "491", "2021-01-16", "stock_in", 9_500, 1_610_784_000_000, True, 1, "Sakal"),
        Version(2, "491/alibag", "2021-01-16", "reported", 10, 1_610_784_000_000, True, 1, "Sakal"),
        Version(3, "491", "2021-01-16", "recorded_cum", 8, 1_610_784_000_000, True, 1, "counter"),
    ]
    read = read_file(to_csv(versions, IST).encode(), context())
    assert [(figure.place, figure.kind, figure.value) for figure in read.figures] == [
        ("491", "stock_in", 9_500), ("491/alibag", "reported", 10),
    ]  # fmt: skip
