"""How a recipe and a check become one, and that the examples of docs/recipes.md are good ones."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from probes import recipes
from probes.checks import Target
from probes.checks.upload_requests import submit
from probes.kinds import check_of
from probes.kinds.upload import UploadCheck
from probes.settings import Probes

from .conftest import case_of

PAGE = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
EXAMPLES = [YAML(typ="safe").load(text)["checks"] for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
CONSENT = {"who": "Registry Operations", "when": "2021-01-10", "reference": "letter 17/2021"}


def probes(checks: list[Any], **more: object) -> Probes:
    return Probes.model_validate({"agent": "a", "vantage": "v", "districts": [490, 491], "checks": checks, **more})


def upload(recipe: str, folder: Path, **more: object) -> UploadCheck:
    check = check_of(case_of(recipe).fields("https://registry.example.org", folder, **more))
    assert isinstance(check, UploadCheck)
    return check


def test_each_recipe_has_its_example_on_the_page() -> None:
    shown = [check.get("recipe") for checks in EXAMPLES for check in checks]
    assert set(shown) - {None} == set(recipes.names())
    assert None in shown


@pytest.mark.parametrize("checks", EXAMPLES, ids=lambda checks: checks[0]["name"])
def test_each_example_of_the_page_is_accepted_with_consent_and_only_then(checks: list[Any]) -> None:
    probes(checks, consent=CONSENT)
    with pytest.raises(ValidationError, match="there is no consent"):
        probes(checks)


@pytest.mark.parametrize("recipe", recipes.names())
def test_each_recipe_says_what_it_is_and_names_everything_it_needs_on_the_page(recipe: str) -> None:
    known = recipes.recipe(recipe)
    assert len(known.about) > 40
    section = PAGE.partition(f"### {recipe}\n")[2].partition("###")[0]
    assert all(f"{name}:" in section for name in (*known.needs, *known.secrets))


@pytest.mark.parametrize("recipe", recipes.names())
def test_every_record_of_a_recipe_is_marked_and_holds_no_identity(recipe: str, tmp_path: Path) -> None:
    values = {"record": "tw-probe-1", "token": "t", "uid": "T1"}
    sent = submit(Target(491, upload(recipe, tmp_path)), values, 0.0)
    assert b"TIKAWATCH-PROBE" in sent.body
    assert b"tw-probe-1" in sent.body
    assert not re.search(rb"\d{12}|\d{4}-\d{4}-\d{4}", sent.body)


def test_every_address_counts_for_consent(tmp_path: Path) -> None:
    assert upload("fhir", tmp_path).addresses == (
        "https://registry.example.org/fhir/Immunization",
        "https://registry.example.org/fhir/Immunization/{id}",
        "https://registry.example.org/fhir/Immunization/{id}",
        "https://registry.example.org/fhir/Immunization?identifier=urn:tikawatch:probe%7C{record}",
    )
    authorised = upload("divoc", tmp_path).addresses
    assert authorised[0] == "https://registry.example.org/divoc/api/v1/certify"
    assert "https://registry.example.org/keycloak/auth/realms/divoc/protocol/openid-connect/token" in authorised


def test_what_the_check_says_itself_holds(tmp_path: Path) -> None:
    of = upload(
        "fhir",
        tmp_path,
        interval_s=90,
        headers={"X-Facility": "test", "Accept": None},
        read_back={"every_s": 3},
        body={"resourceType": "Immunization", "id": "{record}"},
        carry={"id": "$.id"},
    )
    assert (of.interval_s, of.deadline_s) == (90, 30)
    assert of.headers == {"Authorization": "Bearer {secret:token}", "X-Facility": "test"}
    assert of.read_back is not None
    assert (of.read_back.every_s, of.read_back.expect_json) == (3, {"$.resourceType": "Immunization"})
    assert of.body == {"resourceType": "Immunization", "id": "{record}"}
    assert of.carry["id"].path == "$.id"


def test_a_value_of_with_cannot_break_out_of_an_address_or_the_json(tmp_path: Path) -> None:
    case = case_of("divoc")
    case.given = {**case.given, "realm": "a/b?c", "facility": 'a "quoted" name'}
    of = check_of(case.fields("https://registry.example.org/", tmp_path))
    assert isinstance(of, UploadCheck)
    assert of.authorise is not None
    assert of.authorise.url.startswith("https://registry.example.org/keycloak/auth/realms/a%2Fb%3Fc/")
    assert of.body[0]["facility"]["name"] == 'a "quoted" name'


def test_a_check_of_a_recipe_reads_the_same_twice(tmp_path: Path) -> None:
    of = upload("dhis2-commit", tmp_path)
    assert check_of(of.model_dump(by_alias=True, exclude_unset=True)) == of


def test_recipes_come_with_the_package() -> None:
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"*.yaml"' in project.partition("package-data")[2].partition("\n\n")[0]
