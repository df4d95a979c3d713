"""The requests of an upload check, made from its settings and the values known so far. Pure but for reading secrets.

May be changed: the record's shape, and what a request carries. The marks must stay: they are how a registry's operator tells
our records from people.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from probes import templates
from probes.checks import Target
from probes.checks.answers import MOST_JSON
from probes.clock import Clock
from probes.exchange import Request
from probes.kinds.upload import Authorise, CleanUp, ReadBack, UploadCheck
from probes.secrets import Hidden, HiddenBytes, SecretError, read_all
from probes.templates import fill, in_address, words

MARKER: Final = "TIKAWATCH-PROBE"
MARK_HEADER: Final = f"X-Tikawatch-Probe: {MARKER}"

Values = dict[str, str]


def settings_of(target: Target) -> UploadCheck:
    assert isinstance(target.check, UploadCheck)
    return target.check


def own_values(target: Target, clock: Clock, rng: random.Random) -> Values:
    """What is known before anything was asked. `now` and `today` are UTC, so that they are nowhere in the future.

    `uid` is made of the record's id for registries that want eleven letters and digits.

    Raises:
        SecretError: the agent lacks a value of its own.
    """
    check = settings_of(target)
    number = f"{rng.getrandbits(64):016x}"
    moment = datetime.fromtimestamp(clock.now(), UTC)
    values = {
        "district": str(target.district),
        "record": f"tw-probe-{number}",
        "uid": f"T{number[:10]}",
        "now": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "today": moment.strftime("%Y-%m-%d"),
    }
    for name, by_code in check.by_district.items():
        if str(target.district) not in by_code:
            raise SecretError(f"with.{name} has no value for district {target.district}")
        values[name] = by_code[str(target.district)]
    return values | read_all(check.secrets)


def body_of(record: str, district: int, size: int) -> bytes:
    """The synthetic record as JSON, padded to `size` bytes; never a person's data."""
    fields = {"id": record, "synthetic": True, "marker": MARKER, "district": district, "padding": ""}
    fields["padding"] = "x" * max(size - len(json.dumps(fields)), 0)
    return json.dumps(fields).encode()


def authorise(step: Authorise, values: Values, deadline: float) -> Request:
    """The log-in."""
    return Request(
        url=fill(step.url, values, in_address),
        deadline=deadline,
        method=step.method,
        headers=_headers(step.headers, values, step.content_type if step.body is not None else ""),
        body=_body(step, values),
        keep=MOST_JSON,
        keep_headers=_asks_headers(step),
        aside=True,
    )


def submit(target: Target, values: Values, deadline: float) -> Request:
    """The record on its way; `undo` takes it away again by what is known before the answer."""
    check = settings_of(target)
    asks_json = check.expect_json or check.explain or any(part.path for part in check.carry.values())
    return Request(
        url=fill(check.url, values, in_address),
        deadline=deadline,
        method=check.method,
        headers=_headers(check.headers, values, check.content_type),
        body=_body(check, values) or body_of(values["record"], target.district, check.payload_bytes),
        max_bytes=check.max_bytes,
        keep=MOST_JSON if asks_json else 0,
        keep_headers=_asks_headers(check),
        undo=undo(target, values),
    )


def look(target: Target, step: ReadBack, values: Values) -> Request:
    """One look for the record; whoever sends it sets the deadline."""
    check = settings_of(target)
    return Request(
        url=fill(step.url, values, in_address),
        deadline=0.0,
        headers=_headers({**check.headers, **step.headers}, values),
        max_bytes=max(check.max_bytes, 2 * check.payload_bytes),  # the answer may repeat the record
        find=fill(step.expect_text, values),
        keep=MOST_JSON if step.expect_json else 0,
        undo=undo(target, values),
        aside=True,
    )


def undo(target: Target, values: Values) -> Request | None:
    """What takes the record away; None for a check that leaves nothing, or has no way to clean up.

    It is for a record that nobody has seen yet: that the registry does not know it proves nothing.
    """
    check = settings_of(target)
    step = check.clean_up
    if step is None:
        return None
    url = fill(_address_of(step, values), values, in_address)
    request = undo_at(target, url, step.method, _body(step, values), values)
    return replace(request, absent_is_gone=False, also_gone=step.also_gone)


def undo_at(target: Target, url: str, method: str, body: bytes, values: Values) -> Request:
    """As `undo`, to an address that was filled in earlier."""
    check = settings_of(target)
    step = check.clean_up
    own = {**check.headers, **step.headers} if step else check.headers
    kind = step.content_type if step and body else ""
    lines = _headers(own, values, kind)
    return Request(url=url, deadline=0.0, method=method, headers=lines, body=body, undoes=True, aside=True)


def _address_of(step: CleanUp, values: Values) -> str:
    in_doubt = step.in_doubt_url
    return step.url if in_doubt is None or set(words(step.url)) <= values.keys() else in_doubt


def _headers(templates_: Mapping[str, str], values: Values, content_type: str = "") -> tuple[str, ...]:
    named = {name.lower() for name in templates_}
    lines = [_line(name, template, values) for name, template in templates_.items()]
    if content_type and "content-type" not in named:
        lines.append(f"Content-Type: {content_type}")
    return (*lines, MARK_HEADER)


def _line(name: str, template: str, values: Values) -> str:
    line = f"{name}: {fill(template, values)}"
    return Hidden(line) if any(words(template)) else line


def _body(step: Authorise | UploadCheck | CleanUp, values: Values) -> bytes:
    if step.body is None:
        return b""
    size = step.payload_bytes if isinstance(step, UploadCheck) else 0
    return HiddenBytes(templates.body(step.body, step.content_type, values, size))


def _asks_headers(step: Authorise | UploadCheck) -> bool:
    return any(part.header for part in step.carry.values())
