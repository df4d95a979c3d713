"""Answers of a registry to rows of the doses file, and every way in which they are not what the mapping says."""

import json
from datetime import datetime
from typing import Any

import pytest

from dashboard.doses.mapping import Unmapped, items
from dashboard.settings.doses import Pull
from tests.places import IST

ASKED = datetime(2021, 1, 16, 16, 40, tzinfo=IST)
CSV = b"code,date,doses,at\n491,2021-01-16,8,2021-01-16T16:00+05:30\n497,2021-01-16,38,2021-01-16T16:00+05:30\n"
WHERE = {"district": "code", "day": "date", "value": "doses", "as_of": "at"}


def a_pull(**other: Any) -> Pull:
    fields = {"name": "counts", "url": "http://127.0.0.1:1/", "format": "csv", "where": WHERE, "source": "counter"}
    return Pull.model_validate(fields | other)


def test_columns_become_fields_and_the_rest_comes_from_the_pull() -> None:
    first, second = items(CSV, a_pull(), ASKED)
    assert first == {
        "district": "491", "day": "2021-01-16", "value": "8", "as_of": "2021-01-16T16:00+05:30", "kind": "recorded",
        "source": "counter", "note": "pull counts",
    }  # fmt: skip
    assert second["district"] == "497"


def test_without_a_mapped_as_of_a_count_is_true_when_asked() -> None:
    where = {key: WHERE[key] for key in ("district", "day", "value")}
    assert {row["as_of"] for row in items(CSV, a_pull(where=where), ASKED)} == {"2021-01-16T16:40:00+05:30"}


def test_paths_lead_into_json_and_its_rows() -> None:
    body = {"data": {"rows": [{"place": {"lgd": 491}, "day": "2021-01-16", "n": {"doses": 8}}]}}
    where = {"district": "place.lgd", "day": "day", "value": "n.doses"}
    pull = a_pull(format="json", rows="data.rows", where=where)
    (row,) = items(json.dumps(body).encode(), pull, ASKED)
    assert (row["district"], row["value"]) == (491, 8)
    top = items(json.dumps(body["data"]["rows"]).encode(), a_pull(format="json", where=where), ASKED)
    assert top == [row]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "this is a web page, not a CSV. Download the file itself"),
        (b"", "the file is empty"),
        (b"\x1f\x8b\x08\x00", "this is a gzip file, not a CSV"),
        (b"code,date,doses,at\n", "the answer holds no rows"),
        (b"code,date,count,at\n491,2021-01-16,8,x\n", 'column "doses" is not in the answer; it has "code", "date"'),
        (b"code,date,doses,at,doses\n1,2,3,4,5\n", 'column "doses" stands more than once'),
        (b"code,date,doses,at\n491,2021-01-16,1,234,x\n", "line 2 of the answer has 5 cells, its header 4"),
        (b'code,date,doses,at\n491,"2021-01-16,8,x\n', "line 2 of the answer is not CSV: unexpected end of data"),
        (b"\xff\xfe\x00", "byte"),
    ],
)
def test_a_csv_that_is_not_what_the_mapping_says_is_refused_with_a_cure(raw: bytes, said: str) -> None:
    with pytest.raises(Unmapped) as refused:
        items(raw, a_pull(), ASKED)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<html>", "this is a web page, not JSON"),
        (b"code,doses", "the answer is not JSON. Correct the address, or write format: csv"),
        (b"[" * 100_000, "the answer is not JSON"),
        (b"[]", '"data" is not in the answer; there is no names. Correct rows'),
        (b'{"rows": []}', '"data" is not in the answer; there is "rows". Correct rows'),
        (b'{"data": {"a": 1}}', '"data" is no list. Write in rows the path of the list of counts'),
        (b'{"data": []}', "the answer holds no rows"),
        (b'{"data": [{"code": 491}]}', '"date" of row 0 is not in the answer; there is "code". Correct where.day'),
        (b'{"data": [7]}', '"code" of row 0 is not in the answer; there is no names. Correct where.district'),
    ],
)
def test_json_that_is_not_what_the_mapping_says_is_refused_with_a_cure(raw: bytes, said: str) -> None:
    with pytest.raises(Unmapped) as refused:
        items(raw, a_pull(format="json", rows="data"), ASKED)
    assert str(refused.value).startswith(said)


def test_more_rows_than_are_taken_at_once_are_refused() -> None:
    with pytest.raises(Unmapped, match="50001 rows; 50000 are taken at once"):
        items(b"code,date,doses,at\n" + b"491,2021-01-16,8,16:00\n" * 50_001, a_pull(), ASKED)
