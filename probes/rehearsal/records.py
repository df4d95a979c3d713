"""The records that the stand-in holds: synthetic ones only, in memory. Over the bounds below, the oldest go first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

MAX_RECORDS: Final = 20_000
MAX_BYTES: Final = 67_108_864
_Key = tuple[int, str]


class NotTaken(Exception):
    """A record that the registry does not take: `field` is wrong, `str()` says why, `hint` what to write."""

    def __init__(self, why: str, where: str, hint: str) -> None:
        self.field, self.hint = where, hint
        super().__init__(why)


@dataclass(frozen=True)
class _Held:
    body: bytes
    visible_at: float


class Records:
    """Keyed by district and record id; `now` and `visible_at` are seconds of one monotonic clock."""

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._held: OrderedDict[_Key, _Held] = OrderedDict()
        self._bytes = 0
        self._max_records, self._max_bytes = max_records, max_bytes

    def __len__(self) -> int:
        return len(self._held)

    def put(self, district: int, record: str, body: bytes, visible_at: float) -> None:
        """Keep a record, to be seen from `visible_at` on. The same id again replaces it."""
        self.remove(district, record)
        self._held[district, record] = _Held(body, visible_at)
        self._bytes += len(body)
        while len(self._held) > self._max_records or self._bytes > self._max_bytes:
            _, gone = self._held.popitem(last=False)
            self._bytes -= len(gone.body)

    def seen(self, district: int, record: str, now: float) -> bytes | None:
        """The record as it was sent; None when there is none or it is not visible yet."""
        held = self._held.get((district, record))
        return held.body if held and held.visible_at <= now else None

    def remove(self, district: int, record: str) -> None:
        gone = self._held.pop((district, record), None)
        self._bytes -= len(gone.body) if gone else 0


def record_id(record: Any) -> str:
    """The id of a synthetic record; NotTaken for anything that could be a person's."""
    if not isinstance(record, dict):
        raise NotTaken("the record is not a JSON object", "", 'Send {"id": "…", "synthetic": true, …}')
    if record.get("synthetic") is not True:
        raise NotTaken("only synthetic records are taken", "synthetic", 'Mark the record with "synthetic": true')
    name = record.get("id")
    if not isinstance(name, str) or not 1 <= len(name) <= 128 or "/" in name:
        raise NotTaken("the record has no usable id", "id", "Give it an id of 1 to 128 characters without a slash")
    return name
