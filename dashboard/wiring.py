"""The only place that picks the real store, mailer, clock and web server, and puts the rooms together."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from waitress.server import create_server

from dashboard.doses_intake import create_doses_intake
from dashboard.doses_pull import Pulls
from dashboard.forms.officer import create_officer_form
from dashboard.forms.upload import create_upload
from dashboard.incidents import ledger
from dashboard.intake import create_intake
from dashboard.notices import outbox
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import SmtpTransport
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.store.engine import open_store
from dashboard.store.lock import holding
from dashboard.watch import Watch
from dashboard.web.api import create_api
from dashboard.web.app import create_app
from dashboard.web.gate import add_gate
from probes.clock import Clock

log = logging.getLogger(__name__)
_MAIL_PAUSE_S = 0.5
_LAST_MAIL_S = 2.0
_LAST_ANSWERS_S = 3.0
_PULL_LOOK_S = 15  # how often it is looked which pulls are due
_ONE_AT_A_TIME: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": 60}


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
    sender = Sender(engine, settings, clock, SmtpTransport(settings.dashboard.mail), random.random)
    return Watch(engine, settings, clock, outbox.enqueue), sender


def build(settings: ControlRoomFile, clock: Clock) -> ControlRoom:
    """Everything of a control room on one store."""
    engine = open_for(settings, clock)
    watch, sender = watch_and_sender(engine, settings, clock)
    server = Flask("tikawatch")
    add_gate(server)
    server.register_blueprint(create_intake(engine, clock, frozenset(d.code for d in settings.districts)))
    server.register_blueprint(create_doses_intake(engine, settings, clock))
    server.register_blueprint(create_api(engine, settings, clock))
    server.register_blueprint(create_officer_form(engine, settings, clock))
    server.register_blueprint(create_upload(engine, settings, clock))

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
        RuntimeError: one of its threads ended by itself.
    """
    with holding(settings.dashboard.store):
        room = build(settings, clock)
        web = settings.dashboard.web
        http = create_server(
            room.server, host=web.host, port=web.port, threads=8, connection_limit=1000, channel_timeout=30
        )
        broken: list[str] = []
        _start("http", http.run, stop, broken)
        mailing = _start("mail", partial(_send_mails, room.sender, stop), stop, broken)
        scheduler = _scheduled(room.watch, settings.dashboard.step_s)
        if settings.dashboard.doses.pulls:
            pulls = Pulls(room.engine, settings, clock, stop.is_set)
            now = datetime.now(UTC)
            scheduler.add_job(
                pulls.step, "interval", seconds=_PULL_LOOK_S, id="pulls", next_run_time=now, **_ONE_AT_A_TIME
            )
        log.info(
            "control room on http://%s:%s, this machine only: there is no login yet", web.host, http.effective_port
        )
        stop.wait()
        scheduler.shutdown(wait=True)
        http.task_dispatcher.shutdown(timeout=_LAST_ANSWERS_S)  # an answer under way must not find the sockets closed
        http.close()
        mailing.join(_LAST_MAIL_S)
        if broken:
            raise RuntimeError(f"stopped because its {broken[0]} thread ended; see the lines above")


def _start(name: str, work: Callable[[], None], stop: threading.Event, broken: list[str]) -> threading.Thread:
    """A thread whose end ends the control room: half of one would look alive and tell nobody."""

    def until_it_ends() -> None:
        try:
            work()
        finally:
            if not stop.is_set():
                broken.append(name)
            stop.set()

    thread = threading.Thread(target=until_it_ends, name=name, daemon=True)
    thread.start()
    return thread


def _scheduled(watch: Watch, step_s: float) -> BackgroundScheduler:
    """The watch, one step at a time; a step that was missed is not made up for: the next one sees everything."""
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(watch.step, "interval", seconds=step_s, id="watch", **_ONE_AT_A_TIME)
    scheduler.start()
    return scheduler


def _send_mails(sender: Sender, stop: threading.Event) -> None:
    """A thread of its own, as a relay may take ten minutes for its last word; what it cuts short is in doubt and comes again."""
    while not stop.wait(_MAIL_PAUSE_S):
        try:
            while not stop.is_set() and sender.step():
                pass
        except SQLAlchemyError:
            log.exception("mails wait: the store does not take writes")
