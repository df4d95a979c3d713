"""Recipes: what an upload check of a known kind of registry says, but for what is different at each of them.

May be changed: how a recipe and a check become one. A recipe is a file NAME.yaml in this room: `about`; `needs` and
`secrets`, each name with what it is; `defaults` for what may be left out of `with`; `check`, the fields of the check.
docs/recipes.md shows each at work.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pydantic import Field

from probes import config_file
from probes.sections import Section, refuse
from probes.templates import fill, words

ROOM: Final = Path(__file__).parent
REPLACED: Final = ("body", "expect_json", "carry")  # mappings that mean something only as a whole

Fields = dict[str, Any]


class Recipe(Section):
    """One file of this room."""

    about: str = Field(min_length=20)
    needs: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    check: Fields


def names() -> list[str]:
    """Every recipe that comes with Tikawatch."""
    return sorted(file.stem for file in ROOM.glob("*.yaml"))


@cache
def recipe(name: str) -> Recipe:
    """One of `names`."""
    return config_file.load(ROOM / f"{name}.yaml", Recipe)


def expanded(fields: Fields) -> Fields:
    """The fields of an upload check with its recipe worked in; its own come first.

    Raises:
        PydanticCustomError: the recipe is not known, or something it needs is missing.
    """
    name = fields.get("recipe")
    known = recipe(_known(name)) if name is not None else None
    given = fields.get("with") or {}
    _plain_values(given)
    if known is not None:
        _complete(str(name), known, fields, given)
        _tidy(str(name), known, fields)
        fields = _merged(known.check, fields)
        given = {**known.defaults, **given}
        fields = {**fields, "with": given}
    return _filled(fields, {key: str(value) for key, value in given.items() if not isinstance(value, dict)})


def _known(name: object) -> str:
    if name not in names():
        raise refuse(f'there is no recipe "{name}"', f"Known: {', '.join(names())}", ("recipe",))
    return str(name)


def _plain_values(given: object) -> None:
    if not isinstance(given, dict):
        raise refuse("with is not a section with keys", "Write for example with: {program: IpHINAT79UW}", ("with",))
    for key, value in given.items():
        ones = value.values() if isinstance(value, dict) else [value]
        if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in ones):
            cure = f"Write {key}: a text, or {key}: {{490: one text for each district}}"
            raise refuse(f"{key} is no text", cure, ("with", str(key)))


def _complete(name: str, known: Recipe, fields: Fields, given: Mapping[str, object]) -> None:
    _nothing_missing(name, "with", known.needs, given)
    _nothing_missing(name, "secrets", known.secrets, _section(fields, "secrets"))
    for key in given:
        if key not in known.needs and key not in known.defaults:
            knows = ", ".join([*known.needs, *known.defaults]) or "no values"
            raise refuse(f'recipe "{name}" has no use for "{key}"', f"It takes {knows}", ("with", str(key)))


def _tidy(name: str, known: Recipe, fields: Fields) -> None:
    """A record that is stored is taken away again, unless somebody wrote a check of his own without it."""
    stores = {**known.check, **fields}.get("stores", True)
    if stores and "clean_up" in known.check and fields.get("clean_up", known) is None:
        raise refuse(
            f'the records of recipe "{name}" would stay in the registry', "Remove clean_up: null", ("clean_up",)
        )


def _nothing_missing(name: str, section: str, needs: Mapping[str, str], given: Iterable[str]) -> None:
    missing = {key: what for key, what in needs.items() if key not in given}
    if missing:
        told = "; ".join(f"{section}.{key} ({what})" for key, what in missing.items())
        example = ", ".join(f"{key}: …" for key in missing)
        raise refuse(f'recipe "{name}" also needs {told}', f"Add {section}: {{{example}}}", (section,))


def _section(fields: Fields, key: str) -> Fields:
    found = fields.get(key)
    return found if isinstance(found, dict) else {}


def _merged(under: Fields, over: Fields) -> Fields:
    """`over` upon `under`, section by section; a key that `over` sets to nothing is gone."""
    merged = {**under, **over}
    for key in under.keys() & over.keys() - set(REPLACED):
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            merged[key] = _merged(under[key], over[key])
    return {key: value for key, value in merged.items() if value is not None}


def _filled(fields: Fields, values: Mapping[str, str]) -> Fields:
    base = fields.get("base")
    if isinstance(base, str):
        values = {**values, "base": base.rstrip("/")}
    elif "base" in words({key: value for key, value in fields.items() if key != "base"}):
        raise refuse(
            "its addresses begin with {base}, and there is none", "Add base: https://registry.example.org", ("base",)
        )
    return {
        key: value if key in ("base", "with", "secrets") else _in(key, value, values) for key, value in fields.items()
    }


def _in(key: str, value: Any, values: Mapping[str, str]) -> Any:
    """Filled in, and in addresses written so that a value cannot end its part; {district} may stand in a value."""
    if isinstance(value, str):
        for_address = {name: one if name == "base" else quote(one, safe="{}:,-._~") for name, one in values.items()}
        return fill(value, for_address if key.endswith("url") else values)
    if isinstance(value, dict):
        return {inner: _in("body" if key == "body" else str(inner), one, values) for inner, one in value.items()}
    if isinstance(value, list):
        return [_in(key, one, values) for one in value]
    return value
