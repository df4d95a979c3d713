"""Samples as columns, as the judgement takes them in: one array a field, one row a sample."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dashboard.detection.seen import Seen
from probes.sample import CheckKind, Outcome, Reason

PING, UPLOAD, ANCHOR = 0, 1, 2
KIND_OF = {CheckKind.HTTP: PING, CheckKind.UPLOAD: UPLOAD, CheckKind.ANCHOR: ANCHOR}
OUTCOMES = tuple(Outcome)
REASONS = tuple(Reason)
_OUTCOME_OF = {outcome: index for index, outcome in enumerate(OUTCOMES)}
_REASON_OF = {reason: index for index, reason in enumerate(REASONS)}


class Columns(NamedTuple):
    """Arrays of one length. `at` is the end of a sample by our clock and `total` its length, in seconds."""

    district: Any  # position in the judge's list of districts
    kind: Any  # PING, UPLOAD or ANCHOR
    at: Any
    total: Any
    failed: Any
    offline: Any  # the agent itself had no network: nothing can be said
    reason: Any  # index in REASONS
    answered: Any  # the target sent an HTTP status

    def rows(self, chosen: Any) -> "Columns":
        """The chosen rows, by mask, slice or index."""
        return Columns(*(column[chosen] for column in self))

    def __bool__(self) -> bool:
        return len(self.at) > 0


def of_seen(samples: Iterable[Seen], places: Mapping[int, int]) -> Columns:
    """Columns of samples. Left out are districts that have no place, an unknown that is not offline, and the kinds that
    are shown and not judged: they measure a part of the road (a name, a port, a certificate, a message)."""
    taken = [
        (
            places[seen.district], KIND_OF[seen.kind], seen.at, seen.total, seen.outcome is Outcome.FAILED,
            seen.outcome is Outcome.UNKNOWN, _REASON_OF[seen.reason], seen.answered,
        )
        for seen in samples
        if seen.kind in KIND_OF
        and seen.district in places
        and (seen.outcome is not Outcome.UNKNOWN or seen.reason is Reason.AGENT_OFFLINE)
    ]  # fmt: skip
    if not taken:
        return _NONE
    district, kind, at, total, failed, offline, reason, answered = zip(*taken, strict=True)
    return Columns(
        np.array(district), np.array(kind), np.array(at, dtype=np.float64), np.array(total, dtype=np.float64),
        np.array(failed), np.array(offline), np.array(reason), np.array(answered),
    )  # fmt: skip


def joined(parts: list[Columns]) -> Columns:
    """One table of several, ordered by the end of the samples."""
    if not parts:
        return _NONE
    whole = Columns(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if len(parts) > 1 else parts[0]
    return whole.rows(np.argsort(whole.at, kind="stable"))


_NONE = Columns(
    np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool),
    np.zeros(0, np.int64), np.zeros(0, bool),
)  # fmt: skip
