"""Bring in a file: choose it, see what it would do, then store it. Reading, weighing and storing are those of `tikawatch doses import`.

Nothing is stored before a person has seen the preview, and what is stored are the very bytes of the preview.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard import doses_command
from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses.figure import KINDS, Figure, Reading
from dashboard.doses.finding import SHOWN
from dashboard.doses.places import Places
from dashboard.forms import links
from dashboard.forms.key_file import KeyFileError, form_key
from dashboard.forms.links import BadLink, Claim
from dashboard.forms.pages import page
from dashboard.forms.previews import KEPT_S, Preview, Previews
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.store.figures import Stored
from probes.clock import Clock

log = logging.getLogger(__name__)
HERE = "/doses/bring/"
WHO = "page upload"
_SAMPLE = 10
_OPEN_S = 12 * 3600
_AROUND_THE_FILE = 10_000


class _Refused(Exception):
    """An answer that is only a sentence above the empty page."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


def create_upload(engine: Engine, settings: ControlRoomFile, clock: Clock) -> Blueprint:
    """The blueprint of `/doses/bring/`."""
    blueprint = Blueprint("upload", __name__)
    desk = _Desk(engine, settings, clock)

    @blueprint.get(HERE)
    def choose() -> Response:
        return desk.safely(desk.choose)

    @blueprint.post(HERE)
    def preview() -> Response:
        return desk.safely(desk.preview)

    @blueprint.post(f"{HERE}<number>")
    def store(number: str) -> Response:
        return desk.safely(lambda: desk.store(number))

    return blueprint


class _Desk:
    """Takes files, shows what they would do, stores them."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._places, self._previews = Places(settings), Previews(clock)
        self._storing = threading.Lock()

    def safely(self, work: Callable[[], Response]) -> Response:
        """The page of a step, or the empty one with what is wrong."""
        try:
            return work()
        except _Refused as refused:
            return self._empty(refused.status, refused.problem)
        except RequestEntityTooLarge:
            return self._empty(413, f"The file has over {MAX_BYTES} bytes (5 MiB). Split it by day.")
        except (OperationalError, IntegrityError) as problem:
            log.error("a file was not stored: %s", problem.orig)
            return self._empty(503, "Nothing was stored: the store does not take writes now. Try again in a minute.")
        except KeyFileError as problem:
            log.error("the upload page is closed: %s", problem)
            return self._page("closed-upload.html", 503, problem=f"This page needs its key. {problem}.")

    def choose(self) -> Response:
        """The empty page."""
        return self._empty(HTTPStatus.OK, "")

    def preview(self) -> Response:
        """What a chosen file would do; nothing is stored."""
        request.max_content_length = MAX_BYTES + _AROUND_THE_FILE
        self._check_token()
        file = request.files.get("file")
        if file is None or not file.filename:
            raise _Refused(422, "No file was chosen. Choose a CSV or JSON file.")
        raw = file.stream.read(MAX_BYTES + 1)
        return self._shown(self._previews.keep(raw, _named(file.filename)), HTTPStatus.OK, "")

    def store(self, number: str) -> Response:
        """Store a file that was shown: `what` all or good, `confirmed` for counts that fall or stand far above target."""
        request.max_content_length = _AROUND_THE_FILE
        self._check_token()
        confirmed, good_rows = request.form.get("confirmed") == "yes", request.form.get("what") == "good"
        with self._storing:
            preview = self._previews.find(number)
            if preview is None:
                minutes = round(KEPT_S / 60)
                raise _Refused(
                    410, f"Nothing was stored: a preview is kept for {minutes} minutes. Choose the file again."
                )
            if preview.answer:
                return self._page("brought.html", 200, answer=preview.answer, name=preview.name, already=True)
            found = self._read(preview)
            with self._engine.begin() as connection:
                stored = figures.take(connection, found, self._now_ms(), good_rows=good_rows, confirmed=confirmed)
            if stored is None:
                return self._shown(preview, 422, "Nothing was stored: the file has findings. Choose what to do below.")
            preview.answer = doses_command.in_words(found, stored)
        log.info("%s: %s", preview.name, preview.answer)
        return self._page("brought.html", 200, answer=preview.answer, name=preview.name, already=False)

    def _shown(self, preview: Preview, status: int, problem: str) -> Response:
        found = self._read(preview)
        with self._engine.connect() as connection:
            stored = figures.take(connection, found, self._now_ms(), good_rows=True) or Stored(0, 0, 0)
            connection.rollback()
        sample = [self._told(figure) for figure in found.figures[:_SAMPLE]]
        findings, notices = ([f.text(preview.name) for f in told[:SHOWN]] for told in (found.findings, found.notices))
        content = {"preview": preview, "found": found, "stored": stored, "sample": sample}
        return self._page(
            "preview.html", status, **content, findings=findings, notices=notices, problem=problem, token=self._token()
        )

    def _read(self, preview: Preview) -> Reading:
        try:
            return doses_command.read(self._settings, self._clock, preview.file, WHO)
        except FileNotFoundError:  # made room for a newer one a moment ago
            raise _Refused(410, "Nothing was stored: the preview is gone. Choose the file again.") from None

    def _told(self, figure: Figure) -> dict[str, object]:
        moment = datetime.fromtimestamp(figure.as_of_ms / 1000, self._settings.zone)
        as_of = f"{moment:%Y-%m-%d %H:%M}" if figure.hour_known else f"{moment:%Y-%m-%d}, hour not known"
        return asdict(figure) | {"name": self._places.named(figure.place), "as_of": as_of}

    # -- the page around it -------------------------------------------------------------------------------------------

    def _check_token(self) -> None:
        key = form_key(self._settings.dashboard.form_key_file)
        try:
            links.read(key, links.BRING, request.form.get("token", ""), self._clock.now())
        except BadLink:
            raise _Refused(
                403, "Nothing was stored: this page had been open for too long. Choose the file again."
            ) from None

    def _token(self) -> str:
        """A foreign page cannot read it, so it cannot press our buttons."""
        now = self._clock.now()
        claim = Claim(links.BRING, 0, datetime.fromtimestamp(now, self._settings.zone).date(), int(now) + _OPEN_S)
        return links.sign(form_key(self._settings.dashboard.form_key_file), claim)

    def _empty(self, status: int, problem: str) -> Response:
        return self._page("bring.html", status, problem=problem, token=self._token(), kinds=KINDS)

    def _page(self, template: str, status: int, **content: object) -> Response:
        room, rehearsal = self._settings.state.control_room, self._settings.rehearsal
        return page(template, status, language="en", room=room, rehearsal=rehearsal, here=HERE, **content)

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _named(filename: str) -> str:
    bare = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in bare if c.isprintable())[:80] or "the file"
