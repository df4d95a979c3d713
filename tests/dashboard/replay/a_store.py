"""The made-up day of a_day.py as a control room has it in its store: agent, series, samples and reported doses."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from dashboard.settings import ControlRoomFile
from dashboard.store import schema
from probes.sample import Reason
from tests.dashboard.replay import a_day
from tests.dashboard.replay.a_day import DAY, NAMES, Report, Row
from tests.places import example
from tests.stores import fresh_store

_KINDS = {"ping": "http", "upload": "upload", "anchor": "anchor"}
_REASONS = {"": Reason.NONE, "connect": Reason.REFUSED, "http": Reason.HTTP_STATUS}


@cache
def room() -> ControlRoomFile:
    """The example with the twelve districts of the day; its calendar holds sessions on it."""
    named = tuple(district for district in example().districts if district.name in NAMES)
    return example().model_copy(update={"districts": named, "joint_areas": ()})


def stored(file: Path, samples: Iterable[Row], reports: Iterable[Report] = ()) -> Engine:
    """A store with these rows of `a_day.samples` and `a_day.doses`."""
    engine = fresh_store(file)
    codes = {district.name: district.code for district in room().districts}
    ids = {(name, check): number for number, (name, check) in enumerate((n, c) for n in NAMES for c in _KINDS)}
    with engine.begin() as connection:
        connection.execute(
            insert(schema.agent), [{"agent_id": 1, "name": "a", "token_sha256": "0" * 64, "added_ms": 0}]
        )
        boot = {"boot_id": 1, "agent_id": 1, "boot": "1" * 32, "first_ms": 0, "last_ms": 0, "skew_ms": 0, "dropped": 0}
        connection.execute(insert(schema.boot), [boot])
        connection.execute(insert(schema.series), [
            {"series_id": number, "district": codes[name], "check_name": check, "kind": _KINDS[check], "vantage": f"agent-{name}"}
            for (name, check), number in ids.items()
        ])  # fmt: skip
        rows = [_sample(row, ids[row[1], row[3]], seq) for seq, row in enumerate(samples, start=1)]
        connection.execute(insert(schema.sample), rows)
        told = [figure for report in reports for figure in _figures(report, codes)]
        if told:
            once = {
                (f["place"], f["kind"], f["as_of_ms"]): f for f in reversed(told)
            }  # a target is heard with the first report
            connection.execute(insert(schema.figure), list(once.values()))
    return engine


def _sample(row: Row, series_id: int, seq: int) -> dict[str, Any]:
    stamp, _, _, _, ok, status, error, took_ms = row
    ended_ms = int(datetime.fromisoformat(stamp).timestamp() * 1000)
    return {
        "boot_id": 1, "seq": seq, "series_id": series_id, "started_ms": ended_ms - took_ms, "received_ms": ended_ms,
        "outcome": "ok" if ok else "failed", "reason": str(_REASONS.get(error.partition("_")[0], error)), "status": status or None,
        "total_us": took_ms * 1000, "bytes_up": 0, "bytes_down": 0, "lateness_us": 0, "detail": "",
    }  # fmt: skip


def _figures(report: Report, codes: dict[str, int]) -> Iterable[dict[str, Any]]:
    told, name, day, given, target = report
    told_ms = int(datetime.fromisoformat(told).timestamp() * 1000)
    same = {
        "place": str(codes[name]), "day": day, "received_ms": told_ms, "said": "", "source": "the district", "who": "",
        "status": "provisional", "note": "", "rehearsed": 0,
    }  # fmt: skip
    yield {**same, "kind": "reported", "value": given, "as_of_ms": told_ms, "hour_known": 1}
    yield {**same, "kind": "target", "value": target, "as_of_ms": 0, "hour_known": 0}


def moment(hour: str) -> float:
    """Seconds since 1970 UTC of an hour of the day."""
    return a_day.at(hour, DAY)
