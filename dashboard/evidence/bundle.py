"""Evidence of one incident as a zip: sealed bodies, their samples as CSV, a manifest of hashes, and how to read all this. Pure.

The same rows always give the same bytes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboard.doses.export import safe
from dashboard.evidence import seal
from dashboard.store.evidence import Kept

README: Final = "README.txt"
MANIFEST: Final = "manifest.json"
CHANGED: Final = "CHANGED.txt"  # only there when the store no longer holds what was sealed
_README_FILE: Final = Path(__file__).with_name("readme.txt")
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # of every entry, as a zip must name one


def bundle(incident_id: int, rows: Iterable[Kept]) -> bytes:
    """The zip. A row that no longer is what was sealed is given out as it is, and CHANGED says so.

    One step is unpacked at a time: an incident that came back all day has a hundred of 2 MB.
    """
    out, told, sealed = io.BytesIO(), dict[str, dict[str, Any]](), dict[str, str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        _put(packed, told, README, _README_FILE.read_bytes())
        for row in rows:
            sealed[f"{incident_id}-{row.step}"] = row.sha256
            for name, plain in _files_of(incident_id, row):
                _put(packed, told, name, plain)
        found = unsealed({name: entry["sha256"] for name, entry in told.items()}, sealed)
        if found:
            _put(packed, told, CHANGED, ("\n".join(found) + "\n").encode())
        _put(packed, {}, MANIFEST, _readable({"sealed": sealed, "files": told}))
    return out.getvalue()


def _files_of(incident_id: int, row: Kept) -> Iterator[tuple[str, bytes]]:
    """The evidence of a step and, where it can be read, the table of its samples."""
    name, plain = f"evidence-{incident_id}-{row.step}", seal.unpack(row.body)
    if plain is None:
        yield f"{name}.damaged", row.body
        return
    yield f"{name}.json", plain
    body = body_in(plain)
    table = None if body is None else samples_csv(body)
    if table is not None:
        yield f"samples-{incident_id}-{row.step}.csv", table


def _put(packed: zipfile.ZipFile, told: dict[str, dict[str, Any]], name: str, plain: bytes) -> None:
    packed.writestr(zipfile.ZipInfo(name, _MOMENT), plain, zipfile.ZIP_DEFLATED)
    told[name] = entry(name, plain)


def entry(name: str, plain: bytes) -> dict[str, Any]:
    """What the manifest tells of a file: its hash and length, and the hash of each part of an evidence file."""
    known: dict[str, Any] = {"sha256": seal.digest(plain), "bytes": len(plain)}
    body = body_in(plain) if name.endswith(".json") else None
    return known if body is None else known | {"parts": seal.parts(body)}


def unsealed(hashes: Mapping[str, str], sealed: Mapping[str, str]) -> list[str]:
    """What is no longer as it was sealed, one sentence a step; `hashes` are those of the files by name."""
    return [
        f"evidence-{key} is not what was sealed: the control room noted the SHA-256 {sha256} when it took it"
        for key, sha256 in sorted(sealed.items())
        if hashes.get(f"evidence-{key}.json") != sha256
    ]


def body_in(plain: bytes) -> dict[str, Any] | None:
    """The body in the bytes of an evidence file; None when they are no JSON with samples any more."""
    try:
        body = json.loads(plain)
        complete = isinstance(body["samples"]["rows"], list) and isinstance(body["step"], dict)
        seal.canonical(body)  # JSON may hold what cannot be written again
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return body if complete else None


def samples_csv(body: Mapping[str, Any]) -> bytes | None:
    """The samples of a body as CSV; `started` is `started_ms` in the state's own time. None when a changed body makes no table."""
    try:
        return _samples_csv(body)
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None


def _samples_csv(body: Mapping[str, Any]) -> bytes:
    zone, columns = ZoneInfo(body["timezone"]), body["samples"]["columns"]
    at = columns.index("started_ms")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["started", *columns])
    for row in body["samples"]["rows"]:
        started = datetime.fromtimestamp(row[at] / 1000, zone).isoformat(timespec="milliseconds")
        writer.writerow([started, *(safe(cell) if isinstance(cell, str) else cell for cell in row)])
    return out.getvalue().encode()


def _readable(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()
