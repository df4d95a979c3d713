"""Why, and why not: each rule of the judgement for one district or the state, as it stood at the judge's newest tick.

Values are the judge's own; what it does not keep is computed by the same functions. A test compares every reason with the findings
and claims of whole replayed days.
"""

from dashboard.detection.explain import district, division, wide
from dashboard.detection.explain.look import Look
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
