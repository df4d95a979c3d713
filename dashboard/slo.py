"""The budget of bad checks of a session day: what is left of it, and how fast it is spent. Pure; a view that pages nobody.

A check is good when it is ok and under the limit of its kind. Burn rates and their windows: Google, The Site Reliability Workbook,
chapter 5, "multiwindow, multi-burn-rate alerts".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.settings.thresholds import Slo

CELL_MS: Final = 300_000
MINUTE_MS: Final = 60_000
WHOLE_STATE: Final = 0
WINDOWS: Final = {"5m": 5, "30m": 30, "1h": 60, "6h": 360}  # minutes
FAST: Final = ("1h", "5m")  # the long window first
SLOW: Final = ("6h", "30m")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Checks:
    """Checks in cells of five minutes: arrays of one length, an element for each district, kind and cell in which there was any.

    `counted` are those that say something of the registry (ok or failed), `tried` also the unknown ones, `bad` those of `counted`
    that failed or took longer than the limit. `kind` is a number, the same for checks of one kind.
    """

    district: Ints
    kind: Ints
    start_ms: Ints
    tried: Ints
    counted: Ints
    bad: Ints


@dataclass(frozen=True)
class Session:
    """A day's sessions, in ms since 1970 UTC: from the first opening, at the full five minutes, to the last closing.

    `sits` has a row for each district, in the order of `codes` (LGD), and a column for each cell from `opens_ms` on: True where
    the district holds a session and no work is planned.
    """

    opens_ms: int
    closes_ms: int
    codes: tuple[int, ...]
    sits: NDArray[np.bool_]

    def holds(self, district: Ints, start_ms: Ints) -> NDArray[np.bool_]:
        """Which of these cells lie in a session of their district."""
        codes, which = np.unique(district, return_inverse=True)
        row = np.array([self._rows.get(int(code), -1) for code in codes], dtype=np.int64)[which]
        column = (start_ms - self.opens_ms) // CELL_MS
        inside = (row >= 0) & (column >= 0) & (column < self.sits.shape[1])
        held: NDArray[np.bool_] = inside & self.sits[np.where(inside, row, 0), np.where(inside, column, 0)]
        return held

    def without(self, codes: Collection[int], begins_ms: int, ends_ms: int) -> "Session":
        """The same but for the cells that this span touches in these districts; codes of no session are left aside."""
        starts = self.opens_ms + CELL_MS * np.arange(self.sits.shape[1])
        spared = np.isin(self.codes, list(codes))[:, None] & (starts + CELL_MS > begins_ms) & (starts < ends_ms)
        return replace(self, sits=self.sits & ~spared)

    def is_open(self, place: int, now_ms: int) -> bool:
        """True while the place holds a session; of WHOLE_STATE: while any district does."""
        column = (now_ms - self.opens_ms) // CELL_MS
        if now_ms >= self.closes_ms or not 0 <= column < self.sits.shape[1]:
            return False
        mine = self.sits if place == WHOLE_STATE else self.sits[self._rows[place]]
        return bool(np.any(mine[..., column]))

    def cells(self, codes: Ints) -> Ints:
        """How many cells the sessions of these districts have."""
        rows = [self._rows[int(code)] for code in codes]
        counted: Ints = self.sits[rows].sum(axis=1)
        return counted

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {code: row for row, code in enumerate(self.codes)}


class Budget(NamedTuple):
    """A place's day. `allowed` bad checks are one in a hundred, at a target of 0.99, of those planned.

    `left` is the share of the budget that is left, below 0 when overspent; None before the first five minutes are over. `burn` by
    window is how many times faster than allowed checks were bad; None outside the session, or where too few were counted.
    """

    allowed: float
    counted: int
    bad: int
    left: float | None
    burn: Mapping[str, float | None]

    def burns(self, windows: tuple[str, str], factor: float) -> bool:
        """Both windows are above the factor: it goes on, and it goes on now."""
        rates = [self.burn[window] for window in windows]
        return all(rate is not None and rate > factor for rate in rates)


def budgets(checks: Checks, session: Session, now_ms: int, rules: Slo) -> dict[int, Budget]:
    """The budgets of the districts (LGD code) that were measured in the session, and of all of them together (WHOLE_STATE)."""
    measured = _held(checks, session, now_ms)
    codes, place = np.unique(measured.district, return_inverse=True)
    planned = _usual(measured, now_ms, len(codes), place) * session.cells(codes)
    burn = {window: _burn(measured, place, len(codes), now_ms, minutes, rules) for window, minutes in WINDOWS.items()}
    counted, bad = (_sums(values, place, len(codes)) for values in (measured.counted, measured.bad))
    allowed = np.concatenate([[planned.sum()], planned]) * (1 - rules.target)
    found = {}
    for n, code in enumerate([WHOLE_STATE, *map(int, codes)]):
        is_open = session.is_open(code, now_ms)
        rates = {window: rate[n] if is_open else None for window, rate in burn.items()}
        left = 1 - float(bad[n] / allowed[n]) if allowed[n] else None
        found[code] = Budget(float(allowed[n]), int(counted[n]), int(bad[n]), left, rates)
    return found


def course(
    checks: Checks, session: Session, now_ms: int, budget: Budget, place: int = WHOLE_STATE
) -> list[tuple[int, float]]:
    """What was left of a place's budget at the end of each cell of the session, up to now: (ms, share)."""
    if budget.left is None:
        return []
    measured = _held(checks, session, now_ms)
    mine = np.ones(len(measured.bad), dtype=bool) if place == WHOLE_STATE else measured.district == place
    starts = np.arange(session.opens_ms, min(session.closes_ms, now_ms), CELL_MS)
    cell = (measured.start_ms[mine] - session.opens_ms) // CELL_MS
    spent = np.cumsum(np.bincount(cell, weights=measured.bad[mine], minlength=len(starts)))
    ends = np.minimum(starts + CELL_MS, now_ms)
    left = [(int(at), 1 - float(bad) / budget.allowed) for at, bad in zip(ends, spent, strict=True)]
    return [(session.opens_ms, 1.0), *left]


def _held(checks: Checks, session: Session, now_ms: int) -> Checks:
    stays = session.holds(checks.district, checks.start_ms) & (checks.start_ms < now_ms)
    return Checks(*(values[stays] for values in vars(checks).values()))


def _sums(values: Ints, place: NDArray[np.intp], count: int) -> Ints:
    """The whole first, then each place."""
    sums = np.bincount(place, weights=values, minlength=count).astype(np.int64)
    return np.concatenate([[sums.sum()], sums])


def _usual(measured: Checks, now_ms: int, count: int, place: NDArray[np.intp]) -> NDArray[np.float64]:
    """A place's usual number of checks in five minutes: the median over cells that are over, kinds added up.

    The control room does not know the agents' intervals; a place that falls silent still has its plan.
    """
    over = measured.start_ms + CELL_MS <= now_ms
    key = measured.kind[over] * count + place[over]
    order = np.argsort(key, kind="stable")
    keys, begins = np.unique(key[order], return_index=True)
    tried, usual = measured.tried[over][order], np.zeros(count)
    for which, (begin, end) in zip(keys, pairwise([*begins, len(tried)]), strict=True):
        usual[which % count] += np.median(tried[begin:end])
    return usual


def _burn(
    measured: Checks, place: NDArray[np.intp], count: int, now_ms: int, minutes: int, rules: Slo
) -> list[float | None]:
    """Bad share over a window against the allowed share; the window is made of whole cells, the present one among them."""
    begins_ms = (now_ms - minutes * MINUTE_MS) // CELL_MS * CELL_MS
    lately = measured.start_ms >= begins_ms
    counted, bad = (_sums(values[lately], place[lately], count) for values in (measured.counted, measured.bad))
    return [
        float(one_bad / one_counted / (1 - rules.target)) if one_counted >= rules.min_checks else None
        for one_bad, one_counted in zip(bad, counted, strict=True)
    ]
