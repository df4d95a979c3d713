"""Ids of the incidents page. One with a pattern: {"type": END_WINDOW, "window": …}."""

START, TICK, ADDRESS = "incidents-start", "incidents-tick", "incidents-address"
HEAD = "incidents-head"  # headline and facts
LIST = "incidents-list"  # the table of all, or the timeline and mails of one
WINDOWS = "incidents-windows"
SEEN = "incidents-seen"  # version of what is shown: the same is not drawn again
CHANGED = "incidents-changed"  # counts what was stored from this page
STEP = "incidents-step"  # the newest step that is shown
FOCUS = "incidents-focus"
FILTERS, PHASES, KINDS = "incidents-filters", "incidents-phases", "incidents-kinds"

# what is done with one
ACT_BOX, WHAT, WHAT_PICKS, MEANS = "incidents-act-box", "incidents-what", "incidents-what-picks", "incidents-means"
OWNER, TEXT, SEVERITY, SNOOZE, OTHERS, PARTS = (
    "incidents-owner", "incidents-text", "incidents-severity", "incidents-snooze", "incidents-others", "incidents-parts",
)  # fmt: skip
OTHERS_PICKS, PARTS_PICKS = "incidents-others-picks", "incidents-parts-picks"
FIELDS = (OWNER, TEXT, SEVERITY, SNOOZE, OTHERS, PARTS)  # each stands in a box that is shown where it is needed
WHO, DO, ANSWER = "incidents-who", "incidents-do", "incidents-answer"
FORM = "incidents-form"  # numbers of the forms: sent twice, it is stored once

# opening one, and maintenance windows
PLAN_BOX, OPEN_BOX = "incidents-plan-box", "incidents-open-box"
OPEN, OPEN_KIND, OPEN_DISTRICTS, OPEN_SINCE, OPEN_WHY, OPEN_WHO, OPEN_DO, OPEN_CLOSE, OPEN_ANSWER = (
    "incidents-open", "incidents-open-kind", "incidents-open-districts", "incidents-open-since", "incidents-open-why", "incidents-open-who",
    "incidents-open-do", "incidents-open-close", "incidents-open-answer",
)  # fmt: skip
WINDOW_BOX, WINDOW_DISTRICTS, WINDOW_BEGINS, WINDOW_ENDS, WINDOW_WHY, WINDOW_WHO, WINDOW_DO, WINDOW_CLOSE, WINDOW_ANSWER = (
    "incidents-window-box", "incidents-window-districts", "incidents-window-begins", "incidents-window-ends", "incidents-window-why",
    "incidents-window-who", "incidents-window-do", "incidents-window-close", "incidents-window-answer",
)  # fmt: skip
WINDOW, END_WINDOW, END_WHO = "incidents-window", "incidents-end-window", "incidents-end-who"


def box(field: str) -> str:
    """The box around a field."""
    return f"{field}-box"
