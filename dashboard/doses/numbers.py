"""Whole counts as people write them: Indian or Western grouping, Latin, Devanagari or Bengali digits. Nothing is guessed.

A number is read only when there is one way to read it; `1,2,3` is no number (a lenient reader makes 123 of it).
"""

import re
from dataclasses import dataclass

from dashboard.doses.finding import Unreadable, quoted

LIMIT = 1_000_000_000
_SCRIPTS = {"Latin": "0123456789", "Devanagari": "०१२३४५६७८९", "Bengali": "০১২৩৪৫৬৭৮৯"}
_TO_LATIN = str.maketrans({digit: str(n) for digits in _SCRIPTS.values() for n, digit in enumerate(digits)})
_PLAIN = re.compile(r"[0-9]+")
_WESTERN = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")
_INDIAN = re.compile(r"[1-9][0-9]?(,[0-9]{2})*,[0-9]{3}")
_POINT_ZERO = re.compile(r"(.*[0-9])\.0+")
_NOT_REPORTED = frozenset({"", "-", "–", "—", "na", "n/a", "n.a."})
_NOTHING_OR_UNKNOWN = frozenset({"nil", "none", "null", "निरंक", "शून्य", "nill"})
_MINUS = "-−–‐‑"
_NEGATIVE = re.compile(rf"[{_MINUS}]\s*[0-9]")


@dataclass(frozen=True)
class Count:
    """A count of doses or people; `value` None is "not reported", which is not zero. `notice` says what was read into it."""

    value: int | None
    notice: str = ""


def read_count(text: str) -> Count:
    """Read a count from 0 to 1,000,000,000.

    Raises:
        Unreadable: there is not exactly one way to read it.
    """
    bare = text.strip()
    if bare.isascii() and bare.isdigit() and len(bare) <= 9 and (bare[0] != "0" or bare == "0"):
        return Count(int(bare))
    if bare.casefold() in _NOT_REPORTED:
        return Count(None, "not reported")
    return _read_careful(bare)


def _read_careful(bare: str) -> Count:
    _refuse_odd_digits(bare)
    latin = bare.translate(_TO_LATIN)
    notices = [] if latin == bare else [f"{quoted(bare)} read as {latin}"]
    whole = _POINT_ZERO.fullmatch(latin)
    if whole:
        notices.append(f"{quoted(bare)} read as the whole number {whole[1]}")
        latin = whole[1]
    digits = _ungrouped(latin)
    if digits is None:
        raise _unreadable(bare, latin)
    if len(digits) > 1 and digits[0] == "0":
        notices.append(f"{quoted(bare)} read without its leading zeros")
        digits = digits.lstrip("0") or "0"
    if len(digits) > 10 or int(digits) > LIMIT:
        raise Unreadable(f"{quoted(bare)} is over {LIMIT:,}", "Write the count of doses of one day")
    return Count(int(digits), notices[-1] if notices else "")


def _ungrouped(latin: str) -> str | None:
    if _PLAIN.fullmatch(latin):
        return latin
    if _WESTERN.fullmatch(latin) or _INDIAN.fullmatch(latin):
        return latin.replace(",", "")
    return None


def _refuse_odd_digits(bare: str) -> None:
    main = _POINT_ZERO.sub(r"\1", bare.translate(_TO_LATIN))
    scripts = {n for n, digits in _SCRIPTS.items() if any(digit in bare[: len(main)] for digit in digits)}
    if len(scripts) > 1:
        raise Unreadable(f"{quoted(bare)} mixes {' and '.join(sorted(scripts))} digits", "Write it in one script")
    odd = next((c for c in bare if (c.isdigit() or c.isnumeric()) and c.translate(_TO_LATIN) not in "0123456789"), "")
    if odd:
        known = "0123456789, ०१२३४५६७८९ or ০১২৩৪৫৬৭৮৯"
        raise Unreadable(
            f"{quoted(bare)} holds {quoted(odd)}, which is not a digit known here", f"Write it with {known}"
        )


def _unreadable(bare: str, latin: str) -> Unreadable:
    shown = quoted(bare)
    if bare.casefold() in _NOTHING_OR_UNKNOWN:
        return Unreadable(
            f"{shown} may mean zero or not reported", "Write 0 for zero; leave the cell empty for not reported"
        )
    if _NEGATIVE.match(latin):
        cure = "Doses cannot be negative: to correct a count, write the new total with a later as_of"
        return Unreadable(f"{shown} is negative", cure)
    if latin.startswith("="):
        return Unreadable(f"{shown} is a formula", "Write its result")
    if re.fullmatch(r"[0-9,]+", latin):
        return Unreadable(f"{shown} has commas where no number has them", _grouping_cure(latin))
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{2,3})*\.[0-9]+", latin) or re.fullmatch(r"[0-9]+\.[0-9]*", latin):
        return Unreadable(f"{shown} is not a whole number", "Doses are counted in whole numbers: write digits only")
    if re.fullmatch(r"[0-9]+([  ' ][0-9]+)+", latin):
        return Unreadable(
            f"{shown} has gaps between its digits", f"Write {re.sub(r'[^0-9]', '', latin)} if that is meant"
        )
    if re.search(r"lakh|crore|लाख|कोटी|करोड़|লাখ|কোটি", latin.casefold()):
        return Unreadable(f"{shown} is a number in words", "Write it out in digits: 1.2 lakh is 1,20,000")
    return Unreadable(f"{shown} is not a whole number", "Write digits only, for example 18338 or 18,338")


def _grouping_cure(latin: str) -> str:
    digits = latin.replace(",", "").lstrip("0")
    if not digits or len(digits) > 10:
        return "Write it without commas"
    ways = dict.fromkeys([digits, indian(int(digits))])
    return f"If {digits} is meant, write {' or '.join(ways)}"


def indian(value: int) -> str:
    """A count with Indian grouping: 191181 is 1,91,181."""
    sign, digits = ("−", str(-value)) if value < 0 else ("", str(value))
    head, tail = digits[:-3], digits[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return sign + ",".join([*groups, tail])
