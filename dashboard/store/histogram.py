"""A histogram of durations whose buckets grow by 2**(1/16), as Prometheus native histograms of schema 4.

Quantiles read from it are within 2.19 % of exact (half a bucket, on a log scale). Histograms merge by adding counts, so the
p95 of an hour comes from its samples and never from an average of p95s.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

PER_DOUBLING = 16
BUCKETS = 40 * PER_DOUBLING  # up to 2**40 microseconds, twelve days
_PAIR = np.dtype([("bucket", "<u2"), ("count", "<u4")])


def encode(durations_us: Sequence[int] | NDArray[np.int64]) -> bytes:
    """Histogram of durations in microseconds (below 1 counts as 1); no durations give b""."""
    values = np.maximum(np.asarray(durations_us, dtype=np.float64), 1.0)
    index = np.minimum(np.ceil(np.log2(values) * PER_DOUBLING), BUCKETS - 1).astype(np.uint16)
    bucket, count = np.unique(index, return_counts=True)
    pairs = np.empty(len(bucket), dtype=_PAIR)
    pairs["bucket"], pairs["count"] = bucket, count
    return pairs.tobytes()


def merge(histograms: Iterable[bytes]) -> NDArray[np.int64]:
    """Counts per bucket, shape (BUCKETS,), of all the histograms together."""
    counts = np.zeros(BUCKETS, dtype=np.int64)
    for histogram in histograms:
        pairs = np.frombuffer(histogram, dtype=_PAIR)
        counts[pairs["bucket"]] += pairs["count"]
    return counts


def quantile(counts: NDArray[np.int64], share: float) -> float | None:
    """The duration in seconds that `share` (0 to 1) of the counted do not exceed; None when nothing was counted."""
    total = int(counts.sum())
    if total == 0:
        return None
    bucket = int(np.searchsorted(np.cumsum(counts), share * total, side="left"))
    return float(2.0 ** ((bucket - 0.5) / PER_DOUBLING) / 1e6)


def counted_under(histograms: Sequence[bytes], limits_s: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
    """How many durations of each histogram are within its limit in seconds: shape (len(histograms),).

    A limit is moved to the nearest edge between two buckets, at most 2.19 % away.
    """
    pairs = np.frombuffer(b"".join(histograms), dtype=_PAIR)
    owner = np.repeat(np.arange(len(histograms)), [len(one) // _PAIR.itemsize for one in histograms])
    edges = np.round(np.log2(np.asarray(limits_s, dtype=np.float64) * 1e6) * PER_DOUBLING)
    within = pairs["bucket"] <= edges[owner]
    return np.bincount(owner[within], weights=pairs["count"][within], minlength=len(histograms)).astype(np.int64)
