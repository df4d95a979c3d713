"""Paths into JSON: what they find, what they refuse, and what a hostile document cannot do to them."""

import json

import pytest

from probes.json_paths import NoSuchValue, steps_of, value_at

DOCUMENT = json.loads('{"stats": {"ignored": 0, "a b": null}, "items": [{"id": "x"}, [7]], "नाव": "ठीक", "0": "zero"}')


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.stats.ignored", 0),
        ("$.items[0].id", "x"),
        ("$.items[1][0]", 7),
        ("$['stats']['a b']", None),
        ("$.नाव", "ठीक"),
        ("$.0", "zero"),
        ("$", DOCUMENT),
    ],
)
def test_it_finds_the_value(path: str, value: object) -> None:
    assert value_at(DOCUMENT, path) == value


@pytest.mark.parametrize(
    "path", ["$.stats.other", "$.items[2]", "$.items.id", "$.stats[0]", "$.stats.ignored.more", "$[0]", "$['0'][0]"]
)
def test_it_says_when_there_is_nothing(path: str) -> None:
    with pytest.raises(NoSuchValue, match="there is no"):
        value_at(DOCUMENT, path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("stats", r"does not begin with \$"),
        ("", r"does not begin with \$"),
        ("$.", 'cannot be read from "." on'),
        ("$..a", r'cannot be read from "\.\.a" on'),
        ("$.a[*]", r'cannot be read from "\[\*\]" on'),
        ("$.a[-1]", r'cannot be read from "\[-1\]" on'),
        ("$.a[?(@.b)]", "cannot be read"),
        ("$.a[9999999]", "cannot be read"),
        ("$.a b", "cannot be read"),
        ("$" + ".a" * 21, "more than 20 steps"),
        ("$." + "a" * 200, "at most 200 characters"),
    ],
)
def test_it_refuses_what_is_no_path(path: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        steps_of(path)


def test_a_document_as_deep_as_json_can_be_costs_no_more_than_the_path() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    assert value_at(deep, "$[0][0][0]") is not None
    while isinstance(deep, list):  # taken apart by hand: the interpreter would do it in one deep breath
        deep = deep.pop()
