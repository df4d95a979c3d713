"""Filling in of values: a word in braces, `{record}` or `{secret:name}`, stands for a value. Pure.

May be changed: the ways a value is written down. Braces around anything else stay as they are, so that JSON can be written
out: what stands in JSON between two braces is never a bare word.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

WORD: Final = re.compile(r"\{([a-z][a-z0-9_]*(?::[A-Za-z0-9_-]{1,64})?)\}")
FORM: Final = "application/x-www-form-urlencoded"
PADDING: Final = "padding"

Tree = Any  # what YAML and JSON are made of: texts, numbers, lists and mappings


def words(tree: Tree) -> Iterator[str]:
    """Every word in braces, wherever in the tree it stands."""
    if isinstance(tree, str):
        yield from WORD.findall(tree)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from words(key)
            yield from words(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from words(value)


def fill(template: str, values: Mapping[str, str], write: Callable[[str], str] = str) -> str:
    """The template with the values it names; words that are not among them stay."""
    return WORD.sub(lambda found: write(values[found[1]]) if found[1] in values else found[0], template)


def fill_tree(tree: Tree, values: Mapping[str, str], write: Callable[[str], str] = str) -> Tree:
    """The same tree with every text filled in; keys too."""
    if isinstance(tree, str):
        return fill(tree, values, write)
    if isinstance(tree, Mapping):
        return {
            fill(key, values, write) if isinstance(key, str) else key: fill_tree(value, values, write)
            for key, value in tree.items()
        }
    if isinstance(tree, list | tuple):
        return [fill_tree(value, values, write) for value in tree]
    return tree


def in_address(value: str) -> str:
    """As one part of an address: nothing in it can end that part."""
    return quote(value, safe="")


def body(template: Tree, content_type: str, values: Mapping[str, str], size: int = 0) -> bytes:
    """A request's body. `{padding}`, if the template has it, makes it `size` bytes long.

    A mapping or a list becomes JSON, or a form where the content type says so; in a text, values are written the way the
    content type wants them.
    """
    written = _written(template, content_type, {**values, PADDING: ""})
    if PADDING in words(template):
        written = _written(template, content_type, {**values, PADDING: "x" * max(size - len(written), 0)})
    return written


def _written(template: Tree, content_type: str, values: Mapping[str, str]) -> bytes:
    kind = content_type.partition(";")[0].strip().lower()
    if not isinstance(template, str):
        filled = fill_tree(template, values)
        if kind == FORM and isinstance(filled, dict):
            return "&".join(
                f"{quote_plus(str(key))}={quote_plus(str(value))}" for key, value in filled.items()
            ).encode()
        return json.dumps(filled).encode()
    if kind == FORM:
        return fill(template, values, quote_plus).encode()
    if kind == "application/json" or kind.endswith("+json"):
        return fill(template, values, lambda value: json.dumps(value)[1:-1]).encode()
    return fill(template, values).encode()
