"""An exported zip: what it holds, and that whatever is changed in it is found and named."""

import io
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable

import flask
import pytest

from dashboard.evidence import seal
from dashboard.evidence.bundle import bundle
from dashboard.evidence.checking import check
from dashboard.store.evidence import Kept
from dashboard.web.evidence_export import create_evidence_export
from tests.builders import Scene

NAMES = [
    "README.txt", "evidence-1-1.json", "evidence-1-2.json", "manifest.json", "samples-1-1.csv", "samples-1-2.csv",
]  # fmt: skip


@pytest.fixture(scope="module")
def exported(rows: list[Kept]) -> bytes:
    return bundle(1, rows)


def files_of(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, plain in files.items():
            packed.writestr(name, plain)
    return out.getvalue()


def test_what_was_given_out_is_good_and_the_same_each_time(exported: bytes, rows: list[Kept]) -> None:
    verdict = check(exported)
    assert verdict.findings == []
    assert verdict.hashes == {f"evidence-1-{row.step}.json": row.sha256 for row in rows}
    assert bundle(1, rows) == exported
    assert sorted(files_of(exported)) == NAMES


def test_an_incident_of_many_steps_is_given_out_one_step_at_a_time(rows: list[Kept]) -> None:
    wide = seal.canonical(
        {"samples": {"rows": [], "columns": ["started_ms"]}, "step": {}, "timezone": "UTC", "note": "x" * 10**6}
    )
    many = [Kept(step, 0, 0, seal.digest(wide), seal.pack(wide)) for step in range(1, 31)]
    tracemalloc.start()
    try:
        packed = bundle(1, many)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10 * len(wide)
    assert len(files_of(packed)) == 62


def test_the_table_of_samples_can_be_read_by_a_spreadsheet(exported: bytes) -> None:
    lines = files_of(exported)["samples-1-1.csv"].decode().splitlines()
    assert lines[0].startswith("started,district,check,kind,vantage,boot,seq,started_ms,")
    assert lines[1].startswith("2021-01-16T")
    assert lines[1].split(",")[0].endswith("+05:30")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_is_found_in_whatever_file_it_is(exported: bytes, name: str) -> None:
    files = files_of(exported)
    for place in range(0, len(files[name]), max(1, len(files[name]) // 6)):
        changed = bytearray(files[name])
        changed[place] ^= 1
        found = check(zipped(files | {name: bytes(changed)})).findings
        assert any(name in finding or name == "manifest.json" for finding in found), place


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_was_taken_away_is_found(exported: bytes, name: str) -> None:
    files = files_of(exported)
    del files[name]
    assert any(name in finding for finding in check(zipped(files)).findings)


def test_no_byte_of_the_zip_itself_can_change_what_is_in_it_unseen(exported: bytes) -> None:
    whole = files_of(exported)
    for place in range(0, len(exported), max(1, len(exported) // 150)):
        changed = bytearray(exported)
        changed[place] ^= 0x10
        if not check(bytes(changed)).findings:
            assert files_of(bytes(changed)) == whole, place


def test_the_part_that_was_changed_is_named(exported: bytes) -> None:
    files = files_of(exported)
    body = json.loads(files["evidence-1-1.json"])
    body["counts"][0]["failed"] += 1
    files["evidence-1-1.json"] = seal.canonical(body)
    assert check(zipped(files)).findings[0] == "evidence-1-1.json was changed in its part counts"


def test_a_body_that_is_no_json_any_more_is_said(exported: bytes) -> None:
    files = files_of(exported) | {"evidence-1-1.json": b"{"}
    assert check(zipped(files)).findings[0] == "evidence-1-1.json was changed and cannot be read any more"


def forged(rows: list[Kept]) -> Kept:
    """The first row with a better number of failures and a fitting hash."""
    body = json.loads(seal.unpack(rows[0].body) or b"")
    body["step"]["sentence"] = "All was well."
    plain = seal.canonical(body)
    return rows[0]._replace(body=seal.pack(plain), sha256=seal.digest(plain))


def test_a_step_that_was_forged_with_its_hash_no_longer_fits_the_next_one(rows: list[Kept]) -> None:
    found = check(bundle(1, [forged(rows), rows[1]])).findings
    assert found == [
        "evidence-1-2.json names another hash for step 1: one of the two was changed, or a step is missing"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: forged(rows)._replace(sha256=rows[0].sha256), "evidence-1-1 is not what was sealed"),
        (lambda rows: rows[0]._replace(body=rows[0].body[:-9]), "evidence-1-1 is not what was sealed"),
        (lambda rows: rows[0]._replace(body=seal.pack(b"[]")), "evidence-1-1 is not what was sealed"),
    ],
)
def test_a_row_that_was_changed_in_the_store_is_given_out_and_said(
    rows: list[Kept], change: Callable[[list[Kept]], Kept], said: str
) -> None:
    packed = bundle(1, [change(rows), rows[1]])
    assert any(said in finding for finding in check(packed).findings)
    assert said in files_of(packed)["CHANGED.txt"].decode()


def test_a_stored_body_that_makes_no_table_is_given_out_and_said(rows: list[Kept]) -> None:
    for odd in ({"samples": {"rows": [[1]]}, "step": {}}, {"samples": {"rows": []}, "step": {}, "timezone": "../x"}):
        packed = bundle(1, [rows[0]._replace(body=seal.pack(seal.canonical(odd))), rows[1]])
        assert "evidence-1-1 is not what was sealed" in files_of(packed)["CHANGED.txt"].decode()
        assert "samples-1-1.csv does not hold the samples of evidence-1-1.json" in check(packed).findings


def test_what_is_no_zip_says_what_to_do() -> None:
    [finding] = check(b"nothing").findings
    assert finding.endswith("Export it again: tikawatch evidence export ID")


@pytest.mark.parametrize(
    "plain",
    [
        b"[]",
        b"{}",
        b"\xff",
        b'{"files": 1, "sealed": 2}',
        b'{"files": {"a": 1}, "sealed": {}}',
        b'{"files": {}, "sealed": {"a": {}}}',
    ],
)
def test_a_manifest_that_makes_no_sense_is_said(exported: bytes, plain: bytes) -> None:
    assert check(zipped(files_of(exported) | {"manifest.json": plain})).findings == [
        "manifest.json is missing or cannot be read"
    ]


def test_a_body_of_the_wrong_shape_is_no_crash(exported: bytes) -> None:
    for odd in ({"samples": {"rows": [1]}, "step": {}}, {"samples": {"rows": []}, "step": {"step": "x"}, "before": 3}):
        assert check(zipped(files_of(exported) | {"evidence-1-1.json": seal.canonical(odd)})).findings


def test_whatever_a_changed_body_holds_it_is_said_and_nothing_breaks(exported: bytes) -> None:
    chance, files = random.Random(5), files_of(exported)
    body = json.loads(files["evidence-1-1.json"])
    body["samples"]["rows"] = body["samples"]["rows"][:1]
    small = seal.canonical(body)
    for _ in range(60):
        changed = bytearray(small)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(changed))] = chance.choice(b'{}[]",:-0e9\\nN\xff')
        assert check(zipped(files | {"evidence-1-1.json": bytes(changed)})).findings
    for odd in (
        b"[" * 100_000,
        b'{"samples": {"rows": []}, "step": {}, "a": NaN}',
        b'{"samples": {"rows": []}, "step": {}, "a": "\\ud800"}',
    ):
        assert "cannot be read any more" in check(zipped(files | {"evidence-1-1.json": odd})).findings[0]


def test_a_file_that_stands_twice_in_the_zip_is_said(exported: bytes) -> None:
    out = io.BytesIO(exported)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as packed:
        packed.writestr("evidence-1-1.json", b"{}")
    assert "stands in it twice" in check(out.getvalue()).findings[0]


def test_it_is_given_out_over_http(told: Scene, exported: bytes) -> None:
    server = flask.Flask("evidence")
    server.register_blueprint(create_evidence_export(told.engine))
    client = server.test_client()
    answer = client.get("/incidents/evidence/1.zip")
    assert (answer.status_code, answer.content_type, answer.data) == (200, "application/zip", exported)
    assert 'filename="evidence-1.zip"' in answer.headers["Content-Disposition"]
    none = client.get("/incidents/evidence/2.zip")
    assert (none.status_code, "two minutes after each step" in none.get_data(as_text=True)) == (404, True)
    assert client.get("/incidents/evidence/99999999999999999999.zip").status_code == 404
