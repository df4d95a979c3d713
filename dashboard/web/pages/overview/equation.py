"""Target, reported, recorded, backlog: four numbers as one equation, bars on one scale, each with its hour and source."""

from collections.abc import Mapping
from typing import Any

from dashboard.doses.pace import PaceNow
from dashboard.settings import STATE_PLACE
from dashboard.web import wording
from dashboard.web.pages.overview.reading import Day
from dashboard.web.pages.overview.told_figures import Newest, Told, behind_pace

Card = dict[str, Any]
NOT_REPORTED = "not reported"


def equation(newest: Newest, day: Day, paces: Mapping[str, PaceNow]) -> list[Card]:
    """Four cards in the order of the equation; `bar` is [from, to] in percent of the longest, or None."""
    target, reported, recorded = (newest.get((STATE_PLACE, kind)) for kind in ("target", "reported", "recorded"))
    whole = max([told.value for told in (target, reported, recorded) if told], default=0)
    cards = [
        _card("target", "Target", target, _planned(day), target.note.removesuffix(" each") if target else "", day),
        _card("reported", "Reported", reported, "districts' word", _reported_share(newest, day, paces), day),
        _card("recorded", "Recorded", recorded, "registry's count", _of(recorded, reported, "of reported"), day),
        _backlog(reported, recorded),
    ]
    spans = ((0, target), (0, reported), (0, recorded))
    for card, (begins, told) in zip(cards, spans, strict=False):
        card["bar"] = _bar(begins, told.value, whole) if told else None
    if reported and recorded and reported.value >= recorded.value:
        cards[3]["bar"] = _bar(recorded.value, reported.value, whole)
    return cards


def one_line(newest: Newest, day: Day) -> str:
    """The same in words for a phone: "64.3% of target, night of 16 January; 31% of that in the registry"."""
    target, reported, recorded = (newest.get((STATE_PLACE, kind)) for kind in ("target", "reported", "recorded"))
    if reported is None:
        return "No doses reported yet"
    text = f"{_of(reported, target, 'of target', 1) or wording.grouped(reported.value)}, {reported.hour(day)}"
    return f"{text}; {_of(recorded, reported, 'of that in the registry')}" if recorded else text


def _card(kind: str, label: str, told: Told | None, whose: str, sub: str, day: Day) -> Card:
    if told is None:
        return {
            "kind": kind,
            "label": label,
            "value": NOT_REPORTED,
            "corner": whose,
            "sub": "",
            "title": "",
            "source": "",
            "bar": None,
        }
    corner = whose if kind == "target" else f"{whose}, {told.hour(day)}"
    return {
        "kind": kind, "label": label, "value": wording.grouped(told.value), "corner": corner, "sub": sub,
        "title": told.told_of(), "source": told.address(), "bar": None,
    }  # fmt: skip


def _backlog(reported: Told | None, recorded: Told | None) -> Card:
    card: Card = {
        "kind": "backlog",
        "label": "Backlog",
        "corner": "reported minus recorded",
        "source": "",
        "bar": None,
    }
    if reported is None or recorded is None:
        missing = "reported" if reported is None else "recorded"
        return {**card, "value": "not known", "sub": f"nothing {missing} yet", "title": "reported − recorded"}
    ahead = recorded.value > reported.value
    return {
        **card,
        "value": wording.grouped(reported.value - recorded.value),
        "sub": "the registry is ahead of what was told" if ahead else "mostly on paper",
        "title": "reported − recorded, each as of its own hour",
    }


def _planned(day: Day) -> str:
    return "planned for today" if day.service_day == day.today else f"planned for {wording.day(day.service_day)}"


def _reported_share(newest: Newest, day: Day, paces: Mapping[str, PaceNow]) -> str:
    share = _of(newest.get((STATE_PLACE, "reported")), newest.get((STATE_PLACE, "target")), "of target", 1)
    behind = behind_pace(newest, STATE_PLACE, day, paces)
    if behind is None:
        return share
    pace = f"{wording.grouped(behind)} behind pace" if behind > 0 else "on pace"
    return f"{share.removesuffix(' of target')} · {pace}"


def _of(part: Told | None, whole: Told | None, words: str, digits: int = 0) -> str:
    return f"{wording.share(part.value, whole.value, digits)} {words}" if part and whole and whole.value else ""


def _bar(begins: int, ends: int, whole: int) -> list[float] | None:
    return [round(100 * begins / whole, 2), round(100 * ends / whole, 2)] if whole else None
