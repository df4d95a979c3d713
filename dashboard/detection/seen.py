"""A sample as the judgement reads it."""

from typing import NamedTuple

from probes.sample import CheckKind, Outcome, Reason


class Seen(NamedTuple):
    """A stored sample as the judgement reads it; times in seconds, `at` is its end by our clock."""

    sample_id: int
    district: int
    kind: CheckKind
    vantage: str
    started_ms: int
    at: float
    total: float
    outcome: Outcome
    reason: Reason
    answered: bool = False  # the target sent an HTTP status
