"""Files that were looked at and not stored yet: a few, for a short while, in a folder of our own that ends with the process."""

import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from probes.clock import Clock

MOST_FILES = 8
KEPT_S = 900.0


@dataclass
class Preview:
    """The very bytes that were shown, under the name they came with; `answer`: what storing them said."""

    number: str
    file: Path
    name: str
    kept_at: float
    answer: str = ""


class Previews:
    """At most eight files, each for a quarter of an hour; the oldest makes room."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._folder: TemporaryDirectory[str] | None = None
        self._kept: dict[str, Preview] = {}
        self._lock = threading.Lock()

    def keep(self, raw: bytes, name: str) -> Preview:
        """Keep a file under a number nobody can guess."""
        with self._lock:
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="tikawatch-bring-")
            self._forget_old()
            while len(self._kept) >= MOST_FILES:
                self._drop(next(iter(self._kept)))
            number = secrets.token_urlsafe(16)
            file = Path(self._folder.name) / number
            file.write_bytes(raw)
            self._kept[number] = Preview(number, file, name, self._clock.now())
            return self._kept[number]

    def find(self, number: str) -> Preview | None:
        """A file that is still kept."""
        with self._lock:
            self._forget_old()
            return self._kept.get(number)

    def _forget_old(self) -> None:
        oldest = self._clock.now() - KEPT_S
        for number in [number for number, preview in self._kept.items() if preview.kept_at <= oldest]:
            self._drop(number)

    def _drop(self, number: str) -> None:
        self._kept.pop(number).file.unlink(missing_ok=True)
