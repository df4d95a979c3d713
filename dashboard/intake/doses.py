"""Figures in: POST /api/v1/doses, JSON, with an Idempotency-Key. All good or nothing, unless the sender asks for the good ones."""

import hashlib
import json
import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from dashboard.doses import listing
from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses.figure import Reading
from dashboard.doses.finding import Finding
from dashboard.doses.places import Places
from dashboard.doses.rows import Context
from dashboard.intake import Refused, answer, refusal, sender_of
from dashboard.settings import ControlRoomFile
from dashboard.store import deliveries, figures
from dashboard.store.agents import Agent
from dashboard.store.deliveries import Delivery
from dashboard.store.figures import Stored
from probes.clock import Clock

log = logging.getLogger(__name__)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def create_doses_intake(engine: Engine, settings: ControlRoomFile, clock: Clock) -> Blueprint:
    """The blueprint that takes figures from senders with an agent's token, of the districts it is bound to."""
    blueprint = Blueprint("doses_intake", __name__)
    places = Places(settings)

    @blueprint.post("/api/v1/doses")
    def take() -> Response:
        try:
            return _take(engine, settings, places, clock)
        except Refused as refused:
            log.warning("doses refused, %s: %s %s", request.remote_addr, refused.error, refused.field)
            return refusal(refused)
        except OperationalError as problem:
            log.error("doses not stored: %s", problem.orig)
            error, hint = "the store does not take writes now", "Send it again later, with the same Idempotency-Key"
            return refusal(Refused(HTTPStatus.SERVICE_UNAVAILABLE, error, hint))
        except IntegrityError:  # two deliveries at once on a store with several writers: one of them was first
            error, hint = "the same figures are being stored right now", "Send it again, with the same Idempotency-Key"
            return refusal(Refused(HTTPStatus.CONFLICT, error, hint))

    return blueprint


def _take(engine: Engine, settings: ControlRoomFile, places: Places, clock: Clock) -> Response:
    agent = sender_of(engine)
    sender = agent.name
    key, raw = _key(), _body()
    digest = hashlib.sha256(raw).hexdigest()
    now = clock.now()
    moment, first_day = datetime.fromtimestamp(now, UTC), settings.calendar.first_day
    context = Context(places, settings.zone, moment, first_day, f"token of {sender}", _own(agent, places))
    with engine.begin() as connection:
        before = deliveries.find(connection, sender, key)
        if before:
            return _again(before, digest)
        body = _parsed(raw)
        found = listing.read_list(body["figures"], context)
        good_rows, confirmed = body.get("good_rows", False) and not _foreign(found), body.get("confirmed", False)
        stored = figures.take(connection, found, int(now * 1000), good_rows=good_rows, confirmed=confirmed)
        text = _answer_of(found, stored)
        if stored is not None:
            deliveries.keep(connection, sender, key, Delivery(digest, text), int(now * 1000))
    return answer(_status(found, stored is not None), text)


def _status(found: Reading, stored: bool) -> HTTPStatus:
    if stored:
        return HTTPStatus.OK
    return HTTPStatus.FORBIDDEN if _foreign(found) else HTTPStatus.UNPROCESSABLE_ENTITY


def _own(agent: Agent, places: Places) -> frozenset[str] | None:
    """Places a token may report: its districts, and joint areas that are all its own; None: all."""
    if agent.districts is None:
        return None
    mine = {str(code) for code in agent.districts}
    return frozenset(mine | {key for key, codes in places.joint.items() if mine.issuperset(codes)})


def _foreign(found: Reading) -> list[Finding]:
    """Figures of places that are not the sender's: of such a delivery nothing is stored, not even the good rows."""
    return [finding for finding in found.findings if "may not report" in finding.wrong]


def _again(before: Delivery, digest: str) -> Response:
    if before.body_sha256 != digest:
        error = "this Idempotency-Key was used for other figures"
        raise Refused(HTTPStatus.CONFLICT, error, "Send a new key for each delivery", "Idempotency-Key")
    response = answer(HTTPStatus.OK, before.answer)
    response.headers["Idempotent-Replay"] = "true"
    return response


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        error = "the Idempotency-Key is missing" if not key else "the Idempotency-Key is not 1 to 200 plain characters"
        hint = "Send the header Idempotency-Key, a new one for each delivery and the same one when it is repeated"
        raise Refused(HTTPStatus.BAD_REQUEST, error, hint, "Idempotency-Key")
    return key


def _body() -> bytes:
    if request.mimetype != "application/json":
        error = f"the content type is {request.mimetype[:60] or 'missing'}"
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error, "Send application/json", "Content-Type")
    if request.headers.get("Content-Encoding"):
        error = "the body is packed"
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error, "Send it without Content-Encoding", "Content-Encoding")
    raw = request.stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        error = f"the body is over {MAX_BYTES} bytes"
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error, "Send the figures in parts")
    return raw


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        return listing.parse(raw)
    except listing.NotJson as problem:
        found = problem.finding
        raise Refused(HTTPStatus.BAD_REQUEST, found.wrong, found.cure, found.column) from None


def _answer_of(found: Reading, stored: Stored | None) -> str:
    """The answer of POST /api/v1/doses as JSON text."""
    body: dict[str, object] = {
        "stored": stored.new if stored else 0, "corrected": stored.corrected if stored else 0, "known": stored.known if stored else 0,
        "not_reported": found.blanks, "notices": _listed(found.notices), "sums": [check.sentence for check in found.sums],
    }  # fmt: skip
    if found.findings:
        first = (_foreign(found) or found.findings)[0]
        body = {
            "error": first.wrong, "field": first.field, "index": first.index, "hint": first.cure,
            "findings": _listed(found.findings), "findings_in_all": len(found.findings), **body,
        }  # fmt: skip
    return json.dumps(body, ensure_ascii=False)


def _listed(findings: list[Finding]) -> list[dict[str, object]]:
    return [
        {"error": item.wrong, "field": item.field, "index": item.index, "hint": item.cure} for item in findings[:50]
    ]
