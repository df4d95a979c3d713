"""What an answer says: its JSON, the values it is asked for, and whether it fits what is expected. Pure.

May be changed: what may be carried from an answer. Everything here was written by somebody else's server: it is bounded,
and no more than a plain text comes out of it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from probes.exchange import Result
from probes.json_paths import NoSuchValue, value_at
from probes.kinds.check import Expected
from probes.kinds.upload import Carry, Part
from probes.templates import fill

MOST_JSON: Final = 262_144  # bytes; reading more would hold up the other checks
LONGEST_ID: Final = 512  # characters of a value that goes into an address
LONGEST_TOKEN: Final = 16_384


class Unfit(Exception):
    """The answer does not hold what the check asks for; `str()` of it is a sample's detail."""


def document(result: Result) -> object:
    """The answer as JSON.

    Raises:
        Unfit: it is not JSON, or too long to be read.
    """
    if len(result.body) >= MOST_JSON:
        raise Unfit(f"the answer is too long to be read as JSON, {MOST_JSON} bytes are read")
    try:
        found: object = json.loads(result.body)
    except (ValueError, RecursionError):
        raise Unfit("the answer is not JSON") from None
    return found


def misfit(result: Result, expected: Expected, values: Mapping[str, str], hide: Callable[[str], str] = str) -> str:
    """What in the answer's JSON is not as expected, for a person; empty when all is.

    What is quoted of the answer goes through `hide` before it is cut: half a secret is one as well.
    """
    if not expected:
        return ""
    try:
        found = document(result)
        for path, wanted in expected.items():
            _compare(found, path, fill(wanted, values) if isinstance(wanted, str) else wanted, hide)
    except Unfit as problem:
        return str(problem)
    return ""


def carried(result: Result, wanted: Carry, longest: int) -> dict[str, str]:
    """The values that later steps need, each a text of at most `longest` characters.

    Raises:
        Unfit: one of them is not there, or is not a plain text or number.
    """
    found = document(result) if any(part.path for part in wanted.values()) else None
    return {
        name: _text(name, _at(found, part.path) if part.path else _in_header(result, part), longest)
        for name, part in wanted.items()
    }


def explained(result: Result, path: str | None) -> str:
    """The registry's own words about an error, on one line; empty when it has none."""
    if path is None:
        return ""
    try:
        found = _at(document(result), path)
    except Unfit:
        return ""
    return "".join(one if one.isprintable() else " " for one in str(found))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, as they are or as they stand in an address, in a form and in JSON.

    Of one like `user:password` the second part is hidden by itself too.
    """
    if not text:
        return text
    every = {part for one in secrets for part in (one, one.partition(":")[2]) if part}
    every |= {written for one in every for written in (quote(one, safe=""), quote_plus(one), json.dumps(one)[1:-1])}
    pattern = "|".join(re.escape(one) for one in sorted(every, key=len, reverse=True))
    return re.sub(pattern, "(hidden)", text) if pattern else text


def _at(found: object, path: str) -> object:
    try:
        return value_at(found, path)
    except NoSuchValue:
        raise Unfit(f"the answer has no {path}") from None


def _compare(found: object, path: str, wanted: object, hide: Callable[[str], str]) -> None:
    value = _at(found, path)
    if value != wanted or isinstance(value, bool) is not isinstance(wanted, bool):
        raise Unfit(f"{path} is {_shown(value, hide)}, expected {_shown(wanted, hide)}")


def _shown(value: object, hide: Callable[[str], str]) -> str:
    if isinstance(value, dict | list):
        return "a section" if isinstance(value, dict) else "a list"
    return hide(json.dumps(hide(value) if isinstance(value, str) else value))[:60]


def _in_header(result: Result, part: Part) -> object:
    wanted = (part.header or "").lower()
    value = next((value for name, value in result.headers if name == wanted), None)
    if value is None:
        raise Unfit(f"the answer has no header {part.header}")
    if not part.after:
        return value
    _, found, rest = value.partition(part.after)
    if not found:
        raise Unfit(f'the header {part.header} does not hold "{part.after}"')
    return rest.partition("?")[0].partition("/")[0]


def _text(name: str, value: object, longest: int) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > longest or not text.isprintable():
        raise Unfit(f'"{name}" in the answer is no text of 1 to {longest} plain characters')
    return text
