"""Each recipe against a small faithful fake of its registry: over real HTTP, with every outcome, and nothing left behind."""

import socket

import pytest

from probes import recipes
from probes.carriers.transfers import TransferLoop
from probes.checks import Target
from probes.kinds import check_of
from probes.sample import Outcome, Reason

from ..servers import raw_server, read_request
from .conftest import Carry, carried_out, case_of

STORING = ["generic", "divoc", "dhis2-commit", "fhir", "opensrp"]
QUICK = {"read_back": {"every_s": 0.05}}


def test_every_recipe_is_tested_here() -> None:
    assert sorted([*STORING, "dhis2"]) == recipes.names()


@pytest.mark.parametrize("recipe", STORING)
def test_a_good_registry_shows_the_record_and_is_left_as_it_was(carry: Carry, recipe: str) -> None:
    case = case_of(recipe)
    found = carry(case, **QUICK)
    assert (found.outcome, found.reason, found.detail, found.stage) == (Outcome.OK, Reason.NONE, "", "")
    steps = [step.name for step in found.steps]
    assert steps == [*(["authorise"] if recipe == "divoc" else []), "submit", "read_back", "clean_up"]
    assert found.phases.visible is not None
    assert found.phases.total >= sum(step.seconds for step in found.steps[:-1]) * 0.99
    assert (case.fake.shelf.stored, len(case.fake.shelf.taken_away), case.fake.shelf.records) == (1, 1, {})


def test_dhis2_validates_and_stores_nothing(carry: Carry) -> None:
    case = case_of("dhis2")
    found = carry(case)
    assert (found.outcome, found.detail) == (Outcome.OK, "")
    assert ([step.name for step in found.steps], found.phases.visible) == (["submit"], None)
    assert (case.fake.asked, case.fake.shelf.stored) == (["POST /api/tracker"], 0)


@pytest.mark.parametrize(
    ("recipe", "stage", "words"),
    [
        ("divoc", "authorise", ": unauthorized_client"),
        ("dhis2", "submit", ""),
        ("dhis2-commit", "submit", ""),
        ("fhir", "submit", ": The token is not valid"),
        ("opensrp", "submit", ""),
    ],
)
def test_a_refused_log_in_is_said_and_nothing_more_is_asked(carry: Carry, recipe: str, stage: str, words: str) -> None:
    case = case_of(recipe)
    assert case.secret
    case.secret = (case.secret[0], "wrong")
    found = carry(case)
    assert (found.outcome, found.reason, found.status, found.stage) == (
        Outcome.FAILED, Reason.HTTP_STATUS, 401, stage,
    )  # fmt: skip
    assert found.detail.endswith(words)
    assert "wrong" not in found.detail
    assert len(case.fake.asked) == 1


@pytest.mark.parametrize("recipe", STORING)
def test_a_record_whose_answer_was_lost_is_taken_away(carry: Carry, recipe: str) -> None:
    case = case_of(recipe)
    case.fake.silent = True
    found = carry(case)
    assert (found.reason, found.stage.partition(":")[0]) == (Reason.RESET, "submit")
    assert [step.name for step in found.steps][-1] == "clean_up"
    assert (case.fake.shelf.stored, case.fake.shelf.records) == (1, {})


@pytest.mark.process
@pytest.mark.parametrize("recipe", STORING)
@pytest.mark.timed
def test_a_record_that_is_accepted_and_lost_is_not_visible(carry: Carry, recipe: str) -> None:
    case = case_of(recipe)
    case.fake.shelf.loses = True
    found = carry(case, deadline_s=0.6, **QUICK)
    assert (found.reason, found.stage) == (Reason.NOT_VISIBLE, "read_back")
    assert found.detail.startswith("accepted with 20")
    assert found.phases.total <= 0.65
    assert [step.name for step in found.steps][-1] == "clean_up"


@pytest.mark.process
@pytest.mark.parametrize("recipe", STORING)
@pytest.mark.timed
def test_a_slow_queue_is_timed(carry: Carry, recipe: str) -> None:
    case = case_of(recipe)
    case.fake.shelf.after_s = 0.4
    found = carry(case, **QUICK)
    assert found.outcome is Outcome.OK
    assert found.phases.visible is not None
    # a pause before the look that sees it is at most half of the wait before it
    assert 0.38 <= found.phases.visible <= 0.4 * 1.5 + 0.15
    assert case.fake.shelf.records == {}


# -- what a registry says no to, and how ----------------------------------------------------------------------------------


def test_generic_a_no_in_the_body_of_a_200_is_a_failure(carry: Carry) -> None:
    case = case_of("generic")
    case.fake.refuses = True  # type: ignore[attr-defined]
    found = carry(case, expect_json={"$.status": "queued"}, explain="$.message")
    assert (found.reason, found.status, found.stage) == (Reason.BODY, 200, "submit")
    assert found.detail == '$.status is "rejected", expected "queued": no session is open'
    assert case.fake.asked[-1].startswith("DELETE")


@pytest.mark.parametrize(("status", "reason"), [(200, Reason.BODY), (409, Reason.HTTP_STATUS)])
@pytest.mark.parametrize("recipe", ["dhis2", "dhis2-commit"])
def test_dhis2_a_validation_error_is_a_failure_with_its_words(
    carry: Carry, recipe: str, status: int, reason: Reason
) -> None:
    case = case_of(recipe)
    case.fake.error_status = status  # type: ignore[attr-defined]
    case.given = {**case.given, "program_stage": "nosuchstage"}
    found = carry(case)
    assert (found.reason, found.status, found.stage) == (reason, status, "submit")
    assert found.detail.endswith(": Could not find programStage: `nosuchstage`.")
    assert case.fake.shelf.stored == 0


def test_dhis2_takes_a_test_unit_for_each_district(carry: Carry) -> None:
    case = case_of("dhis2")
    case.given = {**case.given, "org_unit": {"491": "O6uvpzGd5pu"}}
    assert carry(case).outcome is Outcome.OK


def test_a_district_without_a_value_is_our_own_fault(carry: Carry) -> None:
    case = case_of("dhis2")
    case.given = {**case.given, "org_unit": {"497": "O6uvpzGd5pu"}}
    found = carry(case)
    assert (found.outcome, found.detail) == (Outcome.UNKNOWN, "with.org_unit has no value for district 491")
    assert case.fake.asked == []


def test_divoc_a_missing_field_is_a_failure_with_its_words(carry: Carry) -> None:
    case = case_of("divoc")
    case.given = {**case.given, "facility": ""}
    found = carry(case)
    assert (found.reason, found.status) == (Reason.HTTP_STATUS, 400)
    assert found.detail == "answered 400, expected 200: facility.name is missing"


def test_divoc_logs_in_anew_each_time(carry: Carry) -> None:
    case = case_of("divoc")
    assert [carry(case, **QUICK).outcome for _ in range(3)] == [Outcome.OK] * 3
    assert len(case.fake.tokens) == 3  # type: ignore[attr-defined]


def test_a_token_that_is_kept_is_used_again_until_it_is_refused(carry: Carry) -> None:
    case, kept = case_of("divoc"), {**QUICK, "authorise": {"keep_s": 240}}
    assert carry(case, **kept).steps[0].name == "authorise"
    assert [step.name for step in carry(case, **kept).steps] == ["submit", "read_back", "clean_up"]
    case.fake.tokens.clear()  # type: ignore[attr-defined]
    found = carry(case, **kept)
    assert found.outcome is Outcome.OK
    assert [step.name for step in found.steps] == ["submit", "authorise", "submit", "read_back", "clean_up"]


def test_fhir_an_unknown_patient_is_a_failure_with_its_words(carry: Carry) -> None:
    case = case_of("fhir")
    case.given = {"patient": "nobody"}
    found = carry(case)
    assert (found.reason, found.status) == (Reason.HTTP_STATUS, 422)
    assert found.detail == "answered 422, expected 201: Resource Patient/nobody not found"


@pytest.mark.process
@pytest.mark.timed
def test_opensrp_an_event_the_server_could_not_keep_is_not_visible(carry: Carry) -> None:
    case = case_of("opensrp")
    case.given = {**case.given, "provider": ""}
    found = carry(case, deadline_s=0.3, **QUICK)
    assert (found.reason, found.status) == (Reason.NOT_VISIBLE, 201)
    assert found.detail.endswith("status 200, the record is not in it")


def test_a_sized_payload_is_sent_whole_and_its_rate_is_measured(carry: Carry) -> None:
    found = carry(case_of("opensrp"), payload_bytes=1_000_000, **QUICK)
    assert found.outcome is Outcome.OK
    assert found.bytes_up > 1_000_000
    assert found.up_bytes_per_s is not None
    assert found.up_bytes_per_s > 1_000_000


def test_a_registry_that_wants_put_gets_the_whole_record(loop: TransferLoop) -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')

    with raw_server(serve) as port:
        fields = {"url": f"http://127.0.0.1:{port}/r/{{record}}", "method": "PUT", "payload_bytes": 5000}
        check = check_of(
            {"name": "up", "kind": "upload", **fields, "stores": False, "expect_json": {"$.ok": True}, "deadline_s": 3}
        )
        assert carried_out(loop, Target(491, check)).outcome is Outcome.OK
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /r/tw-probe-")
    assert b"Content-Type: application/json" in head
    assert len(body) == 5000
