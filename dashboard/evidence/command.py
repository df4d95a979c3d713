"""`tikawatch evidence export` and `check`."""

from collections.abc import Callable
from pathlib import Path

from dashboard.evidence.bundle import bundle
from dashboard.evidence.checking import check
from dashboard.settings import ControlRoomFile
from dashboard.store import evidence
from dashboard.store.engine import open_store, reading

Say = Callable[[str], None]
_LARGEST_ID = 2**63 - 1  # that a store can hold


def export_to(settings: ControlRoomFile, incident_id: int, out: Path | None, say: Say) -> bool:
    """Write the evidence of an incident to a zip; False, with what is wrong said, if the store no longer holds what was sealed.

    Raises:
        ValueError: there is no evidence of this incident.
    """
    engine = open_store(settings.dashboard.store)
    with reading(engine) as connection:
        rows = evidence.of_incident(connection, incident_id) if 0 < incident_id <= _LARGEST_ID else []
    engine.dispose()
    if not rows:
        raise ValueError(f"there is no evidence of incident {incident_id}; it is taken two minutes after each step")
    file = out or Path(f"evidence-{incident_id}.zip")
    packed = bundle(incident_id, rows)
    file.write_bytes(packed)
    return _tell(file, packed, say)


def check_file(file: Path, say: Say) -> bool:
    """Say what is wrong with an exported zip; True when nothing is."""
    return _tell(file, file.read_bytes(), say)


def _tell(file: Path, packed: bytes, say: Say) -> bool:
    verdict = check(packed)
    for name, sha256 in verdict.hashes.items():
        say(f"{name}  SHA-256 {sha256}")
    for finding in verdict.findings:
        say(f"{file.name}: {finding}")
    if not verdict.findings:
        say(f"{file.name}: good; compare the SHA-256 with the control room's log or with an earlier copy")
    return not verdict.findings
