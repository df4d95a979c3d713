"""The day in one sentence that a newspaper could print without being wrong: what was told, what was counted, and by when. Pure."""

from dataclasses import dataclass
from datetime import date as Date

from dashboard.doses.numbers import indian

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class DayTold:
    """The chosen numbers of one place and service day; None: not reported. `when` says by when it was told, in words, or is empty."""

    name: str
    day: Date
    target: int | None
    reported: int | None
    recorded: int | None
    when: str = ""
    final: bool = False


def printable(told: DayTold) -> str:
    """`On 16 January 2021 Maharashtra reported 18,338 doses given of 28,500 planned (64.3%); the registry's own count …`.

    It names who counted, gives no cause, and leaves out what is not known. The gap is what the registry did not show, no more.
    """
    day = f"{told.day.day} {_MONTHS[told.day.month - 1]} {told.day.year}"
    if told.reported is None:
        return f"{told.name} has not reported its doses of {day} yet" + _counted(told) + "."
    text = f"On {day} {told.name} reported {indian(told.reported)} doses given"
    if told.target:
        text += f" of {indian(told.target)} planned ({told.reported / told.target:.1%})"
    text += _counted(told)
    if told.recorded is not None:
        gap = told.reported - told.recorded
        text += f": {indian(abs(gap))} {'fewer' if gap >= 0 else 'more'} than reported" if gap else ", as reported"
    when = f", as told by {told.when}" if told.when else ""
    return f"{text}{when}." if told.final else f"{text}{when}. Figures are provisional."


def _counted(told: DayTold) -> str:
    return "" if told.recorded is None else f"; the registry's own count for the day was {indian(told.recorded)}"
