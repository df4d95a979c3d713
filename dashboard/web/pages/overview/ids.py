"""Names of the overview's elements, shared by layout, callbacks, assets and tests."""

from typing import Final

TICK: Final = "tick"
HEARD: Final = "heard"  # the server's clock, newest sample, versions of what was sent
SNAPSHOT: Final = "snapshot"
DAY: Final = "day"
VIEW: Final = "view"  # {"theme", "size"} of this viewer
SELECTED: Final = "selected"  # {"code", "n"} of the open district panel
PANEL: Final = "panel"
ASK: Final = "ask"  # {"incident", "step", "who", "n"}: it was acknowledged
ASK_WHO: Final = "ask-who"
ANSWER: Final = "answer"
STATIC: Final = "static"  # glyphs and settings the assets need, given once
DAY_CHART: Final = "day-chart"
PANEL_CHART: Final = "panel-chart"
