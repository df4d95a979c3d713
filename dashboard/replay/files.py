"""The files of a replay: samples and doses as CSV (plain or .gz), and a config that may be the control room's or thresholds alone.

Columns of samples: ts, district, vantage, check, ok, status, error, total_ms. Of doses: reported_at, district, day,
cumulative_doses, target. Times are ISO 8601 with an offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboard.detection.columns import ANCHOR, PING, REASONS, UPLOAD
from dashboard.settings import STATE_PLACE
from probes.sample import Reason

_SAMPLES = ("ts", "district", "vantage", "check", "ok", "status", "error", "total_ms")
_DOSES = ("reported_at", "district", "day", "cumulative_doses", "target")
_KINDS = {"ping": PING, "http": PING, "upload": UPLOAD, "anchor": ANCHOR}
_REASONS = {
    "": Reason.NONE, "timeout": Reason.TIMEOUT, "dns": Reason.DNS, "connect": Reason.REFUSED, "refused": Reason.REFUSED,
    "reset": Reason.RESET, "tls": Reason.TLS, "net_unreach": Reason.UNREACHABLE, "unreachable": Reason.UNREACHABLE,
}  # fmt: skip


@dataclass(frozen=True)
class SampleTable:
    """Samples in the order of the file; `arrived` is the newest time of the file so far (seconds since 1970 UTC)."""

    names: Sequence[str]  # of districts
    vantages: Sequence[str]
    arrived: Any
    at: Any
    district: Any  # index in names
    vantage: Any  # index in vantages
    kind: Any  # PING, UPLOAD or ANCHOR
    reason: Any  # index in REASONS; NONE is an ok one
    answered: Any
    total: Any  # seconds

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class DoseReport:
    """What a district told of its day so far; `at` in seconds since 1970 UTC."""

    at: float
    district: str
    day: str
    given: int
    target: int


def read_samples(path: Path) -> SampleTable:
    """The samples of a file, without those of the whole state.

    Raises:
        ValueError: a column is missing, or a value cannot be read; the message names it.
    """
    frame = _frame(path, _SAMPLES)
    frame = frame[frame["district"] != STATE_PLACE]
    known = frame["check"].isin(_KINDS)
    if not known.all():
        raise ValueError(
            f'{path.name}: there is no check "{frame["check"][~known].iloc[0]}". Use ping, upload or anchor'
        )
    at = _seconds(path, frame["ts"])
    names, vantages = pd.factorize(frame["district"]), pd.factorize(frame["vantage"])
    status, error = _numbers(path, frame, "status"), frame["error"].to_numpy()
    good = _numbers(path, frame, "ok") > 0
    return SampleTable(
        tuple(names[1]), tuple(vantages[1]), np.maximum.accumulate(at) if len(at) else at, at, names[0], vantages[0],
        _codes(frame["check"].to_numpy(), _KINDS.__getitem__),
        np.where(good, 0, _codes(error, _reason)), (status > 0) | good, _numbers(path, frame, "total_ms") / 1000,
    )  # fmt: skip


def read_doses(path: Path) -> list[DoseReport]:
    """The dose reports of a file, in order of arrival.

    Raises:
        ValueError: a column is missing, or a value cannot be read; the message names it.
    """
    frame = _frame(path, _DOSES)
    at = _seconds(path, frame["reported_at"])
    given, target = _numbers(path, frame, "cumulative_doses"), _numbers(path, frame, "target")
    rows = [
        DoseReport(float(when), str(district), str(day), int(count), int(planned))
        for when, district, day, count, planned in zip(at, frame["district"], frame["day"], given, target, strict=True)
        if district != STATE_PLACE
    ]
    return sorted(rows, key=lambda report: report.at)


def _frame(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    wanted: Any = {name: "category" if name in ("district", "vantage", "check", "error") else str for name in columns}
    wanted |= dict.fromkeys(("ok", "status", "total_ms", "cumulative_doses", "target"), np.float64)
    try:
        frame = pd.read_csv(path, keep_default_na=False, dtype={k: v for k, v in wanted.items() if k in columns})
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text. Save it as CSV in UTF-8") from None
    except ValueError as problem:
        numbers = ", ".join(name for name in columns if wanted[name] is np.float64)
        raise ValueError(f"{path.name}: {problem}. Write plain numbers in {numbers}") from None
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ValueError(f"{path.name} has no column {missing[0]}. The first line names: {','.join(columns)}")
    return frame


def _numbers(path: Path, frame: pd.DataFrame, column: str) -> Any:
    values = frame[column].to_numpy()
    if len(values) and not np.isfinite(values).all():
        raise ValueError(f"{path.name}: a value of {column} is not a number")
    return values


def _seconds(path: Path, text: "pd.Series[Any]") -> Any:
    """Seconds since 1970 UTC; each distinct text is read once."""
    codes, distinct = pd.factorize(text)
    try:
        stamps = pd.to_datetime(pd.Index(distinct), utc=True, format="ISO8601")
    except ValueError as problem:
        raise ValueError(f"{path.name}: {problem}. Write times like 2021-01-16T03:30:00Z") from None
    return ((stamps - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)[codes]


def _codes(words: Any, code_of: Any) -> Any:
    indexes, distinct = pd.factorize(words)
    return np.array([code_of(word) for word in distinct], dtype=np.int64)[indexes]


def _reason(word: str) -> int:
    if word.startswith("http_"):
        return REASONS.index(Reason.HTTP_STATUS)
    return REASONS.index(_REASONS.get(word, Reason.PROTOCOL if word else Reason.BODY))
