"""Session sites of a district: each with its own figures, and their sum beside the district's own. Pure.

A site's figure is never added to its district's: the two are told by different people at different hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.doses.figure import KINDS
from dashboard.doses.versions import Beside, Chosen, Version, beside

WORDS = ("district", "site")
Key = tuple[str, str]  # place, kind


@dataclass(frozen=True)
class Site:
    """One session site; `counts` by kind of KINDS, None: not reported. A planned target stands where none was told.

    `told`: the figures behind the counts.
    """

    place: str
    name: str
    counts: Mapping[str, int | None]
    told: tuple[Version, ...]


@dataclass(frozen=True)
class DistrictSites:
    """A district's own figures, its sites, and the two beside each other by kind."""

    place: str
    name: str
    own: Mapping[str, int | None]
    sites: tuple[Site, ...]
    beside: Mapping[str, Beside]


def sites_of(
    district: tuple[str, str], sites: Sequence[tuple[str, str, int | None]], chosen: Mapping[Key, Chosen]
) -> DistrictSites:
    """`district` is (place, name), each of `sites` (place, name, planned doses of a session day or None)."""
    place, name = district
    rows = tuple(
        Site(
            site, called, _counts(site, chosen, planned), tuple(chosen[site, kind].version for kind in KINDS if (site, kind) in chosen)
        )
        for site, called, planned in sites
    )  # fmt: skip
    own = _counts(place, chosen, None)
    return DistrictSites(place, name, own, rows, {kind: _beside(kind, own[kind], rows) for kind in KINDS})


def _counts(place: str, chosen: Mapping[Key, Chosen], planned: int | None) -> dict[str, int | None]:
    told = {kind: chosen[place, kind].value if (place, kind) in chosen else None for kind in KINDS}
    return told | ({"target": planned} if told["target"] is None else {})


def _beside(kind: str, own: int | None, sites: Sequence[Site]) -> Beside:
    values = {site.place: value for site in sites if (value := site.counts[kind]) is not None}
    return beside(own, values, [site.place for site in sites], {}, WORDS)
