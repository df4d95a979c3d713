"""What an officer typed to figures, or to a mistake beside its field. Numbers, hours and notes are read as in any doses file. Pure.

The form asks for what was given and how much of it is recorded; what is on paper is the difference, and is stored as such.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime

from dashboard.doses.checks import Known, weigh
from dashboard.doses.figure import Figure, Reading
from dashboard.doses.finding import Finding, Unreadable
from dashboard.doses.listing import read_list
from dashboard.doses.numbers import indian, read_count
from dashboard.doses.rows import Context
from dashboard.forms.words import Words

SOURCE = "officer's form"
_FIELD_OF = {"value": "reported", "as_of": "hour", "note": "note"}
_LONG_NUMBER = re.compile(r"\d(?:[\s-]?\d){9,}")  # a phone, identity or beneficiary number; dates are shorter


@dataclass(frozen=True)
class Typed:
    """The fields as they were typed; `sure`: the box under a warning is ticked."""

    reported: str = ""
    hour: str = ""
    recorded: str = ""
    note: str = ""
    sure: bool = False


@dataclass(frozen=True)
class Error:
    """A mistake beside its field. `language` is set where the words are not in the form's own."""

    text: str
    language: str = ""


@dataclass
class Report:
    """A report that was read: its figures, or what is wrong with it."""

    typed: Typed
    reading: Reading
    errors: dict[str, Error] = field(default_factory=dict)

    @property
    def reported(self) -> Figure:
        """The figure of the doses given; there when there are no errors."""
        return self.reading.figures[0]

    @property
    def paper(self) -> int | None:
        """Doses on paper; None: not known."""
        return next((figure.value for figure in self.reading.figures if figure.kind == "paper"), None)


def read_report(typed: Typed, district: int, day: Date, words: Words, context: Context) -> Report:
    """The report of a district for a service day. Its figures hold only when it has no `errors`."""
    errors: dict[str, Error] = {}
    given = _count("reported", typed.reported, errors)
    recorded = _count("recorded", typed.recorded, errors)
    if given is None:
        errors.setdefault("reported", Error(words.missing))
    elif recorded is not None and recorded > given:
        errors["recorded"] = Error(words.over_reported.format(reported=indian(given)))
    if _LONG_NUMBER.search(typed.note):
        errors["note"] = Error(words.numbers_in_note)
    hour = typed.hour.strip() or _hour_now(context, day)
    if not hour:
        errors["hour"] = Error(words.hour_missing)
    told = {"district": district, "day": day.isoformat(), "as_of": hour, "source": SOURCE}
    items = [told | {"kind": "reported", "value": typed.reported, "note": typed.note}]
    if given is not None and recorded is not None and recorded <= given:
        derived = f"computed: {indian(given)} reported, {indian(recorded)} of them recorded"
        items.append(told | {"kind": "paper", "value": str(given - recorded), "note": derived})
    reading = read_list(items, context)
    for finding in reading.findings:
        name = _FIELD_OF.get(finding.column, "reported")
        said = (
            Error(f"{finding.wrong}. {words.hour_missing}") if name == "hour" else _english(finding.wrong, finding.cure)
        )
        errors.setdefault(name, said)
    if any(not _within(figure, day, context) for figure in reading.figures):
        errors["hour"] = Error(words.hour_missing)
    return Report(typed, reading, errors)


def _count(name: str, text: str, errors: dict[str, Error]) -> int | None:
    try:
        return read_count(text).value
    except Unreadable as problem:
        errors[name] = _english(problem.wrong, problem.cure)
        return None


def _english(wrong: str, cure: str) -> Error:
    return Error(f"{wrong}. {cure}." if cure else f"{wrong}.", "en")


def _hour_now(context: Context, day: Date) -> str:
    now = context.now.astimezone(context.zone)
    return f"{now:%H:%M}" if now.date() == day else ""


def _within(figure: Figure, day: Date, context: Context) -> bool:
    """An hour of the service day; a bare day, or a moment of another one, is no hour."""
    return figure.hour_known and as_of(figure, context).date() == day


def as_of(figure: Figure, context: Context) -> datetime:
    """The moment of a figure in the state's zone."""
    return datetime.fromtimestamp(figure.as_of_ms / 1000, context.zone)


def warnings(report: Report, known: Known, words: Words) -> list[str]:
    """What a person should look at again before it is stored, by the rules of every way in; empty: nothing.

    The paper figure is left out: it is computed, and it falls whenever doses are entered.
    """
    figure = report.reported
    trial = Reading(figures=list(report.reading.figures))
    weigh(trial, known)
    odd = [remark for remark in (*trial.findings, *trial.notices) if remark.index == figure.index]
    return _in_words(figure, known, words, odd) if odd else []


def _in_words(figure: Figure, known: Known, words: Words, odd: list[Finding]) -> list[str]:
    said, value = [], indian(figure.value)
    told: Mapping[int, int] = known.told.get((figure.place, figure.day, figure.kind, figure.source), {})
    before = max((pair for pair in told.items() if pair[0] <= figure.as_of_ms), default=None)
    target = known.targets.get((figure.place, figure.day))
    if before and figure.value < before[1]:
        said.append(words.lower.format(value=value, before=indian(before[1])))
    if target and figure.value > target:
        said.append(words.above.format(value=value, target=indian(target)))
    return said or [remark.wrong for remark in odd]
