"""The only place that picks the real store, mailer, clock and web server, and puts the rooms together."""

import logging
import random
import threading
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import Engine
from waitress.server import create_server

from dashboard.incidents import ledger
from dashboard.intake import create_intake
from dashboard.notices import outbox
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import Smtp
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.store.engine import open_store
from dashboard.store.lock import holding
from dashboard.watch import Watch
from dashboard.web.api import create_api
from dashboard.web.app import create_app
from probes.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ControlRoom:
    """The rooms of one control room, ready to run."""

    engine: Engine
    watch: Watch
    sender: Sender
    server: Flask


def open_for(settings: ControlRoomFile, clock: Clock) -> Engine:
    """The store, with the figures of the config file in it."""
    engine = open_store(settings.dashboard.store)
    with engine.begin() as connection:
        figures.append(connection, list(settings.figures), settings.zone, int(clock.now() * 1000))
    return engine


def watch_and_sender(engine: Engine, settings: ControlRoomFile, clock: Clock) -> tuple[Watch, Sender]:
    """The two that write after the intake has: judgement and mail."""
    sender = Sender(engine, settings, clock, Smtp(settings.dashboard.mail), random.Random())
    return Watch(engine, settings, clock, outbox.enqueue), sender


def build(settings: ControlRoomFile, clock: Clock) -> ControlRoom:
    """Everything of a control room on one store."""
    engine = open_for(settings, clock)
    watch, sender = watch_and_sender(engine, settings, clock)
    server = Flask("tikawatch")
    server.register_blueprint(create_intake(engine, clock, frozenset(d.code for d in settings.districts)))
    server.register_blueprint(create_api(engine, settings, clock))

    def acknowledge(incident_id: int, step_seen: int, who: str) -> bool:
        with engine.begin() as connection:
            return ledger.acknowledge(connection, incident_id, step_seen, who, clock.now())

    create_app(server, engine, settings, clock, acknowledge)
    return ControlRoom(engine, watch, sender, server)


def serve(settings: ControlRoomFile, clock: Clock, stop: threading.Event) -> None:
    """Run the control room until `stop` is set.

    Raises:
        StoreInUseError: another control room holds the store.
        OSError: the port is taken.
    """
    with holding(settings.dashboard.store):
        room = build(settings, clock)
        web = settings.dashboard.web
        http = create_server(
            room.server, host=web.host, port=web.port, threads=8, connection_limit=1000, channel_timeout=30
        )
        threading.Thread(target=http.run, name="http", daemon=True).start()
        scheduler = _schedule(room, settings.dashboard.step_s)
        log.info(
            "control room on http://%s:%s, this machine only: there is no login yet", web.host, http.effective_port
        )
        stop.wait()
        scheduler.shutdown(wait=True)
        http.close()
        room.engine.dispose()


def _schedule(room: ControlRoom, step_s: float) -> BackgroundScheduler:
    """The slow jobs, one at a time each; a run that was missed is not made up for: the next one sees everything."""
    room.sender.recover()
    scheduler = BackgroundScheduler(
        timezone="UTC", executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
    )  # fmt: skip
    scheduler.add_job(room.watch.step, "interval", seconds=step_s, id="watch")
    scheduler.add_job(_drain, "interval", args=[room.sender], seconds=min(1.0, step_s), id="mail")
    scheduler.start()
    return scheduler


def _drain(sender: Sender) -> None:
    """Send what is due; a bounded run, so that stopping never waits for a long queue."""
    for _ in range(50):
        if not sender.step():
            return
