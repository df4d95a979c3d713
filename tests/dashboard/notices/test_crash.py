"""The sender's process dies hard at the two places that matter; another one takes over the store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dashboard.notices.counts import in_doubt
from dashboard.notices.outbox import enqueue
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import SmtpTransport
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import notice
from probes.clock import SetClock

from .conftest import CONFIG, make_step, write_step
from .relay import Relay

SENDING_PROCESS = """
import sys
from pathlib import Path
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import SmtpTransport
from dashboard.settings import SECTIONS_OF_OTHERS, ControlRoomFile
from dashboard.store.engine import open_store
from probes.clock import WallClock
from probes.config_file import load

config, store, port = sys.argv[1:]
settings = load(Path(config), ControlRoomFile, SECTIONS_OF_OTHERS)
mail = settings.dashboard.mail.model_copy(update={"port": int(port), "timeout_s": 10.0})
sender = Sender(open_store(Path(store)), settings, WallClock(), SmtpTransport(mail), lambda: 0.0)
while sender.step():
    pass
"""


def send_in_a_process(tmp_path: Path, relay: Relay, crash_at: str) -> int:
    command = [sys.executable, "-c", SENDING_PROCESS, str(CONFIG), str(tmp_path / "store.db"), str(relay.port)]
    return subprocess.run(
        command, env=os.environ | {"TIKAWATCH_CRASH_AT": crash_at}, timeout=180, check=False
    ).returncode


@pytest.mark.process
@pytest.mark.parametrize("crash", [("before_mail", 0), ("after_250", 1)])
def test_no_mail_is_missing_after_a_crash_and_a_repeat_has_the_same_message_id(
    tmp_path: Path, engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock, crash: tuple[str, int]
) -> None:  # fmt: skip
    crash_at, copies_before = crash
    write_step(engine, make_step())
    with engine.begin() as connection:
        enqueue(connection, settings, make_step(), clock.now())
    assert send_in_a_process(tmp_path, relay, crash_at) == 137
    assert len(relay.received) == copies_before
    sender = Sender(engine, settings, clock, SmtpTransport(settings.dashboard.mail), lambda: 0.0)
    while sender.step():
        pass
    with engine.begin() as connection:
        ids = connection.scalars(select(notice.c.message_id)).all()
        assert in_doubt(connection) == 1
    assert set(relay.ids()) == set(ids)
    assert len(relay.ids()) == len(ids) + copies_before


@pytest.mark.process
def test_the_crash_points_do_nothing_without_their_names(
    tmp_path: Path, engine: Engine, settings: ControlRoomFile, relay: Relay, clock: SetClock
) -> None:
    write_step(engine, make_step())
    with engine.begin() as connection:
        enqueue(connection, settings, make_step(), clock.now())
    assert send_in_a_process(tmp_path, relay, "") == 0
    assert len(relay.received) == 3
