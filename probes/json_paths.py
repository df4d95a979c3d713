"""Reads one value out of a JSON document by a path: `$.stats.ignored`, `$.items[0].id`, `$['a name'][0]`. Pure.

May be changed: what a path may hold. There are no wildcards, filters or slices on purpose: a path names one place, and
finding it costs no more than its own length, whatever a server has sent.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST_PATH: Final = 200
MOST_STEPS: Final = 20
_STEP: Final = re.compile(r"""\.(?P<name>[^.\[\]'"\s]+)|\[(?P<index>[0-9]{1,6})\]|\['(?P<quoted>[^']+)'\]""")


class NoSuchValue(LookupError):
    """The document has nothing at this path; `str()` says how far the path leads."""


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[str | int, ...]:
    """A path as the names and places it leads through; `$` alone is the whole document.

    Raises:
        ValueError: it is no path; the message says where it ceases to be one.
    """
    if len(path) > LONGEST_PATH:
        raise ValueError(f"a path has at most {LONGEST_PATH} characters")
    if not path.startswith("$"):
        raise ValueError(f'"{path}" does not begin with $')
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f'"{path}" cannot be read from "{path[at : at + 20]}" on')
        steps.append(int(found["index"]) if found["index"] else found["name"] or found["quoted"])
        at = found.end()
    if len(steps) > MOST_STEPS:
        raise ValueError(f'"{path}" has more than {MOST_STEPS} steps')
    return tuple(steps)


def value_at(document: object, path: str) -> object:
    """The value at a path of a document made by `json.loads`.

    Raises:
        NoSuchValue: it is not there.
        ValueError: it is no path.
    """
    found = document
    for step in steps_of(path):
        if not _has(found, step):
            raise NoSuchValue(f"there is no {path}")
        found = found[step]  # type: ignore[index]
    return found


def _has(found: object, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(found, dict) and step in found
    return isinstance(found, list) and step < len(found)
