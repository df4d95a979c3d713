"""Batches in: POST /api/v1/samples. A batch is acknowledged after its samples are committed, and stored once however often it comes."""

import gzip
import io
import logging
import zlib
from http import HTTPStatus

import orjson
from flask import Blueprint, Response, request
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.store import agents, samples
from dashboard.store.engine import reading
from probes.clock import Clock
from probes.sample import Batch

log = logging.getLogger(__name__)
MAX_BYTES = 2_097_152


class Refused(Exception):
    """An answer other than 200; `hint` says what to do."""

    def __init__(self, status: HTTPStatus, error: str, hint: str, field: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.hint, self.field = status, error, hint, field


def answer(status: HTTPStatus, body: str) -> Response:
    return Response(body, status, content_type="application/json")


def refusal(refused: Refused) -> Response:
    """A refusal as JSON: error, field, hint."""
    body = orjson.dumps({"error": refused.error, "field": refused.field, "hint": refused.hint}).decode()
    return answer(refused.status, body)


def create_intake(engine: Engine, clock: Clock, districts: frozenset[int]) -> Blueprint:
    """The blueprint that takes samples of the given districts (LGD codes)."""
    blueprint = Blueprint("intake", __name__)

    @blueprint.post("/api/v1/samples")
    def take() -> Response:
        try:
            agent = sender_of(engine)
            batch = _batch(_body(), agent, districts)
            with engine.begin() as connection:
                receipt = samples.accept(connection, agent.agent_id, batch, int(clock.now() * 1000))
        except Refused as refused:
            log.warning("samples refused, %s: %s %s", request.remote_addr, refused.error, refused.field)
            return refusal(refused)
        except OperationalError as problem:
            log.error("samples not stored: %s", problem.orig)
            return refusal(
                Refused(
                    HTTPStatus.SERVICE_UNAVAILABLE, "the store does not take writes now", "Send the batch again later"
                )
            )
        return answer(HTTPStatus.OK, receipt.model_dump_json())

    return blueprint


def sender_of(engine: Engine) -> agents.Agent:
    """Whose token came with the request; samples and figures take the same ones.

    Raises:
        Refused: no token, or not a valid one.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        with reading(engine) as connection:
            agent = agents.by_token(connection, token.strip())
        if agent is not None:
            return agent
    hint = "Send the header Authorization: Bearer TOKEN; make one with: tikawatch agent add NAME"
    raise Refused(HTTPStatus.UNAUTHORIZED, "no valid token", hint, "Authorization")


def _body() -> bytes:
    raw = request.stream.read(MAX_BYTES + 1)
    if len(raw) <= MAX_BYTES and request.headers.get("Content-Encoding", "").lower() == "gzip":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise Refused(
                HTTPStatus.BAD_REQUEST, "the body is not gzip", "Send gzip or drop Content-Encoding"
            ) from None
    if len(raw) > MAX_BYTES:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {MAX_BYTES} bytes", "Send fewer samples a batch"
        )
    return raw


def _batch(raw: bytes, agent: agents.Agent, districts: frozenset[int]) -> Batch:
    try:
        batch = Batch.model_validate_json(raw)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, first["msg"], "See probes/sample.py, contract 1", field
        ) from None
    if batch.agent != agent.name:
        raise Refused(
            HTTPStatus.FORBIDDEN, f'this token is not of agent "{batch.agent}"', "Use that agent's own token", "agent"
        )
    own = districts if agent.districts is None else districts & agent.districts
    for index, item in enumerate(batch.samples):
        if item.district not in own:
            known = item.district in districts
            error = f"district {item.district} is not in {'this token' if known else 'this control room'}'s list"
            hint = "Correct probes.districts of the agent"
            hint += f", or bind its token anew: tikawatch agent add {agent.name} --districts CODES" * known
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, error, hint, f"samples.{index}.district")
    return batch
