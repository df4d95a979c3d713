"""Ids of the backlog page. Sort buttons and places have patterns: {"type": SORT, "column": …}, {"type": PLACE, "place": …}."""

START = "backlog-start"
TICK = "backlog-tick"
DAYS = "backlog-days"  # the days with counts, oldest first; the slider counts along them, its last step is "all that is known"
SLIDER = "backlog-slider"
BEFORE, AFTER, LATEST = "backlog-before", "backlog-after", "backlog-latest"
MOMENT = "backlog-moment"
SORT, PLACE = "backlog-sort", "backlog-place"
ORDER = "backlog-order"
CHOSEN = "backlog-chosen"  # places whose curves are drawn under the state's; null: the worst ones
RESET = "backlog-reset"
HEAD, TABLE, NOTES = "backlog-head", "backlog-table", "backlog-notes"
CHART = "backlog-chart"
CHART_TITLE = "backlog-chart-title"
EXPORT, EXPORT_COURSES = "backlog-export", "backlog-export-courses"
VIEW = "view"  # theme and size, written by assets/00-tikawatch.js
