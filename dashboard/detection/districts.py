"""The state of every district at one moment, and the evidence in words for who asks. Vectorised; words are made on demand.

The order of the states: no data, own line or down, degraded, slow, ok.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.detection.columns import UPLOAD
from dashboard.detection.everywhere import Everywhere
from dashboard.detection.lines import NOBODY, OWN_LINE, REGISTRY, Lengths, Lines, carries, witnesses
from dashboard.detection.rules import Finding
from dashboard.detection.series import Series
from dashboard.detection.states import DistrictState
from dashboard.detection.windows import (
    ANCHORS,
    ANCHORS_FAILED,
    ANSWERED,
    PINGS,
    PINGS_FAILED,
    UPLOADS,
    UPLOADS_FAILED,
    Windows,
)
from dashboard.detection.words import mostly, seconds, span

_STATES = tuple(DistrictState)
_OK, _SLOW, _DEGRADED, _DOWN, _OWN, _SILENT = (
    _STATES.index(state)
    for state in (
        DistrictState.OK, DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN, DistrictState.OWN_LINE,
        DistrictState.NO_DATA,
    )
)  # fmt: skip
IN_A_ROW = 3  # uploads without an answer; and slow districts beside them
_FEW = 6  # checks in the long window below which a share of errors says nothing


@dataclass(frozen=True)
class Picture:
    """Arrays of districts; `evidence` holds the words of those that are not ok."""

    state: Any
    since: Any
    pages: Any
    uploads: Any  # seconds of the newest good uploads, newest first: samples x districts; nan where there is none
    evidence: Mapping[int, str]


class Findings(Mapping[int, Finding]):
    """Findings by LGD code, each made when it is asked for."""

    def __init__(self, codes: Sequence[int], places: Mapping[int, int], picture: Picture) -> None:
        self._codes, self._places, self._picture = codes, places, picture

    def __getitem__(self, code: int) -> Finding:
        place, taken = self._places[code], self._picture
        state, since = _STATES[taken.state[place]], float(taken.since[place])
        times = taken.uploads[:, place]
        times = times[np.isfinite(times)]
        low, high = (float(times.min()), float(times.max())) if len(times) else (None, None)
        if place in taken.evidence:
            slow = state is DistrictState.SLOW or "uploads take" in taken.evidence[place]
            span_s = (low, high) if slow else (None, None)
            return Finding(state, since, taken.evidence[place], *span_s, pages=bool(taken.pages[place]))
        words = f"uploads take {span(low, high)}" if low is not None and high is not None else "checks answer"
        return Finding(state, since, words, pages=False)

    def __iter__(self) -> Iterator[int]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def in_state(self, *states: DistrictState) -> tuple[int, ...]:
        """Codes in one of the states, without making words."""
        wanted = np.isin(self._picture.state, [_STATES.index(state) for state in states])
        return tuple(self._codes[int(place)] for place in np.flatnonzero(wanted))


def picture(
    windows: Windows,
    series: Series,
    lines: Lines,
    everywhere: Everywhere,
    lengths: Lengths,
    moment: tuple[float, float],
) -> Picture:
    """The state of every district; `moment` is now and since when we listen."""
    now, listening = moment
    size = len(series.heard)
    state, since = np.full(size, _OK), np.full(size, now)
    pages = np.zeros(size, bool)
    newest = np.exp(series.newest[: everywhere.held, UPLOAD])
    kept = np.where(np.arange(len(newest))[:, None] < series.good[UPLOAD], newest, np.nan)
    unworkable = series.was_slow & (newest.min(axis=0) >= everywhere.unworkable_s)
    wrong, clean = _errors(windows, lines, everywhere, lengths)
    raised = series.was_raised | series.was_slow
    silent = now - series.heard > lengths.nodata
    verdict, slow_most = lines.verdict, slowest(hung(windows, series, lines, lengths), others_slow(series, lines))
    apart = everywhere.others_err < everywhere.state_err_max and not everywhere.in_doubt
    for chosen, value, from_, told in (
        (raised, _SLOW, series.slow_from, series.was_slow),
        (unworkable, _DEGRADED, series.slow_from, unworkable),
        (wrong, _DEGRADED, np.full(size, now - lengths.local), clean),
        (verdict == REGISTRY, _DOWN, lines.since, np.full(size, apart)),
        (slow_most, _DEGRADED, lines.since, np.full(size, apart)),
        (verdict == OWN_LINE, _OWN, lines.since, np.full(size, apart)),
        (silent, _SILENT, _silent_since(series, listening, now, lengths), np.full(size, not everywhere.doubtful)),
    ):
        state[chosen], since[chosen], pages[chosen] = value, from_[chosen], told[chosen]
    words = _words((windows, series, lines, lengths), state, wrong, kept, now)
    return Picture(state, since, pages, kept, words)


def hung(windows: Windows, series: Series, lines: Lines, lengths: Lengths) -> Any:
    """Districts whose uploads get no answer, and whose pings do, by the registry's fault."""
    counts = windows.count(lengths.local)
    unanswered = (series.uploads_failed >= IN_A_ROW) & (counts[ANSWERED] == 0)
    return (lines.verdict == REGISTRY) & unanswered & carries(counts)


def others_slow(series: Series, lines: Lines) -> int:
    """How many districts are slow that do not fail."""
    return int(((series.was_raised | series.was_slow) & (lines.verdict == NOBODY)).sum())


def slowest(stuck: Any, slow: int) -> Any:
    """Of the hung districts those that are the slowest of a slow registry: all, where more others are slow."""
    return stuck & (slow > max(int(stuck.sum()), IN_A_ROW - 1))


def _silent_since(series: Series, listening: float, now: float, lengths: Lengths) -> Any:
    """A district never heard is silent since we listen, once that is long enough; right after our start it is silent since now."""
    never = listening if now - listening > lengths.nodata else now
    return np.where(np.isfinite(series.heard), series.heard, never)


def _errors(windows: Windows, lines: Lines, everywhere: Everywhere, lengths: Lengths) -> tuple[Any, Any]:
    """Districts of whose checks a part fails, over the long window and still over the short one, and whose line is not bad."""
    long, short = windows.count(max(everywhere.err_window_s, 10 * lengths.round)), windows.count(lengths.short)
    checks = long[PINGS] + long[UPLOADS]
    share = _share(long)
    lost, asked = long[ANCHORS_FAILED], long[ANCHORS]
    wrong = (checks >= _FEW) & (share > everywhere.err) & (_share(short) > everywhere.err) & (lost * 2 <= asked)
    return wrong & ~lines.waiting, lost == 0


def _share(counts: Any) -> Any:
    return (counts[PINGS_FAILED] + counts[UPLOADS_FAILED]) / np.maximum(1, counts[PINGS] + counts[UPLOADS])


Memory = tuple[Windows, Series, Lines, Lengths]


def _words(memory: Memory, state: Any, wrong: Any, uploads: Any, now: float) -> dict[int, str]:
    """Evidence of each district that is not ok."""
    windows, series, lines, lengths = memory
    told: dict[int, str] = {}
    bad = np.isin(state, (_DOWN, _OWN)) | ((state == _DEGRADED) & (lines.verdict == REGISTRY))
    failing = np.flatnonzero(bad)
    asked, lost = witnesses(windows, series, lengths)
    for place in failing:
        told[int(place)] = _failing(memory, int(place), int(asked[place]), int(lost[place]), state[place] == _OWN, now)
    for place in np.flatnonzero(np.isin(state, (_SLOW, _DEGRADED)) & ~bad):
        told[int(place)] = _slow(memory, int(place), bool(wrong[place]), uploads)
    for place in np.flatnonzero(state == _SILENT):
        told[int(place)] = _silent(series, int(place), lengths, now)
    return told


def _failing(memory: Memory, place: int, asked: int, lost: int, own: bool, now: float) -> str:
    windows, series, lines, lengths = memory
    span_s = min(lengths.local, max(now - lines.since[place], lengths.newest))
    counts, reasons = windows.count(span_s)[:, place], mostly(windows.reasons(span_s, [place]))
    checks, failed = counts[PINGS] + counts[UPLOADS], counts[PINGS_FAILED] + counts[UPLOADS_FAILED]
    if series.uploads_failed[place] and failed == counts[UPLOADS_FAILED] and counts[PINGS]:
        long = mostly(windows.reasons(now - series.uploads_fail_from[place] + lengths.round, [place]))
        return f"the last {series.uploads_failed[place]} uploads fail ({long})"
    words = f"{failed} of {checks} checks fail ({reasons})"
    if own:
        return (
            f"{words}, and {lost} of {asked} of the neutral host too"
            if asked
            else f"{words}, and no neutral host is heard"
        )
    return f"{words}; the neutral host answers {asked - lost} of {asked}" if asked else words


def _slow(memory: Memory, place: int, wrong: bool, uploads: Any) -> str:
    windows, series, _, _ = memory
    if wrong:
        share = float(_share(windows.count(windows.bin_s * windows.bins)[:, place]))
        return f"{share:.0%} of its checks fail ({mostly(windows.reasons(windows.bin_s * windows.bins, [place]))})"
    times = uploads[:, place]
    if not np.isfinite(times).any():  # slow by its pings, before an upload was seen
        return "its checks take longer than usual"
    usual = f", usually {seconds(float(np.exp(series.base[UPLOAD, place])))}" if series.warm[UPLOAD, place] else ""
    return f"uploads take {span(float(np.nanmin(times)), float(np.nanmax(times)))}{usual}"


def _silent(series: Series, place: int, lengths: Lengths, now: float) -> str:
    if now - series.offline[place] <= lengths.nodata:
        return "its agent has no network"
    return "no sample arrives" if np.isfinite(series.heard[place]) else "nothing measured yet"
