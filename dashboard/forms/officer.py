"""The officer's form: doses so far, its hour, how many are recorded. For a phone without script, opened by a signed link.

A GET shows the form and changes nothing, so a mail scanner that follows the link reports nothing. A first POST shows what was
understood; a second one stores it, once however often it comes.
"""

import hashlib
import json
import logging
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from babel.dates import format_date
from flask import Blueprint, Response, request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from dashboard.doses.checks import Known
from dashboard.doses.numbers import indian
from dashboard.doses.places import Places
from dashboard.doses.rows import Context
from dashboard.doses.versions import choose
from dashboard.forms import links
from dashboard.forms.key_file import KeyFileError, form_key
from dashboard.forms.links import BadLink, Claim
from dashboard.forms.pages import page
from dashboard.forms.report import SOURCE, Error, Report, Typed, as_of, read_report, warnings
from dashboard.forms.tries import Tries
from dashboard.forms.words import LANGUAGES, Words, name_of, words_of
from dashboard.settings import ControlRoomFile, District, Language
from dashboard.store import deliveries, figures
from dashboard.store.deliveries import Delivery
from dashboard.store.engine import reading
from probes.clock import Clock

log = logging.getLogger(__name__)
MAX_BYTES = 20_000
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def create_officer_form(engine: Engine, settings: ControlRoomFile, clock: Clock) -> Blueprint:
    """The blueprint of `/report/LINK`."""
    blueprint = Blueprint("officer_form", __name__)
    desk = _Desk(engine, settings, clock)

    @blueprint.route("/report/<link>", methods=["GET", "POST"])
    def report(link: str) -> Response:
        return desk.answer(link)

    @blueprint.errorhandler(Exception)
    def failed(problem: Exception) -> Response | HTTPException:
        """Flask would log the address, and with it the link."""
        if isinstance(problem, HTTPException):
            return problem
        log.error("an officer's form failed", exc_info=problem)
        return desk.failed(request.path.rpartition("/")[2])

    return blueprint


@dataclass(frozen=True)
class _Opened:
    """A good link that was opened."""

    claim: Claim
    district: District
    language: Language
    words: Words

    @property
    def place(self) -> str:
        return name_of(self.district, self.language)


class _Desk:
    """Answers what comes in by a link."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._places, self._tries = Places(settings), Tries(clock)

    def answer(self, link: str) -> Response:
        """The page a request gets; whatever is wrong is said on it."""
        language = self._language(link)
        words = words_of(language)
        try:
            claim = self._claim(link)
        except BadLink as problem:
            status = HTTPStatus.GONE if problem.fault is links.Fault.EXPIRED else HTTPStatus.FORBIDDEN
            return self._closed(language, status, getattr(words, problem.fault))
        except KeyFileError as problem:
            log.error("officers' forms are closed: %s", problem)
            return self.failed(link)
        opened = _Opened(claim, self._settings.district(claim.district), language, words)
        if claim.day > self._now().date():
            return self._closed(language, HTTPStatus.NOT_FOUND, words.early.format(day=_shown(opened)))
        if request.method != "POST":
            return self._form(opened, Typed(hour=self._hour_now(opened)))
        return self._posted(opened, link)

    def failed(self, link: str) -> Response:
        """The page for what should not happen, such as a store that cannot be read: nothing is reported yet."""
        language = self._language(link)
        return self._closed(language, HTTPStatus.SERVICE_UNAVAILABLE, words_of(language).not_stored)

    def _posted(self, opened: _Opened, link: str) -> Response:
        request.max_content_length = MAX_BYTES
        try:
            sent = request.form
        except RequestEntityTooLarge:
            return self._form(opened, Typed(), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem=opened.words.too_big)
        fields = {name: sent.get(name, "") for name in ("reported", "hour", "recorded", "note")}
        if not self._tries.allowed(link, hash(tuple(fields.values()))):
            log.warning("too many tries with the link of district %s", opened.claim.district)
            return self._closed(opened.language, HTTPStatus.TOO_MANY_REQUESTS, opened.words.busy)
        typed = Typed(**fields, sure=sent.get("sure") == "yes")
        if sent.get("step") == "change":
            return self._form(opened, typed)
        report = read_report(typed, opened.district.code, opened.claim.day, opened.words, self._context(opened))
        if report.errors:
            return self._form(opened, typed, report.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
        form = sent.get("form", "")
        if sent.get("step") == "store" and _FORM_ID.fullmatch(form):
            return self._stored(opened, report, form)
        with reading(self._engine) as connection:
            return self._check(opened, report, figures.known_for(connection, report.reading.figures))

    # -- storing ------------------------------------------------------------------------------------------------------

    def _stored(self, opened: _Opened, report: Report, form: str) -> Response:
        try:
            with self._engine.begin() as connection:
                return self._store(connection, opened, report, form)
        except (OperationalError, IntegrityError) as problem:
            log.error("a report of %s was not stored: %s", opened.district.name, problem.orig)
            status, said = HTTPStatus.SERVICE_UNAVAILABLE, opened.words.not_stored
            return self._check(opened, report, Known(), form, status, said)

    def _store(self, connection: Connection, opened: _Opened, report: Report, form: str) -> Response:
        sender, digest = f"form {opened.claim.district} {opened.claim.day}", _digest(report)
        known = figures.known_for(connection, report.reading.figures)
        before = deliveries.find(connection, sender, form)
        if before and before.body_sha256 == digest:
            return self._done(opened, report, already=True)
        if before:
            return self._check(opened, report, known, None, HTTPStatus.CONFLICT, opened.words.sent_otherwise)
        if not report.typed.sure and warnings(report, known, opened.words):
            return self._check(opened, report, known, form, HTTPStatus.UNPROCESSABLE_ENTITY, opened.words.sure_missing)
        now_ms = int(self._clock.now() * 1000)
        stored = figures.take(connection, report.reading, now_ms, confirmed=report.typed.sure)
        assert stored is not None  # what take refuses was among the warnings, and confirmed
        answer = json.dumps({"stored": stored.new, "known": stored.known})
        deliveries.keep(connection, sender, form, Delivery(digest, answer), now_ms)
        log.info("%s reported %d doses", opened.district.name, report.reported.value)
        return self._done(opened, report, already=False)

    # -- what a request says ------------------------------------------------------------------------------------------

    def _claim(self, link: str) -> Claim:
        claim = links.read(form_key(self._settings.dashboard.form_key_file), links.REPORT, link, self._clock.now())
        if str(claim.district) not in self._places.districts:
            raise BadLink(links.Fault.INVALID)
        return claim

    def _language(self, link: str) -> Language:
        """The one asked for, or else the officer's; an unsigned district only chooses words."""
        asked, code = request.args.get("lang", ""), link.partition(".")[0]
        officer = next((d.officer.language for d in self._settings.districts if str(d.code) == code), None)
        fallback: Language = officer or self._settings.state.control_room.language
        return next((known for known in LANGUAGES if known == asked), fallback)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), self._settings.zone)

    def _hour_now(self, opened: _Opened) -> str:
        now = self._now()
        return f"{now:%H:%M}" if now.date() == opened.claim.day else ""

    def _context(self, opened: _Opened) -> Context:
        district, zone, first_day = opened.district, self._settings.zone, self._settings.calendar.first_day
        who = f"{district.officer.name}, {district.name}"[:120]
        return Context(self._places, zone, self._now().astimezone(UTC), first_day, who, frozenset({str(district.code)}))

    # -- pages --------------------------------------------------------------------------------------------------------

    def _form(
        self, opened: _Opened, typed: Typed, errors: dict[str, Error] | None = None, status: int = 200, problem: str = ""
    ) -> Response:  # fmt: skip
        before, target = self._told(opened)
        content = {"typed": typed, "errors": errors or {}, "before": before, "target": target, "problem": problem}
        return self._page("form.html", status, opened, today=bool(self._hour_now(opened)), **content)

    def _check(
        self, opened: _Opened, report: Report, known: Known, form: str | None = None, status: int = 200, problem: str = ""
    ) -> Response:  # fmt: skip
        figure, paper = report.reported, report.paper
        recorded = "" if paper is None else str(figure.value - paper)
        hour = f"{as_of(figure, self._context(opened)):%H:%M}"
        typed = replace(report.typed, reported=str(figure.value), hour=hour, recorded=recorded, note=figure.note)
        form = form or secrets.token_urlsafe(16)
        asked = warnings(report, known, opened.words)
        told = self._understood(opened, report)
        content = {"typed": typed, "warnings": asked, "form": form, "problem": problem}
        return self._page("check.html", status, opened, **content, **told)

    def _done(self, opened: _Opened, report: Report, already: bool) -> Response:
        return self._page("done.html", HTTPStatus.OK, opened, already=already, **self._understood(opened, report))

    def _closed(self, language: Language, status: int, problem: str) -> Response:
        words = words_of(language)
        shut = status in (HTTPStatus.GONE, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
        title = words.closed_title if shut else words.title
        facts = {"place": "", "language": language, "words": words, "working": title == words.title}
        response = page("closed.html", status, **facts, **self._frame(), title=title, problem=problem)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = str(int(self._tries.window_s))
        return response

    def _page(self, template: str, status: int, opened: _Opened, **content: object) -> Response:
        facts = {"place": opened.place, "language": opened.language, "words": opened.words, "working": True}
        return page(template, status, **facts, **self._frame(), date=_shown(opened), **content)

    def _frame(self) -> dict[str, object]:
        room, rehearsal = self._settings.state.control_room, self._settings.rehearsal
        return {"languages": LANGUAGES, "room": room, "rehearsal": rehearsal}

    def _understood(self, opened: _Opened, report: Report) -> dict[str, str]:
        words, figure, paper = opened.words, report.reported, report.paper
        hour = f"{as_of(figure, self._context(opened)):%H:%M}"
        text = words.understood_one if figure.value == 1 else words.understood
        split = words.not_split
        if paper is not None:
            split = words.split.format(recorded=indian(figure.value - paper), paper=indian(paper))
        told = text.format(reported=indian(figure.value), district=opened.place, hour=hour)
        return {"understood": told, "split": split}

    def _told(self, opened: _Opened) -> tuple[str, int | None]:
        """What this form told last, in words, and the day's target."""
        place, day = str(opened.district.code), opened.claim.day.isoformat()
        with reading(self._engine) as connection:
            own = choose(v for v in figures.history(connection, place, day, "reported") if v.source == SOURCE)
            target = choose(v for v in figures.history(connection, place, day, "target") if not v.rehearsed)
        before = ""
        if own:
            hour = f"{datetime.fromtimestamp(own.version.as_of_ms / 1000, self._settings.zone):%H:%M}"
            before = opened.words.before.format(value=indian(own.value), hour=hour)
        return before, target.value if target else None


def _shown(opened: _Opened) -> str:
    return format_date(opened.claim.day, "EEEE d MMMM y", locale=opened.language)


def _digest(report: Report) -> str:
    figure = report.reported
    return hashlib.sha256(repr((figure.value, figure.as_of_ms, report.paper, figure.note)).encode()).hexdigest()
