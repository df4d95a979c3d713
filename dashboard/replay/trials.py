"""One trial of other thresholds at a time, in a process of its own and of low priority: the control room goes on as before."""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from datetime import date as Date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from dashboard.replay import what_if
from dashboard.replay.what_if import WhatIf
from dashboard.settings import ControlRoomFile, Rules
from dashboard.store.engine import engine_for

_NICE = 10


@dataclass(frozen=True)
class Stand:
    """How a trial stands: under way (a share, 0 to 1), or ended with a result or with words that say why not; or none was made."""

    share: float | None = None
    result: WhatIf | None = None
    failed: str = ""


class Trials:
    """Keeps the newest result until the next trial begins."""

    def __init__(self, engine: Engine, settings: ControlRoomFile) -> None:
        self._url, self._settings = engine.url.render_as_string(hide_password=False), settings
        self._lock = threading.Lock()
        self._stand = Stand()
        self._process: BaseProcess | None = None
        self._heard: Connection | None = None

    def begin(self, rules: Rules, day: Date) -> bool:
        """Start a trial; False while another one is under way."""
        with self._lock:
            if self._look().share is not None:
                return False
            spawned = multiprocessing.get_context("spawn")  # a fork would take the store's connections along
            self._heard, told = spawned.Pipe(duplex=False)
            work = (self._url, self._settings, rules, day, told)
            self._process = spawned.Process(target=_work, args=work, name="trial", daemon=True)
            self._process.start()
            told.close()
            self._stand = Stand(share=0.0)
            return True

    def stand(self) -> Stand:
        """How the newest trial stands now."""
        with self._lock:
            return self._look()

    def _look(self) -> Stand:
        if self._stand.share is None or self._heard is None:
            return self._stand
        try:
            while self._heard.poll():
                self._stand = self._heard.recv()
        except EOFError:  # the process is gone; its last word has been heard, or there was none
            if self._stand.share is not None:
                self._stand = Stand(failed="The trial ended early. Try it once more")
        if self._stand.share is None and self._process is not None:
            self._process.join()
            self._heard.close()
        return self._stand


def _work(url: str, settings: ControlRoomFile, rules: Rules, day: Date, tell: Connection) -> None:
    """What the process does; its words go through the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the control room, which ends us
    os.nice(_NICE)
    engine = engine_for(url)
    try:
        result = what_if.run(engine, settings, rules, day, lambda share: tell.send(Stand(share=share)))
        tell.send(Stand(result=result))
    except (ValueError, DatabaseError) as problem:
        tell.send(Stand(failed=str(problem)))
    finally:
        engine.dispose()
