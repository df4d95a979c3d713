"""Filling in of values."""

import json

import pytest

from probes.templates import FORM, body, fill, fill_tree, in_address, words

VALUES = {"record": "tw-1", "district": "491", "id": "a/../b?c=d&e#f", "secret:key": 's3"c\\ret é'}


def test_it_fills_what_it_knows_and_leaves_every_other_brace() -> None:
    assert fill("{record}/{district}", VALUES) == "tw-1/491"
    assert fill('{"a": {"b": {}}, "{nobody}": "{Record}"}', VALUES) == '{"a": {"b": {}}, "{nobody}": "{Record}"}'


def test_a_value_is_not_filled_in_again() -> None:
    assert fill("{a}{b}", {"a": "{b}", "b": "{a}"}) == "{b}{a}"


def test_a_value_in_an_address_stays_one_part_of_it() -> None:
    assert fill("http://h/x/{id}/y", VALUES, in_address) == "http://h/x/a%2F..%2Fb%3Fc%3Dd%26e%23f/y"


def test_words_are_found_wherever_they_stand() -> None:
    assert list(words({"{a}": ["{b}", {"x": "{secret:c}"}], "y": 3, "z": None})) == ["a", "b", "secret:c"]


def test_a_tree_keeps_what_is_no_text() -> None:
    assert fill_tree({"{record}": [1, None, True, "{district}"]}, VALUES) == {"tw-1": [1, None, True, "491"]}


@pytest.mark.parametrize("template", [{"a": "{secret:key}"}, '{"a": "{secret:key}"}'])
@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json; charset=utf-8"])
def test_a_json_body_stays_json_whatever_the_value(template: object, kind: str) -> None:
    assert json.loads(body(template, kind, VALUES)) == {"a": VALUES["secret:key"]}


@pytest.mark.parametrize("template", [{"a": "{secret:key}", "b c": 1}, "a={secret:key}&b+c=1"])
def test_a_form_stays_a_form_whatever_the_value(template: object) -> None:
    assert body(template, FORM, VALUES) == b"a=s3%22c%5Cret+%C3%A9&b+c=1"


def test_a_text_of_another_kind_is_sent_as_it_stands() -> None:
    assert body("<id>{record}</id>", "application/xml", VALUES) == b"<id>tw-1</id>"


@pytest.mark.parametrize("template", [{"id": "{record}", "p": "{padding}"}, '{"id": "{record}", "p": "{padding}"}'])
@pytest.mark.parametrize("size", [256, 4096, 100_000])
def test_padding_makes_the_body_as_long_as_it_should_be(template: object, size: int) -> None:
    assert len(body(template, "application/json", VALUES, size)) == size


def test_a_body_longer_than_wanted_is_not_cut() -> None:
    assert json.loads(body({"id": "{record}", "p": "{padding}"}, "application/json", VALUES, 3)) == {
        "id": "tw-1",
        "p": "",
    }
