"""What happened to samples over the kills of an agent, and what of it must never happen. The checker is pure.

May be changed: rules, by adding; each has a planted fault in test_agent_kills.py that it must see.
"""

import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.probes.servers import Intake

Key = tuple[str, int]  # boot and number
REPLY_S: Final = 0.05


@dataclass
class History:
    """`acknowledged`: the intake's log, a line a sample it said to have stored; `spooled`: seen on disk after some kill."""

    acknowledged: list[tuple[Key, str]] = field(default_factory=list)  # with the sample's content
    again: list[tuple[Key, str]] = field(default_factory=list)  # those it called doubled
    spooled: set[Key] = field(default_factory=set)
    waiting: set[Key] = field(default_factory=set)  # still on disk at the end


def wrongs(history: History) -> list[str]:
    """One sentence for each thing that must not happen; empty when all is well. Gaps are allowed at the end of a boot only."""
    stored = dict(history.acknowledged)
    times = Counter(key for key, _ in history.acknowledged)
    told = [f"{key} is stored {count} times" for key, count in times.items() if count > 1]
    told += [f"{key} came again with other content" for key, text in history.again if stored.get(key) != text]
    told += [f"{key} was on disk and is lost" for key in sorted(history.spooled - set(stored) - history.waiting)]
    return told + _holes(set(stored) | history.waiting)


def _holes(known: set[Key]) -> list[str]:
    """Samples leave memory in order: what a kill takes are the last ones of a boot, never one between others."""
    last: dict[str, int] = {}
    for boot, seq in known:
        last[boot] = max(last.get(boot, 0), seq)
    return [f"{(boot, n)} is missing" for boot, most in last.items() for n in range(1, most) if (boot, n) not in known]


class LoggingIntake(Intake):
    """An intake whose log is on disk before it acknowledges, and which then takes a moment: time to die without a reply.

    `forgets`: it acknowledges and writes nothing, where a test plants that.
    """

    def __init__(self, log: Path, forgets: bool = False) -> None:
        super().__init__()
        self._log = log
        log.touch()
        self._forgets = forgets
        self._one_at_a_time = threading.Lock()

    def _store(self, batch: dict[str, object]) -> bytes:
        with self._one_at_a_time:
            before = set(self.samples)
            receipt = super()._store(batch)
            if not self._forgets:
                self._write(batch, before)
        time.sleep(REPLY_S)
        return receipt

    def _write(self, batch: dict[str, object], before: set[Key]) -> None:
        with self._log.open("a") as log:
            for sample in batch["samples"]:  # type: ignore[attr-defined]
                key = (str(batch["boot"]), sample["seq"])
                log.write(json.dumps([key, key in before, json.dumps(sample, sort_keys=True)]) + "\n")
            log.flush()
            os.fsync(log.fileno())

    def history(self, spooled: set[Key], waiting: set[Key]) -> History:
        rows = [json.loads(line) for line in self._log.read_text().splitlines()]
        told = [((key[0], key[1]), again, text) for key, again, text in rows]
        return History(
            acknowledged=[(key, text) for key, again, text in told if not again],
            again=[(key, text) for key, again, text in told if again],
            spooled=spooled,
            waiting=waiting,
        )
