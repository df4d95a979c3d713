"""GET /api/v1/openapi.json: the document of the API, made of the table in openapi_paths.py. Paths are added there, nothing here."""

import re
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson
from flask import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from dashboard.web.openapi_paths import OPERATIONS, Operation
from dashboard.web.openapi_shapes import ErrorAnswer

_AS_READ: JsonSchemaMode = "validation"  # of answers too: what may be left out is then not called required
_TOKEN = "agentToken"
_PARAMETER = re.compile(r"\{(\w+)\}")
_REASONS = {
    200: "done", 201: "stored", 400: "not understood", 401: "no valid token", 403: "not allowed", 404: "not there", 409: "in conflict",
    413: "too long", 415: "another content type is wanted", 422: "not accepted: `field` and `hint` say why",
    429: "too many tries without a valid token", 503: "not now",
}  # fmt: skip


def add_openapi(blueprint: Blueprint) -> None:
    """The route, on the blueprint of the API."""

    @blueprint.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return Response(orjson.dumps(document()), content_type="application/json")


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document. A path's parameters are integers, those of a query are texts."""
    schemas, named = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one, named)
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "description": "made by: tikawatch agent add NAME [--districts CODES]",
    }
    about = (
        "What a control room takes and tells. Errors are JSON: `error`, `field`, `hint`. Times ending in `_ms` are milliseconds since "
        "1970 UTC. What needs no token is answered on the control room's own machine alone: there is no login yet."
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tikawatch", "version": version("tikawatch"), "description": about},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {_TOKEN: scheme}},
    }


def _operation(one: Operation, named: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    answers = {status: _content(kind, named) for status, kind in one.answers.items()}
    answers |= {status: _content(ErrorAnswer, named) for status in one.errors}
    found: dict[str, Any] = {
        "summary": one.says,
        "responses": {
            str(status): {"description": _REASONS[status], "content": content} for status, content in answers.items()
        },
    }
    if parameters := _parameters(one):
        found["parameters"] = parameters
    if one.body:
        found["requestBody"] = {"required": True, "content": _content(one.body, named)}
    if one.token:
        found["security"] = [{_TOKEN: []}]
    return found


def _content(kind: type[BaseModel] | str, named: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string" if kind.startswith("text/") else "object"}}}
    return {"application/json": {"schema": named[kind]}}


def _parameters(one: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
        for name in _PARAMETER.findall(one.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": says, "schema": {"type": "string"}}
        for name, says in one.query.items()
    ]
    in_header = [
        {"name": name, "in": "header", "required": True, "description": says, "schema": {"type": "string"}}
        for name, says in one.headers.items()
    ]
    return in_path + in_query + in_header


def _schemas() -> tuple[dict[str, Any], dict[type[BaseModel], dict[str, Any]]]:
    """All schemas by name, and how each model is referred to."""
    models: list[type[BaseModel]] = [ErrorAnswer]
    for one in OPERATIONS:
        models += [kind for kind in (one.body, *one.answers.values()) if kind is not None and not isinstance(kind, str)]
    asked = [(model, _AS_READ) for model in dict.fromkeys(models)]
    references, definitions = models_json_schema(asked, ref_template="#/components/schemas/{model}")
    return definitions["$defs"], {model: references[model, _AS_READ] for model in models}
