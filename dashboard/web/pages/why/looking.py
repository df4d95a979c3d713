"""Looks at moments, kept for a little while: a past moment takes a second or two to judge anew, and its districts share it."""

import threading
from collections import OrderedDict
from datetime import date as Date
from typing import Final

from sqlalchemy import Engine

from dashboard.queries.history import bounds
from dashboard.replay import stored
from dashboard.replay.stored import Situation
from dashboard.settings import ControlRoomFile
from probes.clock import Clock

_KEPT: Final = 4
_FRESH_S: Final = 10.0
Minute = tuple[Date, int]  # a day, and minutes after its midnight


class Looks:
    """One look is made at a time, however many ask."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._lock = threading.Lock()
        self._past: OrderedDict[Minute, Situation] = OrderedDict()
        self._present: Situation | None = None

    def at(self, minute: Minute | None) -> Situation:
        """The situation at a minute, or with None now.

        Raises:
            ValueError: nothing was measured then.
        """
        with self._lock:
            return self._now() if minute is None else self._then(minute)

    def _now(self) -> Situation:
        now = self._clock.now()
        if self._present is None or not 0 <= now - self._present.at < _FRESH_S:
            self._present = stored.situation_now(self._engine, self._settings, now)
        return self._present

    def _then(self, minute: Minute) -> Situation:
        if minute not in self._past:
            at = bounds(minute[0], self._settings.zone)[0] + 60 * minute[1]
            self._past[minute] = stored.situation_at(self._engine, self._settings, at)
            while len(self._past) > _KEPT:
                self._past.popitem(last=False)
        return self._past[minute]
