"""The control of the stand-in over HTTP, for drills, the demo and tests. Loopback only, no login.

GET/PUT/DELETE /control/faults, GET/PUT/DELETE /control/scenario, GET /control/load.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from pydantic import ValidationError

from probes.rehearsal.faults import FAULT_LIST, Fault
from probes.rehearsal.scenarios import SCENARIOS, Scenario
from probes.rehearsal.wire import Answer, json_answer, refusal

_MAX_FAULTS = 200


class Controlled(Protocol):
    """What the control needs of the stand-in."""

    @property
    def scenario(self) -> Scenario | None: ...
    def scenario_second(self) -> float: ...
    def set_scenario(self, name: str | None) -> None: ...
    def set_faults(self, faults: Sequence[Fault]) -> None: ...
    def faults(self) -> tuple[Fault, ...]: ...
    def load(self) -> Mapping[str, int]: ...


def control(stand_in: Controlled, method: str, what: str, body: bytes) -> Answer:
    """Answer one request under /control/; every refusal names its field."""
    answer = _ROUTES.get((method, what))
    if answer is not None:
        return answer(stand_in, body)
    known = any(what == path for _, path in _ROUTES)
    return refusal(405 if known else 404, f"{method} /control/{what[:40]} is not known", "", "Try GET /control/faults")


def _faults(stand_in: Controlled, _body: bytes = b"") -> Answer:
    return json_answer(200, FAULT_LIST.dump_python(stand_in.faults(), mode="json"))


def _put_faults(stand_in: Controlled, body: bytes) -> Answer:
    try:
        faults = FAULT_LIST.validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        hint = 'Send a list, for example [{"kind": "slow", "districts": [491], "factor": 5}]'
        return refusal(400, first["msg"], _place(first["loc"]), hint)
    if len(faults) > _MAX_FAULTS:
        return refusal(400, f"{len(faults)} faults are too many", "faults", f"Send at most {_MAX_FAULTS}")
    stand_in.set_faults(faults)
    return _faults(stand_in)


def _clear_faults(stand_in: Controlled, _body: bytes) -> Answer:
    stand_in.set_faults(())
    return Answer(204)


def _place(loc: tuple[str | int, ...]) -> str:
    return "faults" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)


def _scenario(stand_in: Controlled, _body: bytes = b"") -> Answer:
    scenario = stand_in.scenario
    if scenario is None:
        return json_answer(200, {"name": None, "title": "", "second": 0.0, "words": []})
    second = stand_in.scenario_second()
    words = list(dict.fromkeys(step.words for step in scenario.steps_at(second)))
    return json_answer(
        200, {"name": scenario.name, "title": scenario.title, "second": round(second, 3), "words": words}
    )


def _put_scenario(stand_in: Controlled, body: bytes) -> Answer:
    try:
        wanted: Any = json.loads(body)
    except (ValueError, RecursionError):
        wanted = None
    name = wanted.get("name") if isinstance(wanted, dict) else None
    if not isinstance(name, str) or name not in SCENARIOS:
        return refusal(
            400, "there is no such scenario", "name", f'Send {{"name": …}} with one of {", ".join(SCENARIOS)}'
        )
    stand_in.set_scenario(name)
    return _scenario(stand_in)


def _end_scenario(stand_in: Controlled, _body: bytes) -> Answer:
    stand_in.set_scenario(None)
    return Answer(204)


def _load(stand_in: Controlled, _body: bytes) -> Answer:
    return json_answer(200, dict(stand_in.load()))


_ROUTES: Final[Mapping[tuple[str, str], Callable[[Controlled, bytes], Answer]]] = {
    ("GET", "load"): _load,
    ("GET", "faults"): _faults,
    ("PUT", "faults"): _put_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "scenario"): _scenario,
    ("PUT", "scenario"): _put_scenario,
    ("DELETE", "scenario"): _end_scenario,
}
