"""The only place that picks the real store, mailer, clock and web server, and puts the rooms together."""

import logging
import random
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Blueprint, Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from waitress.server import create_server

from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses_pull import Pulls
from dashboard.evidence.taking import EvidenceTaking
from dashboard.forms.key_file import KeyFileError, form_key
from dashboard.forms.links import officers_link
from dashboard.forms.officer import create_officer_form
from dashboard.forms.upload import create_upload
from dashboard.intake import create_intake
from dashboard.intake.doses import create_doses_intake
from dashboard.notices import outbox
from dashboard.notices.letter import LinkOf, no_link
from dashboard.notices.sender import Sender
from dashboard.notices.smtp import SmtpTransport
from dashboard.settings import ControlRoomFile, Web
from dashboard.store import figures
from dashboard.store.engine import open_store
from dashboard.store.lock import holding
from dashboard.watch import Watch
from dashboard.web.api import create_api
from dashboard.web.app import create_app
from dashboard.web.gate import add_gate
from dashboard.web.outside import create_outside
from dashboard.web.pages.incidents.desk import Desk
from dashboard.web.refusals import JsonRefusals
from probes.clock import Clock

log = logging.getLogger(__name__)
_MAIL_PAUSE_S = 0.5
_LAST_MAIL_S = 2.0
_LAST_ANSWERS_S = 3.0
_MOST_FROM_OUTSIDE = 2 * MAX_BYTES  # bytes of a body: what is a little too long is refused in words, by who reads it
_EVIDENCE_LOOK_S = 30
_PULL_LOOK_S = 15  # how often it is looked which pulls are due
_ONE_AT_A_TIME: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": 60}


@dataclass(frozen=True)
class ControlRoom:
    """The rooms of one control room, ready to run."""

    engine: Engine
    watch: Watch
    sender: Sender
    server: Flask
    outside: Flask | None


def open_for(settings: ControlRoomFile, clock: Clock) -> Engine:
    """The store, with the figures of the config file in it."""
    engine = open_store(settings.dashboard.store)
    with engine.begin() as connection:
        figures.append(connection, list(settings.figures), settings.zone, int(clock.now() * 1000))
    return engine


def watch_and_sender(engine: Engine, settings: ControlRoomFile, clock: Clock) -> tuple[Watch, Sender]:
    """The two that write after the intake has: judgement and mail."""
    sender = Sender(engine, settings, clock, SmtpTransport(settings.dashboard.mail), random.random)
    return Watch(engine, settings, clock, partial(outbox.enqueue, link_of=links_for_mails(settings))), sender


def links_for_mails(settings: ControlRoomFile) -> LinkOf:
    """Officers' links for the mails, where a phone can open them, or all is rehearsed; else none."""
    reached = settings.dashboard.web.outside is not None or settings.rehearsal is not None

    def link_of(district: int, day: Date) -> str:
        try:
            return officers_link(form_key(settings.dashboard.form_key_file), settings, district, day)
        except KeyFileError as problem:  # the mail is worth more than its link
            log.error("mails carry no links to the form: %s", problem)
            return ""

    return link_of if reached else no_link


def build(settings: ControlRoomFile, clock: Clock) -> ControlRoom:
    """Everything of a control room on one store."""
    engine = open_for(settings, clock)
    watch, sender = watch_and_sender(engine, settings, clock)
    server = Flask("tikawatch")
    add_gate(server)
    open_ones = (
        create_intake(engine, clock, frozenset(d.code for d in settings.districts)),
        create_doses_intake(engine, settings, clock),
        create_officer_form(engine, settings, clock),
    )
    tell = partial(outbox.enqueue, link_of=links_for_mails(settings))
    for blueprint in (*open_ones, create_api(engine, settings, clock, tell), create_upload(engine, settings, clock)):
        server.register_blueprint(blueprint)
    create_app(server, engine, settings, clock, Desk(engine, settings, clock, tell).acknowledge, tell)
    return ControlRoom(engine, watch, sender, server, _outside(settings, clock, open_ones))


def _outside(settings: ControlRoomFile, clock: Clock, blueprints: Iterable[Blueprint]) -> Flask | None:
    """What is served to others than this machine; None: nothing, as nothing is configured."""
    if settings.dashboard.web.outside is None:
        return None
    server = create_outside(settings.dashboard.web.outside, clock)
    for blueprint in blueprints:
        server.register_blueprint(blueprint)
    return server


def serve(settings: ControlRoomFile, clock: Clock, stop: threading.Event) -> None:
    """Run the control room until `stop` is set.

    Raises:
        StoreInUseError: another control room holds the store.
        OSError: the port is taken.
        RuntimeError: one of its threads ended by itself.
    """
    with holding(settings.dashboard.store):
        room = build(settings, clock)
        doors = listeners(room, settings.dashboard.web)
        broken: list[str] = []
        for name, door in doors.items():
            _start(name, door.run, stop, broken)
        mailing = _start("mail", partial(_send_mails, room.sender, stop), stop, broken)
        scheduler = _scheduled(room.watch, settings.dashboard.step_s)
        if settings.dashboard.doses.pulls:
            pulls = Pulls(room.engine, settings, clock, stop.is_set)
            now = datetime.now(UTC)
            scheduler.add_job(
                pulls.step, "interval", seconds=_PULL_LOOK_S, id="pulls", next_run_time=now, **_ONE_AT_A_TIME
            )
        taking = EvidenceTaking(room.engine, settings, clock)
        scheduler.add_job(
            taking.step, "interval", seconds=_EVIDENCE_LOOK_S, id="evidence", next_run_time=datetime.now(UTC), **_ONE_AT_A_TIME
        )  # fmt: skip
        stop.wait()
        scheduler.shutdown(wait=True)
        for door in doors.values():
            # an answer under way must not find the sockets closed
            door.task_dispatcher.shutdown(timeout=_LAST_ANSWERS_S)
            door.close()
        mailing.join(_LAST_MAIL_S)
        if broken:
            raise RuntimeError(f"stopped because its {broken[0]} thread ended; see the lines above")


def listeners(room: ControlRoom, web: Web) -> dict[str, Any]:
    """The servers by the names of their threads, each bound to its port."""
    pages = _door(room.server, web.host, web.port, threads=8, connection_limit=1000)
    log.info("control room on http://%s:%s, this machine only: there is no login yet", web.host, pages.effective_port)
    if room.outside is None or web.outside is None:
        return {"http": pages}
    outside = _door(
        room.outside, web.outside.host, web.outside.port, threads=4, connection_limit=400,
        max_request_body_size=_MOST_FROM_OUTSIDE, clear_untrusted_proxy_headers=False, ident=None,
    )  # fmt: skip
    log.info("officers' forms, samples and figures on port %s, as %s", outside.effective_port, web.outside.address)
    return {"http": pages, "outside": outside}


def _door(app: Flask, host: str, port: int, **limits: Any) -> Any:
    """A server with one socket, also where a name such as localhost has two addresses: one with more cannot say its port."""
    address = min(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))[4][0]
    door = create_server(app, host=address, port=port, channel_timeout=30, **limits)
    door.channel_class = JsonRefusals
    return door


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
