"""A range of doses as the pages write it: a number and its small words, or both ends where no middle is known. Pure."""

from dashboard.doses.pace import Range
from dashboard.web.wording import grouped


def range_words(one: Range, quiet_days: int) -> tuple[str, str]:
    """("176", "150 to 200"); ("0 to 200", "") by a straight line, whose middle is no likelier than its ends; ("300", "")."""
    low, mid, high = (grouped(bound) for bound in (one.low, one.mid, one.high))
    if low == high:
        return high, ""
    return (mid, f"{low} to {high}") if quiet_days else (f"{low} to {high}", "")
