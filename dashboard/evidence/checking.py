"""Is a zip of evidence still what was given out? Every sentence names the file and, where it can, the part. Pure."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from dashboard.evidence import seal
from dashboard.evidence.bundle import MANIFEST, body_in, entry, samples_csv, unsealed

MOST_BYTES: Final = 512 * 2**20  # unpacked; a hundred steps of 5,000 samples each


class Verdict(NamedTuple):
    """What is wrong, one sentence a finding, none when all is as it was given out; and the SHA-256 of each evidence file."""

    findings: list[str]
    hashes: dict[str, str]


def check(packed: bytes) -> Verdict:
    """Look at every file of a zip, at its manifest, and at the chain of the evidence files."""
    try:
        files = _unpacked(packed)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as problem:
        return Verdict(
            [f"this is no whole zip of evidence: {problem}. Export it again: tikawatch evidence export ID"], {}
        )
    hashes = {name: seal.digest(plain) for name, plain in sorted(files.items()) if name.startswith("evidence-")}
    told = _told(files.pop(MANIFEST, b""))
    if told is None:
        return Verdict([f"{MANIFEST} is missing or cannot be read"], hashes)
    bodies = {name: body for name in hashes if (body := body_in(files[name])) is not None}
    findings = [
        *_changed(told, files), *unsealed(hashes, told["sealed"]), *_never_sealed(told, hashes), *_chain(bodies, hashes),
        *_tables(bodies, files),
    ]  # fmt: skip
    return Verdict(findings or _nothing(bodies), hashes)


def _unpacked(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        entries = opened.infolist()
        if len({one.filename for one in entries}) < len(entries):
            raise zipfile.BadZipFile("a file stands in it twice")
        if sum(one.file_size for one in entries) > MOST_BYTES:
            raise zipfile.BadZipFile(f"it holds over {MOST_BYTES // 2**20} MB")
        return {one.filename: opened.read(one) for one in entries}


def _told(plain: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(plain)
        entries, hashes = {**told["files"]}.values(), {**told["sealed"]}.values()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = all(isinstance(one, dict) for one in entries) and all(isinstance(one, str) for one in hashes)
    return told if sound else None


def _changed(told: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[str]:
    now, then = {name: entry(name, plain) for name, plain in files.items()}, told["files"]
    for name in sorted(now.keys() | then.keys()):
        if name not in now:
            yield f"{name} is missing"
        elif name not in then:
            yield f"{name} is not in {MANIFEST}"
        elif now[name] != then[name]:
            yield f"{name} was changed{_where(now[name], then[name])}"


def _where(now: Mapping[str, Any], then: Mapping[str, Any]) -> str:
    mine, given = now.get("parts"), then.get("parts")
    if not isinstance(given, dict):
        return ""
    if mine is None:
        return " and cannot be read any more"
    other = sorted(name for name in mine.keys() | given.keys() if mine.get(name) != given.get(name))
    return f" in its part {', '.join(other)}" if other else f", or its line in {MANIFEST} was"


def _never_sealed(told: Mapping[str, Any], hashes: Mapping[str, str]) -> Iterator[str]:
    known = {f"evidence-{key}.json" for key in told["sealed"]}
    yield from (f"{name} was never sealed" for name in sorted(hashes.keys() - known) if name.endswith(".json"))


def _chain(bodies: Mapping[str, dict[str, Any]], hashes: Mapping[str, str]) -> Iterator[str]:
    earlier: dict[str, Any] | None = None
    for name, body in sorted(bodies.items(), key=lambda item: _step(item[1])):
        if body.get("before") != earlier:
            named = (body.get("before") or {}).get("step") if isinstance(body.get("before"), dict) else None
            what = f"names another hash for step {named}" if named else "does not name the evidence before it"
            yield f"{name} {what}: one of the two was changed, or a step is missing"
        earlier = {"step": _step(body), "sha256": hashes[name]}


def _tables(bodies: Mapping[str, dict[str, Any]], files: Mapping[str, bytes]) -> Iterator[str]:
    for name, body in bodies.items():
        table = name.replace("evidence-", "samples-").replace(".json", ".csv")
        if files.get(table, b"") != samples_csv(body):
            yield f"{table} does not hold the samples of {name}"


def _step(body: Mapping[str, Any]) -> int:
    number = body["step"].get("step")
    return number if isinstance(number, int) else 0


def _nothing(bodies: Mapping[str, Any]) -> list[str]:
    return [] if bodies else ["there is no evidence in it"]
