"""What a standing decision silences, and in which words. The registry's own health is never silenced: it decides when to resume. Pure.

Kinds of incidents are given by their stored names, as the room of incidents stands above this one.
"""

from collections.abc import Mapping
from typing import Final, Literal

from dashboard.decisions.kinds import DecisionKind
from dashboard.decisions.standing import AS_USUAL, Standing

Judged = Literal["reported", "recorded"]  # the figures an incident was judged from
_ALL: Final = frozenset[str]({"reported", "recorded"})
_RECORDED: Final = frozenset[str]({"recorded"})
# kind of incident -> the figures whose judgement is silent
SILENT: Final[Mapping[DecisionKind, Mapping[str, frozenset[str]]]] = {
    DecisionKind.PAPER: {"dose_stall": _RECORDED, "backlog_stalled": _ALL},
    DecisionKind.SUSPEND: {"dose_stall": _ALL},
}
WORDS: Final = {
    DecisionKind.PAPER: (
        "Silent there: stalls of recorded doses and of the backlog."
        " Reported doses are still expected, the registry is still watched."
    ),
    DecisionKind.SUSPEND: "Silent there: stalls of doses and alarms of pace. The registry is still watched.",
    DecisionKind.RESUME: "Ends the silence of paper and suspension there.",
    DecisionKind.BACK_ENTRY_DONE: "Silences nothing.",
}


def silences(stands: Mapping[int, Standing], kind: str, district: int, judged: Judged = "reported") -> bool:
    """True when an incident of this kind (IncidentKind or its name) is not to be opened for a district (LGD code) now."""
    what = stands.get(district, AS_USUAL).what
    return what is not None and judged in SILENT[what].get(str(kind), frozenset())


def silenced(stands: Mapping[int, Standing], kind: str, judged: Judged = "reported") -> frozenset[int]:
    """All districts in which `silences` holds: a judge of doses gives them to Stalls.hit, so that no window reaches into that time."""
    return frozenset(code for code in stands if silences(stands, kind, code, judged))
