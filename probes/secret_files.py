"""Says at the agent's start which secret files cannot be read, so that nobody wonders for a day why samples are unknown.

May be changed: the words.
"""

from collections.abc import Iterable

from probes.kinds.check import Check
from probes.kinds.message import MessageCheck
from probes.kinds.upload import UploadCheck
from probes.secrets import SecretError, read_all


def unreadable(checks: Iterable[Check]) -> list[str]:
    """One line for each check with a secret that cannot be used now: which file, and what to do."""
    lines = []
    for check in checks:
        try:
            read_all(check.secrets if isinstance(check, UploadCheck | MessageCheck) else {})
        except SecretError as problem:
            cure = "write it there as one line that this agent may read; until then its samples are unknown"
            lines.append(f"check {check.name}: {problem}; {cure}")
    return lines
