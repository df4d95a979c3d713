"""What the page Bad checks says: sentences, and how it is computed. Pure. The code says budget, the page says limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from dash import html

from dashboard.queries.slo import Known
from dashboard.settings.thresholds import Slo
from dashboard.slo import FAST, SLOW, WHOLE_STATE, Budget
from dashboard.web import wording

WINDOW_WORDS: Final = {"5m": "5 min", "30m": "30 min", "1h": "1 h", "6h": "6 h"}
NOTHING: Final = "–"


def headline(known: Known, rules: Slo, today: bool) -> str:
    """What is left, and whether it is being spent too fast."""
    whole = known.budgets[WHOLE_STATE]
    subject = "Bad checks today" if today else f"Bad checks of {wording.short_day(known.day)}"
    if whole.left is None:
        return f"{subject}: nothing is known yet."
    said = f"{subject}: {left(whole)}."
    if whole.burns(FAST, rules.fast):
        return f"{said} They come fast now."
    return f"{said} They come steadily." if whole.burns(SLOW, rules.slow) else said


def second(known: Known, rules: Slo, zone: ZoneInfo) -> str:
    """Which day and hours these are, and that nobody is told by this page."""
    opens, closes = (wording.clock(at, zone) for at in (known.session.opens_ms, known.session.closes_ms))
    if known.at_ms < known.session.opens_ms:
        hours = f"its session opens at {opens}"
    else:
        hours = f"session {opens} to {closes}" + ("" if known.at_ms < known.session.closes_ms else ", closed")
    good = f"{share(rules.target)} of the checks of a session shall be good"
    left_out = f" {known.left_out_min} district minutes of maintenance are left out." if known.left_out_min else ""
    return f"{wording.day(known.day)}, {hours}. {good}.{left_out} This page shows and mails nobody: incidents do that."


def left(budget: Budget) -> str:
    """ "62% of the day's limit left", "over the day's limit by 40%", "25 times the day's limit"."""
    if budget.left is None:
        return NOTHING
    if budget.left >= 0:
        return f"{wording.share(budget.left, 1)} of the day's limit left"
    spent = 1 - budget.left
    over = f"over the day's limit by {wording.share(spent - 1, 1)}"
    return f"{spent:.0f} times the day's limit" if spent >= 2 else over


def left_briefly(budget: Budget) -> str:
    """ "62%", "over, 1.4×", "over, 25×"."""
    if budget.left is None:
        return NOTHING
    return wording.share(budget.left, 1) if budget.left >= 0 else f"over, {rate(1 - budget.left)}"


def rate(value: float | None) -> str:
    """ "0.4×", "25×"."""
    if value is None:
        return NOTHING
    return f"{value:.1f}×" if value < 9.95 else f"{value:.0f}×"


def holds(budget: Budget, windows: tuple[str, str], factor: float, *, is_open: bool) -> str:
    """What the two windows of a rate say together."""
    rates = [budget.burn[window] for window in windows]
    if None in rates:
        return "Too few checks to say." if is_open else "No session now."
    above = sum(rate is not None and rate > factor for rate in rates)
    return (
        f"Below {factor:g}× in both windows.",
        f"Above {factor:g}× in one window of two: it has just begun, or it is over.",
        f"Above {factor:g}× in both windows: it goes on now.",
    )[above]


def share(part: float) -> str:
    """ "99%", "99.5%"."""
    return f"{100 * part:g}%"


def used_up(course: Sequence[tuple[int, float]], zone: ZoneInfo) -> datetime | None:
    """When the limit was reached, by the course of what is left; None: some is left."""
    at_ms = next((at for at, share in course if share < 0), None)
    return None if at_ms is None else wording.local(at_ms, zone)


def computed(rules: Slo) -> html.Details:
    """How is this computed?"""
    lines = (
        ("Good", f"a ping that is ok within {rules.ping_s:g} s, an upload that is ok and seen again within {rules.upload_s:g} s. "
         "The limits are read from histograms, to within 2.2%. Checks of unknown outcome and of neutral hosts are not counted."),
        ("Limit", f"{share(1 - rules.target)} of the checks planned for the session, at each district's usual number in five minutes. "
         "A district that falls silent keeps its plan. A line of its own that fails is in its district's bad checks too."),
        ("Rate", "the share of bad checks over a window, against the share that may be bad. At 1×, the even rate, the limit is reached "
         "at the close."),
        ("Two windows", f"above {rules.fast:g}× over 1 h and 5 min, or above {rules.slow:g}× over 6 h and 30 min: the long one says "
         f"that it matters, the short one that it goes on. Under {rules.min_checks} checks there is no rate. Windows are whole cells of "
         "five minutes, the present one among them, and do not reach back before the session."),
    )  # fmt: skip
    items = [html.Li([html.Strong(name), f": {text}"]) for name, text in lines]
    return html.Details(
        [html.Summary("How is this computed?"), html.Ul(items, className="sums")], className="card computed"
    )
