"""What is found of one district: its state, since when, and the evidence in words. The order of the states stands in districts.py."""

from dataclasses import dataclass

from dashboard.detection.states import DistrictState


@dataclass(frozen=True)
class Finding:
    """The state, since when (seconds UTC), the evidence in words, upload seconds if they matter.

    `pages`: worth an incident. Without it the state colours the map and nobody is told.
    """

    state: DistrictState
    since: float
    evidence: str
    low_s: float | None = None
    high_s: float | None = None
    pages: bool = True
