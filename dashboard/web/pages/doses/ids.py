"""Ids of the doses page. Sort buttons and values have patterns: {"type": SORT, "column": …}, {"type": VALUE, "place": …, "kind": …}."""

START = "doses-start"
TICK = "doses-tick"
DAY = "doses-day"
MOMENTS = "doses-moments"  # the as-of moments of the chosen day, in ms; the slider counts along them
SLIDER = "doses-slider"
BEFORE, AFTER, LATEST = "doses-before", "doses-after", "doses-latest"
SORT, VALUE = "doses-sort", "doses-value"
ORDER = "doses-order"
CHOSEN = "doses-chosen"
HEAD, TABLE, CARDS = "doses-head", "doses-table", "doses-cards"
CHART = "doses-chart"
MOMENT = "doses-moment"
EXPORT = "doses-export"
VIEW = "view"  # theme and size, written by assets/00-tikawatch.js
