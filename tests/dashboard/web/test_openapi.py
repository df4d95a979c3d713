"""The document of the API is true: every route stands in it and no other, and real answers have the shapes it gives them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard import wiring
from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind
from dashboard.store import agents
from dashboard.web.openapi import document
from tests.builders import Scene, example_settings
from tests.places import RAIGAD, THANE
from tests.samples import a_batch, a_sample

BESIDE = {"/healthz", "/readyz", "/metrics"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("openapi")
    return Scene(folder / "tikawatch.db", example_settings(store=folder / "tikawatch.db"))


@pytest.fixture(scope="module")
def client(scene: Scene) -> Iterator[FlaskClient]:
    room = wiring.build(scene.settings, scene.clock)
    with scene.at_once():
        scene.watch()
        scene.flip("Raigad", "13:12", DistrictState.OWN_LINE)
        scene.incident(IncidentKind.OUTAGE, ["Raigad"], "13:12", "Down.", resolved="14:00", answered="13:20")
    yield room.server.test_client()
    room.engine.dispose()


def test_every_route_of_the_api_stands_in_the_document_and_no_other(client: FlaskClient) -> None:
    there = set()
    for rule in client.application.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") or rule.rule in BESIDE:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            there |= {(method.lower(), path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    told = {(method, path) for path, methods in document()["paths"].items() for method in methods}
    assert told == there


def test_it_is_served_and_whole(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.get_json()["openapi"]) == (200, "3.1.0")
    known = document()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.get_data(as_text=True)))
    assert named == set(known)
    assert answer.get_json()["paths"]["/api/v1/samples"]["post"]["security"] == [{"agentToken": []}]


@pytest.mark.parametrize("path", ["districts", "incidents", "decisions"])
def test_what_is_told_has_the_shape_of_the_document(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.get_json()[path] or path == "decisions"
    fits("get", f"/api/v1/{path}", answer)


def test_what_is_taken_is_answered_in_the_shape_of_the_document(client: FlaskClient, scene: Scene) -> None:
    body = {"what": "paper", "districts": [RAIGAD], "who": "Asha", "why": "down", "incident_id": 1, "form": "a1"}
    matches(body, ref("DecisionSent"))
    taken = client.post("/api/v1/decisions", json=body)
    assert taken.status_code == 201
    fits("post", "/api/v1/decisions", taken)
    fits("post", "/api/v1/decisions", client.post("/api/v1/decisions", json=body | {"what": "beer", "form": "a2"}))
    fits("get", "/api/v1/decisions", client.get("/api/v1/decisions"))
    path = "/api/v1/decisions/{decision_id}/confirmations"
    fits("post", path, client.post(path.format(decision_id=1), json={"district": RAIGAD, "who": "Ravi"}))


def test_steps_of_incidents_and_windows_are_answered_in_the_shape_of_the_document(client: FlaskClient) -> None:
    one = "/api/v1/incidents/{incident_id}"
    for number in (1, 99):
        fits("get", one, client.get(one.format(incident_id=number)))
    note = {"who": "Asha", "text": "rang Alibag", "form": "n1"}
    matches(note, ref("NoteAsked"))
    for sent in (note, note, {"who": ""}):
        fits("post", f"{one}/note", client.post(f"{one}/note".format(incident_id=1), json=sent))
    opening = {"who": "Asha", "kind": "outage", "districts": [THANE], "since": "2021-01-16T13:10:00+05:30"}
    fits("post", "/api/v1/incidents", client.post("/api/v1/incidents", json=opening | {"why": "told", "form": "o1"}))
    fits("get", "/api/v1/incidents", client.get("/api/v1/incidents"))
    window = {
        "begins": "2021-01-16T18:00:00+05:30",
        "ends": "2021-01-16T19:00:00+05:30",
        "why": "new disk",
        "form": "w1",
    }
    made = client.post("/api/v1/maintenance", json=window | {"who": "Asha", "districts": [THANE]})
    fits("post", "/api/v1/maintenance", made)
    fits("get", "/api/v1/maintenance", client.get("/api/v1/maintenance"))
    end = "/api/v1/maintenance/{maintenance_id}/end"
    fits("post", end, client.post(end.format(maintenance_id=made.get_json()["maintenance_id"]), json={"who": "Asha"}))


def test_samples_and_figures_are_answered_in_the_shape_of_the_document(client: FlaskClient, scene: Scene) -> None:
    with scene.engine.begin() as connection:
        headers = {"Authorization": f"Bearer {agents.add(connection, 'control-room', 0)}", "Idempotency-Key": "k1"}
    batch = a_batch([a_sample(1, THANE, scene.clock.now() - 5)]).model_dump(mode="json")
    matches(batch, ref("Batch"))
    for sent in (batch, {}):
        fits("post", "/api/v1/samples", client.post("/api/v1/samples", json=sent, headers=headers))
    good = {
        "district": RAIGAD, "day": "2021-01-16", "kind": "reported", "value": 10, "as_of": "13:30", "source": "Sakal",
    }  # fmt: skip
    for figures in ([good], [good | {"value": "x"}], [good, good | {"kind": "beer"}], "no"):
        fits("post", "/api/v1/doses", client.post("/api/v1/doses", json={"figures": figures}, headers=headers))
        headers["Idempotency-Key"] += "1"
    matches({"figures": [good]}, ref("FiguresSent"))
    assert client.post("/api/v1/doses", json={"figures": [good]}).status_code == 401


def test_readiness_and_metrics_are_as_told(client: FlaskClient) -> None:
    fits("get", "/readyz", client.get("/readyz"))
    for path in ("/healthz", "/metrics"):
        [told] = document()["paths"][path]["get"]["responses"]["200"]["content"]
        assert client.get(path).mimetype == told


# -- a small check of the part of JSON Schema that the document uses -----------------------------------------------------


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def fits(method: str, path: str, answer: Any) -> None:
    """The answer's status stands in the document, and its body matches what stands there."""
    told = document()["paths"][path][method]["responses"]
    assert str(answer.status_code) in told, answer.get_data(as_text=True)
    matches(answer.get_json(), told[str(answer.status_code)]["content"]["application/json"]["schema"])


def matches(value: Any, schema: dict[str, Any], at: str = "body") -> None:
    if "$ref" in schema:
        return matches(value, document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema:
        return assert_any(value, schema["anyOf"], at)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
    if schema.get("type") == "null":
        assert value is None, at
    elif "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), (at, value)  # type: ignore[arg-type]
    assert value in schema.get("enum", [value]), (at, value)
    assert value == schema.get("const", value), (at, value)
    assert re.search(schema.get("pattern", ""), value if isinstance(value, str) else ""), (at, value)
    if isinstance(value, dict):
        return each_key_matches(value, schema, at)
    for index, item in enumerate(value if isinstance(value, list) else []):
        matches(item, schema.get("items", {}), f"{at}[{index}]")
    return None


def assert_any(value: Any, schemas: list[dict[str, Any]], at: str) -> None:
    problems = []
    for schema in schemas:
        try:
            return matches(value, schema, at)
        except AssertionError as problem:
            problems.append(problem)
    raise AssertionError(problems)


def each_key_matches(value: dict[str, Any], schema: dict[str, Any], at: str) -> None:
    assert set(schema.get("required", ())) <= value.keys(), at
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in known:
            matches(item, known[key], f"{at}.{key}")
        else:
            assert others is not False, f"{at}.{key} is not in the document"
            matches(item, others if isinstance(others, dict) else {}, f"{at}.{key}")
