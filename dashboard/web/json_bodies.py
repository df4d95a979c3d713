"""Bodies in and answers out, both JSON. A body is read by its pydantic model; a mistake is named by its field, with its hint."""

from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson
from flask import Response, request
from pydantic import BaseModel, ValidationError

from dashboard.decisions.kinds import Objection

MOST_BYTES: Final = 64 * 1024
Model = TypeVar("Model", bound=BaseModel)
_STATUS: Final = {
    "": HTTPStatus.BAD_REQUEST, "Content-Type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "incident_id": HTTPStatus.NOT_FOUND,
    "maintenance_id": HTTPStatus.NOT_FOUND,
}  # fmt: skip


def body_of(model: type[Model]) -> Model | Objection:
    """The request's body as the model, or what is wrong with it."""
    if request.mimetype != "application/json":
        error = f"the content type is {request.mimetype[:60] or 'missing'}"
        return Objection("Content-Type", error, "Send application/json")
    raw = request.stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return Objection("", f"the body is over {MOST_BYTES} bytes", "Shorten it")
    try:
        sent = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        return Objection("", f"the body is not JSON: {problem}", "Send one JSON object")
    if not isinstance(sent, dict):
        return Objection("", "the body is not a JSON object", f"Send the keys {', '.join(model.model_fields)}")
    return checked(model, sent)


def checked(model: type[Model], sent: dict[str, Any]) -> Model | Objection:
    """What was sent as the model; the first mistake is the answer."""
    try:
        return model.model_validate(sent)
    except ValidationError as problem:
        return _objection(model, problem)


def refused(objection: Objection) -> Response:
    """An objection as an answer: error, field, hint."""
    status = _STATUS.get(objection.field, HTTPStatus.UNPROCESSABLE_ENTITY)
    told = {"error": objection.error, "field": objection.field, "hint": objection.hint}
    return answered(told, HTTPStatus.CONFLICT if objection.conflict else status)


def answered(body: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body), status, content_type="application/json")


def _objection(model: type[BaseModel], problem: ValidationError) -> Objection:
    first = problem.errors(include_url=False)[0]
    field = str(first["loc"][0])[:40] if first["loc"] else ""
    known = model.model_fields.get(field)
    if first["type"] == "extra_forbidden" or known is None:
        return Objection(field or "body", f"there is no key {field}", f"Send the keys {', '.join(model.model_fields)}")
    error = f"{field} is missing" if first["type"] == "missing" else f"{field} cannot be taken: {_lower(first['msg'])}"
    return Objection(field, error, known.description or "See GET /api/v1/openapi.json")


def _lower(text: str) -> str:
    plain = text.removeprefix("Value error, ").removeprefix("Input ")
    return plain[:1].lower() + plain[1:]
