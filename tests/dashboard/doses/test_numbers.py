"""Counts: each way people write them has one value or one message, and what the reader wrote it reads again."""

import random

import pytest

from dashboard.doses.finding import Unreadable
from dashboard.doses.numbers import LIMIT, indian, read_count

SEED = 20210116


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("7", 7), ("18338", 18_338), (" 12 ", 12), ("12 ", 12), ("1,00,000", 100_000), ("100,000", 100_000),
        ("1,91,181", 191_181), ("191,181", 191_181), ("12,34,567", 1_234_567), ("1,234,567", 1_234_567), ("1,00,00,000", 10_000_000),
        ("1,000", 1000), ("10,000", 10_000), ("१२३", 123), ("१,००,०००", 100_000), ("১২৩", 123), ("২৮,৫০০", 28_500),
        ("1000000000", LIMIT), ("007", 7), ("000", 0), ("12.0", 12), ("1,00,000.00", 100_000), ("१२.०", 12),
    ],
)  # fmt: skip
def test_it_reads(text: str, value: int) -> None:
    assert read_count(text).value == value


@pytest.mark.parametrize("text", ["", "  ", "-", "–", "NA", "n/a", " "])
def test_a_blank_is_not_reported_which_is_not_zero(text: str) -> None:
    assert (read_count(text).value, read_count(text).notice) == (None, "not reported")


def test_what_was_read_into_a_number_is_said() -> None:
    assert read_count("१२३").notice == '"१२३" read as 123'
    assert read_count("12.0").notice == '"12.0" read as the whole number 12'
    assert read_count("007").notice == '"007" read without its leading zeros'
    assert read_count("18,338").notice == ""


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3", "1,00,00", "10,00", "1,0000", ",100", "100,", "1,,000", "0,123", "1,000,00", "1_000", "1e5", "nan", "inf", "+7",
        "-5", "−5", "–5", "- 5", "²", "１２", "٣", "12.5", "12.", ".5", "1 000", "1.000.000", "0x10", "12a", "NIL", "none",
        "=1+1", "१2", "1২", "999999999999", "1" * 30, "1000000001", "~500", ">90", "90%", "1.2 lakh", "½", "三", "①", "18,338 doses",
    ],
)  # fmt: skip
def test_it_refuses_what_can_be_read_in_no_way_or_in_two(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_count(text)
    assert refused.value.wrong
    assert refused.value.cure


def grouped_western(value: int) -> str:
    return f"{value:,}"


def test_a_count_written_in_any_known_way_reads_back_as_itself() -> None:
    chance = random.Random(SEED)
    scripts = ["0123456789", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯"]
    for _ in range(3000):
        value = chance.randrange(10 ** chance.randrange(1, 10))
        digits = chance.choice(scripts)
        written = chance.choice([str, indian, grouped_western])(value).translate(str.maketrans("0123456789", digits))
        assert read_count(f"{chance.choice(['', ' '])}{written}{chance.choice(['', ' ', '.0'])}").value == value, (
            written
        )


def test_commas_elsewhere_are_never_dropped() -> None:
    chance = random.Random(SEED)
    for _ in range(3000):
        digits = str(chance.randrange(1, 10**8))
        places = sorted(chance.sample(range(1, len(digits) + 1), chance.randrange(min(3, len(digits)) + 1)))
        written = (
            "".join(digits[a:b] + "," for a, b in zip([0, *places], places, strict=False))
            + digits[places[-1] if places else 0 :]
        )
        try:
            value = read_count(written).value
        except Unreadable:
            assert written not in (digits, indian(int(digits)), f"{int(digits):,}")
        else:
            assert written in (digits, indian(int(digits)), f"{int(digits):,}")
            assert value == int(digits)


def test_no_text_at_all_makes_it_fall_over() -> None:
    chance = random.Random(SEED)
    letters = "0123456789,.-−+eE_ ०१২৩²½٣\x00￼\ud800=’NAIL%\t"
    for _ in range(20_000):
        text = "".join(chance.choice(letters) for _ in range(chance.randrange(12)))
        try:
            value = read_count(text).value
        except Unreadable:
            continue
        assert value is None or 0 <= value <= LIMIT


def test_indian_grouping_is_written_too() -> None:
    assert [indian(n) for n in (0, 999, 1000, 191_181, 10_000_000, -1234)] == [
        "0",
        "999",
        "1,000",
        "1,91,181",
        "1,00,00,000",
        "−1,234",
    ]
