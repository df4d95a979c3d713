"""Ids of the doses page. Sort buttons and values have patterns: {"type": SORT or SORT_PACE, "column": …}, {"type": VALUE, "place": …}."""

START = "doses-start"
TICK = "doses-tick"
DAY = "doses-day"
MOMENTS = "doses-moments"  # the as-of moments of the chosen day, in ms; the slider counts along them
SLIDER = "doses-slider"
BEFORE, AFTER, LATEST = "doses-before", "doses-after", "doses-latest"
SORT, SORT_PACE, VALUE = "doses-sort", "doses-sort-pace", "doses-value"
ORDER, ORDER_PACE = "doses-order", "doses-order-pace"
CHOSEN = "doses-chosen"
SHOW, SHOWN, SWITCH = (
    "doses-show",
    "doses-shown",
    "doses-switch",
)  # which of the two tables is shown: "counts" or "pace"
PACE_BOX = "doses-pace-box"
PACE, PACE_NOTES, COSTS = "doses-pace", "doses-pace-notes", "doses-costs"
HEAD, TABLE, CARDS = "doses-head", "doses-table", "doses-cards"
CHART = "doses-chart"
MOMENT = "doses-moment"
EXPORT, EXPORT_PACE = "doses-export", "doses-export-pace"
VIEW = "view"  # theme and size, written by assets/00-tikawatch.js
