"""Why, and why not: each rule of the judgement for one district or the state, as it stood at the judge's newest tick.

Values are the judge's own; what it does not keep is computed by the same functions. A test compares every reason with the findings
and claims of whole replayed days.
"""

from dashboard.detection.explain import district, division, wide
from dashboard.detection.explain.look import Look
from dashboard.detection.explain.near import Near, nearest_of
from dashboard.detection.judge import Judge
from dashboard.reasons import Reason


def explain(judge: Judge, code: int | None) -> tuple[Reason, ...]:
    """The rules in the order in which they are looked at; `code` None: those of the state, with its worst divisions.

    Raises:
        KeyError: the judge does not know the district. ValueError: nothing was judged yet.
    """
    look = Look.of(judge)
    if code is None:
        return (*wide.reasons(look), *division.worst(look))
    place = judge.places[code]
    return (*wide.reasons(look), *division.reasons(look, place), *district.reasons(look, place))


def nearest(judge: Judge, code: int | None) -> Near | None:
    """The rule that came nearest and does not hold: for a district of its own and its division's, for the state (None) of all.

    Raises:
        KeyError, ValueError: as explain.
    """
    look = Look.of(judge)
    if code is None:
        return nearest_of(explain(judge, None))
    place = judge.places[code]
    return nearest_of((*district.reasons(look, place), *division.reasons(look, place)))
