"""The words of pace and of what incidents cost, and how they are computed. docs/doses.md, section Formulas, says the same. Pure."""

from typing import Final

from dashboard.doses.pace import ENOUGH_DAYS

COMPUTED: Final = (
    (
        "Expected by now",
        "= target × usual turnout × share of a day's doses usually given by this hour. Both come from the place's own quiet days of the "
        "last three weeks: session days that no incident, no suspension and no planned downtime touched, with a target and an evening "
        "figure. Middle: the median day; in small: the lowest and the highest day. In planned downtime and while sessions are suspended "
        "nothing more is expected, nor later in its place.",
    ),
    (
        "Of the state, and of an area of several districts,",
        "planned downtime or a suspension of some districts takes off their part: each counts by its target; what the state's target "
        "leaves is shared evenly among districts without one. A line under the table says when it is so.",
    ),
    (
        f"Before {ENOUGH_DAYS} quiet days are known",
        "it is a straight line through the session hours, from nobody comes to every place is filled. Where days were told only in the "
        "evening, the turnout is theirs and the hours are a straight line.",
    ),
    (
        "Behind",
        "= expected − reported, both at the hour of the figure, at least 0. These doses may still be given today. The sum adds what is "
        "behind: a district ahead makes up for none of it.",
    ),
    (
        "Forecast at close",
        "= reported + target × usual turnout × (1 − share by that hour): the rest of the day at its usual pace, nothing made up for.",
    ),
    (
        "Delayed during an incident",
        "= doses expected at the district's own pace before it − doses reported meanwhile, up to its newest report, with a 90 % interval "
        "(the spread of its counts, and a share of all districts together). Said only when the whole interval is above 0.",
    ),
    (
        "Deferred during an incident",
        "= usual turnout × target − final report, over its districts; the other end is scaled by what the districts that nothing touched "
        "did that day. Widened by the usual ups and downs of the turnout (90 %), and no more than was to be expected while it lasted. "
        "Said once the evening has told, and only when the whole range is above 0.",
    ),
    (
        "Assumed:",
        "a day like the quiet days; nobody went elsewhere; all districts met the same day. Sums add the ends too, so they are wide. "
        "All of it is during an incident, which names no cause.",
    ),
)  # fmt: skip
NOTHING_TOLD: Final = "no shortfall can be told from the figures"
