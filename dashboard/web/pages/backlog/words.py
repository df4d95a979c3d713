"""The backlog in sentences: what may be printed, what waits for us, and how it is computed. Pure."""

from datetime import date as Date
from datetime import timedelta
from math import ceil, floor
from typing import Final

from dashboard.doses.backlog import FAR_DAYS, WINDOW_DAYS, Backlog
from dashboard.doses.courses import Basis
from dashboard.web import wording
from dashboard.web.pages.backlog.reading import Known, Row

COMPUTED: Final = (
    (
        "Backlog",
        "= reported − recorded, both since the start of the drive. "
        "Below zero the registry is ahead of the telling; that is no backlog.",
    ),
    (
        "Where only single days are told,",
        "the days on which both numbers are known are added up, as they were known at the end of each day; "
        "days with one number are left out, so the backlog may be larger than shown.",
    ),
    (
        "Where a place tells its days and the registry counts from the start,",
        "reported days are added up as far as no session day lacks its report.",
    ),
    (
        "Oldest",
        "= the first service day whose reported doses are above its recorded ones. Where only counts since the start are known, "
        "doses are taken to be entered in the order they were given: entered in another order, the oldest is older than shown.",
    ),
    (
        "Drain a day",
        "= (backlog at the start of the window − backlog at its end) ÷ days between. "
        f"The window is the last {WINDOW_DAYS} session days; new doses on paper count against it.",
    ),
    (
        "Cleared",
        "= backlog ÷ drain, as a range from the fastest to the slowest step of the window. It assumes that entering goes on as in "
        f"the window. Over {FAR_DAYS} days it is only called far.",
    ),
    (
        "Stalled",
        f"= a backlog, and the registry's count did not rise in the last {WINDOW_DAYS} session days. "
        "Days without sessions and planned downtime do not count towards it.",
    ),
    ("A count that falls", "is a revision, marked ▽, never doses taken back. It also bends the drain of its window."),
    (
        "Assumed:",
        "the two counts are taken at other hours of the day, so a backlog below one day's work is noise. Not every dose of the gap "
        "need be on paper; that most were is known from early 2021: by the ministry's and the registry's published series 12,602 on "
        "16 January, 9,070 on 20 February, while reported doses had grown fifty-fold.",
    ),
)


def headline(known: Known) -> str:
    """One sentence that may be printed: who counted what by when, no cause."""
    state = known.state
    if state is None and not known.rows:
        return "No backlog is known yet: no place has told both its reported and its recorded doses."
    if state is None:
        places = wording.counted(len(known.rows), "place")
        return f"{wording.grouped(known.on_paper)} doses reported in {places} are not in the registry yet."
    point = state.now.point
    told, of_days = _span_of(state)
    if point.backlog == 0:
        return f"{told} the registry showed every dose {state.name} had reported{of_days}, {wording.grouped(point.reported)}."
    more = "fewer" if point.backlog > 0 else "more"
    counts = f"{wording.grouped(point.recorded)} of {wording.grouped(point.reported)}"
    return (
        f"{told} the registry showed {wording.grouped(abs(point.backlog))} doses {more} than {state.name} had reported{of_days}"
        f" ({counts})."
    )


def _span_of(row: Row) -> tuple[str, str]:
    """By when it was told and of which days: single days may be told of later than they were."""
    day = _long(row.day)
    if row.course.unentered is None:
        return f"By the end of {day}", ""
    days = sorted(row.course.unentered)
    if len(days) == 1:
        return f"As told by the end of {day},", f" for {_long(days[0])}"
    return f"As told by the end of {day},", f" for {len(days)} days up to {_long(days[-1])}"


def _long(day: Date) -> str:
    return f"{day.day} {day:%B %Y}"


def second(known: Known) -> str:
    """How old, how fast, until when, and who stands still."""
    parts = []
    if known.state and known.state.backlog > 0:
        now = known.state.now
        if now.drain is not None:
            parts.append(f"The gap {_course(now)}.")
        if now.oldest:
            parts.append(_oldest(known.state))
    return " ".join([*parts, _stalled(known)]).strip()


def _oldest(row: Row) -> str:
    order = "" if row.course.unentered is not None else "If doses are entered in the order they were given, the"
    ago = f", {row.now.age} before" if row.age else ""
    return f"{order or 'The'} oldest not entered is of {oldest(row.now)}{ago}."


def _course(now: Backlog) -> str:
    assert now.drain is not None
    if now.stalled:
        return f"stands still: nothing was entered in the last {WINDOW_DAYS} session days"
    rate = f"{wording.grouped(abs(now.drain))} a day over the last {WINDOW_DAYS} session days"
    if now.cleared_days is None:
        return (
            f"grew by {rate}"
            if round(now.drain)
            else f"neither grew nor shrank over the last {WINDOW_DAYS} session days"
        )
    return f"shrank by {rate}; at that pace it is cleared {now.forecast}"


def _stalled(known: Known) -> str:
    names = [row.name for row in sorted(known.rows, key=lambda row: -row.backlog) if row.now.stalled]
    if not names:
        return _pace_unknown(known)
    verb = "has" if len(names) == 1 else "have"
    return f"Stalled: {wording.listed(names)} {verb} entered nothing in the last {WINDOW_DAYS} session days."


def _pace_unknown(known: Known) -> str:
    waiting = [row for row in known.rows if row.backlog > 0]
    if any(row.drain is None for row in waiting):
        return "How fast it drains is not known everywhere yet: that takes the counts of two days."
    return "Nowhere has entering stopped." if waiting else ""


def oldest(now: Backlog) -> str:
    """`20 Jan`; `20 Jan or earlier`; empty: nothing is unentered."""
    if now.oldest is None:
        return ""
    return wording.short_day(now.oldest) + (" or earlier" if now.at_least else "")


def age(now: Backlog) -> str:
    """`20 Jan, 5 days`; `25 Jan or earlier`; a dash: nothing is unentered."""
    if now.oldest is None:
        return "–"
    return f"{oldest(now)}, {now.age}" if now.age_days else oldest(now)


def drain(row: Row) -> str:
    """`1,240 a day`, `grows 300 a day`, `none`; a dash where no pace is known. ▽: a count was revised downward on the way."""
    if row.drain is None:
        return "–"
    rate = f"{'grows ' if row.drain < 0 else ''}{wording.grouped(abs(row.drain))} a day" if round(row.drain) else "none"
    return rate + (" ▽" if row.revised else "")


def counted_on(row: Row, newest: Date) -> str:
    """`27 Jan`; an old count says so: `20 Jan, 7 days old`."""
    old = (newest - row.day).days
    return wording.short_day(row.day) + (f", {old} days old" if old > 1 else "")


def cleared(now: Backlog, newest: Date) -> str:
    """`5 to 12 days: 30 Jan to 6 Feb`, `5 days (30 Jan) or never`, `not shrinking`; a dash where no pace is known.

    `newest`: the newest day counted anywhere. A forecast that has run out by then is no longer one.
    """
    days = now.cleared_days
    if days is None:
        return now.forecast or "–"
    fast, slow = days
    if fast > FAR_DAYS:
        return f"over {FAR_DAYS} days"
    first = _after(now.point.day, max(floor(fast), 1) if slow is None else floor(fast))
    if slow is None:
        return f"{wording.counted(max(floor(fast), 1), 'day')} ({first}) or never"
    words = now.forecast.removeprefix("in ")
    if slow > FAR_DAYS:
        return words
    if now.point.day + timedelta(days=ceil(slow)) < newest:
        return f"was due by {_after(now.point.day, ceil(slow))}, no count since"
    last = _after(now.point.day, ceil(slow))
    return f"{words}: {first} to {last}" if last != first else f"{words}: {last}"


def _after(day: Date, days: int) -> str:
    return wording.short_day(day + timedelta(days=days))


def sums(known: Known) -> str:
    """The state's own backlog beside the sum of its places; neither corrects the other."""
    if not known.rows:
        return ""
    added = f"sum of {wording.counted(len(known.rows), 'place')} {wording.grouped(known.on_paper)}"
    if known.state is None:
        return f"{added[0].upper()}{added[1:]}; no backlog of the state itself is known."
    gap = known.state.backlog - known.on_paper
    return f"State {wording.grouped(known.state.backlog)}, {added}; difference {wording.grouped(gap)}. Neither is corrected by the other."


def lacking(known: Known) -> str:
    """Who is not in the table, and what would bring it there."""
    parts = []
    if known.lacking:
        names = wording.listed(known.lacking, 6)
        parts.append(f"No backlog is known of {names}: reported or recorded doses are missing.")
    if known.left_out:
        parts.append(f"{wording.listed(known.left_out)}: counted once, with the joint area.")
    return " ".join(parts)


def bases(known: Known) -> list[str]:
    """How many places were counted which way."""
    rows = [*([known.state] if known.state else []), *known.rows]
    counts = {basis: [row.name for row in rows if row.course.basis is basis] for basis in Basis}
    return [
        f"{wording.counted(len(names), 'place') if len(names) > 2 else wording.listed(names)}: {basis}."
        for basis, names in counts.items()
        if names
    ]
