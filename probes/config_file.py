"""Reads a YAML 1.2 file into frozen pydantic models and says every mistake at once: line, key, value, cure.

Both packages read config.yaml through this module; each validates its own sections.
Cures come from the `examples` of the model's fields: give every field one.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from probes.sections import without_user

MAX_BYTES = 1_048_576
_SCALARS = ("null", "bool", "int", "float", "str", "timestamp")
Path_ = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Finding:
    """One mistake of a config file."""

    line: int
    where: str
    wrong: str
    cure: str

    def text(self, file: str) -> str:
        place = f"{file} line {self.line}" + (f", {self.where}" if self.where else "")
        return f"{place}: {self.wrong}. {self.cure}" if self.cure else f"{place}: {self.wrong}."


class ConfigError(Exception):
    """The file cannot be used. `str()` of it is what the user reads: one line a finding, in the file's order."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        self.file = file
        self.findings = sorted(set(findings), key=lambda f: (f.line, f.where, f.wrong))
        super().__init__("\n".join(f.text(file) for f in self.findings))


@dataclass(frozen=True)
class Document:
    """A parsed file: plain dicts and lists, the line (from 1) of every key and item, and mistakes of the text itself."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Path_, int]
    findings: tuple[Finding, ...]

    def line_of(self, path: Path_) -> int:
        """Line of the nearest known place on the way to `path`."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(path: Path) -> Document:
    """Parse a file.

    Raises:
        ConfigError: the file is missing, unreadable, not UTF-8, too large, not YAML, or not a mapping.
    """
    name = path.name
    text = _text_of(path, name)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as problem:
        line = (problem.problem_mark.line if problem.problem_mark else 0) + 1
        wrong = f"not readable as YAML: {problem.problem or problem.context}"
        raise ConfigError(name, [Finding(line, "", wrong, "Check the indent, quotes and brackets there")]) from None
    except YAMLError as problem:
        raise ConfigError(name, [Finding(1, "", f"not readable as YAML: {problem}", "")]) from None
    if not isinstance(node, MappingNode):
        raise _single(name, "the file holds no sections", "Start from the config.yaml that comes with Tikawatch")
    builder = _Builder()
    data = builder.value(node, ())
    return Document(name, data, builder.lines, tuple(builder.findings))


def validate(
    document: Document, model: type[M], ignore: frozenset[str] = frozenset()
) -> tuple[M | None, list[Finding]]:
    """The model, or None and what is wrong. `ignore` names top-level sections that belong to somebody else."""
    data = {key: value for key, value in document.data.items() if key not in ignore}
    try:
        return model.model_validate(data), []
    except ValidationError as problem:
        errors = problem.errors()
        return None, [_finding(document, model, error) for error in errors if not _follows(error, errors)]


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Of a list, pydantic counts the good items only: one bad item makes it too short as well."""
    loc = error["loc"]
    beneath = (other["loc"] for other in errors if len(other["loc"]) > len(loc))
    return error["type"] == "too_short" and any(other[: len(loc)] == loc for other in beneath)


def load(path: Path, model: type[M], ignore: frozenset[str] = frozenset()) -> M:
    """Read and validate one model.

    Raises:
        ConfigError: with every finding of the text and of the model.
    """
    document = read(path)
    settings, findings = validate(document, model, ignore)
    if settings is None or document.findings:
        raise ConfigError(document.file, all_of(document, findings))
    return settings


def all_of(document: Document, findings: list[Finding]) -> list[Finding]:
    """Mistakes of the text and of the models; what only follows from a mistake of the text is left out."""
    places = {finding.where for finding in document.findings}
    return [*document.findings, *(finding for finding in findings if finding.where not in places)]


def _single(file: str, wrong: str, cure: str) -> ConfigError:
    return ConfigError(file, [Finding(1, "", wrong, cure)])


def _text_of(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _single(name, f"there is no file {path}", "Give the path of a config file with --config") from None
    except IsADirectoryError:
        raise _single(name, f"{path} is a folder", "Give the path of a config file with --config") from None
    except PermissionError:
        raise _single(name, f"{path} may not be read by this user", "Change its owner or its mode") from None
    if len(raw) > MAX_BYTES:
        raise _single(name, f"the file has {len(raw)} bytes; {MAX_BYTES} are allowed", "Split or shorten it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        finding = Finding(line, "", f"byte {problem.start + 1} is not UTF-8", "Save the file as UTF-8")
        raise ConfigError(name, [finding]) from None


class _Builder:
    """Turns composed nodes into plain values, noting lines, doubled keys and aliases on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path_, int] = {(): 1}
        self.findings: list[Finding] = []
        self._seen: set[int] = set()

    def value(self, node: Node, path: Path_) -> Any:
        if id(node) in self._seen:
            line = self.lines.get(path, node.start_mark.line + 1)
            self.findings.append(
                Finding(line, dotted(path), "aliases (*name) are not supported", "Write the value out")
            )
            return None
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _item(self, node: Node, path: Path_) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def _mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                first = self.lines[here]
                self._note(key_node, here, f'key "{key}" stands twice, first in line {first}', "Keep one of the two")
                continue
            self.lines[here] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, here)
        return result

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:
        tag, text = str(node.tag), str(node.value)
        kind = tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _SCALARS:
            self._note(node, path, f"tag {tag} is not allowed", "Write a plain value")
            return None
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            return self._number(node, path, kind, text)
        return text

    def _number(self, node: ScalarNode, path: Path_, kind: str, text: str) -> Any:
        try:
            if "_" in text or text.lstrip("+-").lower().startswith(("0x", "0o", "0b")):
                raise ValueError(text)
            return int(text) if kind == "int" else float(text)
        except ValueError:
            self._note(
                node, path, f'"{text}" is an odd way to write a number', "Use plain digits, or quotes for a text"
            )
            return None

    def _note(self, node: Node, path: Path_, wrong: str, cure: str) -> None:
        self.findings.append(Finding(node.start_mark.line + 1, dotted(path), wrong, cure))


def dotted(path: Path_) -> str:
    """`("probes", "checks", 0, "url")` as a person writes it: `probes.checks[0].url`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _finding(document: Document, model: type[BaseModel], error: ErrorDetails) -> Finding:
    field, siblings = _field_at(model, tuple(error["loc"]))
    path = _without_tags(document.data, tuple(error["loc"]))
    if error["type"].startswith("union_tag"):  # pydantic says where the section stands; what is wrong is its kind
        path = (*path, "kind")
    if path[-1:] == ("[key]",):  # pydantic's mark of a key that is wrong itself; it stands where its value stands
        path = path[:-1]
    context = error.get("ctx", {})
    cure = _CURES.get(error["type"]) or _cure(field, siblings, error["type"], path)
    if "cure" in context:
        cure = str(context["cure"])
    line = document.line_of(path)
    if isinstance(context.get("at"), tuple):
        line = document.line_of((*path, *context["at"]))
        path = (*path, *context["at"])
    return Finding(line, dotted(path), _wrong(error, path), cure)


def _without_tags(data: Any, loc: Path_) -> Path_:
    """Where one of several models is chosen by its `kind`, pydantic puts the kind into the path; no such key stands there."""
    path: list[str | int] = []
    for part in loc:
        if isinstance(data, dict) and part not in data and part == data.get("kind"):
            continue
        path.append(part)
        reachable = isinstance(data, list) and isinstance(part, int) and part < len(data)
        data = data[part] if reachable or (isinstance(data, dict) and part in data) else None
    return tuple(path)


# {shown} is the value, {key} the last part of its place; the rest comes from pydantic's context of the error
_WRONG = {
    "missing": 'key "{key}" is missing',
    "extra_forbidden": 'unknown key "{key}"',
    "literal_error": "{shown} is not one of {expected}",
    "enum": "{shown} is not one of {expected}",
    "int_type": "{shown} is not a whole number",
    "int_parsing": "{shown} is not a whole number",
    "int_from_float": "{shown} is not a whole number",
    "float_type": "{shown} is not a number",
    "float_parsing": "{shown} is not a number",
    "string_type": "{shown} is not a text",
    "model_type": "{shown} is not a section with keys",
    "dict_type": "{shown} is not a section with keys",
    "list_type": "{shown} is not a list",
    "tuple_type": "{shown} is not a list",
    "too_short": "{shown} is too short, at least {min_length} needed",
    "string_too_short": "{shown} is too short",
    "string_pattern_mismatch": "{shown} has not the wanted form",
    "union_tag_not_found": 'key "kind" is missing',
    "union_tag_invalid": '"{tag}" is not one of {kinds}',
    "config": "{wrong}",
}


def _wrong(error: ErrorDetails, path: Path_) -> str:
    shown = repr_value(error["input"])
    words = _WRONG.get(error["type"])
    if words is not None:
        context = error.get("ctx", {})
        return words.format_map({**context, "shown": shown, "key": path[-1] if path else "", "kinds": _kinds(context)})
    message = error["msg"].removeprefix("Input should be ")
    return f"{shown} is refused: it should be {message}" if message != error["msg"] else f"{shown}: {message}"


_CURES = {"union_tag_not_found": "Add for example kind: http", "union_tag_invalid": "Write for example kind: http"}


def _kinds(context: Mapping[str, Any]) -> str:
    """The kinds of a tagged union as pydantic lists them: <CheckKind.HTTP: 'http'>, ..."""
    return ", ".join(re.findall(r"'(\w+)'", str(context.get("expected_tags", ""))))


def repr_value(value: object) -> str:
    """A value as quoted in a message: in double quotes, cut at 60 characters."""
    if isinstance(value, dict | list | tuple):
        return "a section" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    text = without_user(str(value).lower() if isinstance(value, bool) else str(value))
    return f'"{text[:60]}"' + ("…" if len(text) > 60 else "")


def _cure(field: FieldInfo | None, siblings: Mapping[str, FieldInfo], kind: str, path: Path_) -> str:
    if kind == "extra_forbidden":
        known = [other.alias or name for name, other in siblings.items()]
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        return f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(known)}"
    if field is not None and field.examples:
        verb = "Add" if kind == "missing" else "Write"
        return f"{verb} for example {path_key(path)}: {_yaml(field.examples[0])}"
    return ""


def path_key(path: Path_) -> str:
    """The last named key on the path."""
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "")


def _yaml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _field_at(model: type[BaseModel], path: Path_) -> tuple[FieldInfo | None, Mapping[str, FieldInfo]]:
    """The field a path of a validation error names, and the fields beside it."""
    fields: Mapping[str, FieldInfo] = model.model_fields
    field: FieldInfo | None = None
    models: list[type[BaseModel]] = [model]
    for depth, part in enumerate(path):
        if isinstance(part, int):
            continue
        if len(models) > 1:  # one of several kinds, and this part of the path says which
            models = [one for one in models if part in _kinds_of(one)]
            fields = models[0].model_fields if models else {}
            continue
        field = fields.get(part)
        if field is None or depth == len(path) - 1:
            break
        models = list(_models_in(field.annotation))
        if not models:
            break
        fields = models[0].model_fields
    return field, fields


def _kinds_of(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, list, dict) or get_args(annotation):
        for argument in get_args(annotation):
            yield from _models_in(argument)
