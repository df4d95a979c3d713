"""Docs that cannot lie: what a page lists is what the code has."""

import re

from ruamel.yaml import YAML

from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses.figure import SINCE_START, TOLD_KINDS
from dashboard.doses.rows import COLUMNS
from dashboard.doses.table import MAX_LINE, MAX_ROWS
from dashboard.settings import Rules
from probes.sample import CheckKind, Phases, Reason
from probes.settings import Probes
from tests.places import EXAMPLE

ROOT = EXAMPLE.parent


def test_every_threshold_is_explained_in_the_rules_page_and_set_in_the_example() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    shipped = EXAMPLE.read_text(encoding="utf-8")
    for name, field in Rules.model_fields.items():
        assert f"`{name}`" in page
        line = re.search(rf"^    {name}: .*$", shipped, re.MULTILINE)
        assert line
        for key in getattr(field.annotation, "model_fields", ()):
            assert f"`{name}.{key}`" in page
            assert f"{key}: " in line[0]


def test_every_file_that_contributing_names_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:probes|dashboard|tests|docs)/[\w./-]+?\w)`", page)
    assert len(named) > 15
    for path in named:
        assert (ROOT / path).exists(), path


def test_every_link_of_the_readme_leads_somewhere() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / path).exists(), path


def test_the_page_of_doses_names_every_column_kind_and_limit() -> None:
    page = (ROOT / "docs" / "doses.md").read_text(encoding="utf-8")
    assert ",".join(COLUMNS) in page
    assert all(f"| `{column}` |" in page for column in COLUMNS)
    assert all(f"`{kind}`" in page for kind in (*TOLD_KINDS, *SINCE_START.values()))
    assert f"{MAX_BYTES // 2**20} MiB, {MAX_ROWS:,} rows, {MAX_LINE // 1024} kB a line" in page


def test_the_page_of_checks_names_every_kind_reason_and_phase() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert all(f"| `{kind}` |" in page for kind in CheckKind)
    assert all(f"`{reason}`" in page for reason in Reason)
    assert all(f"| {phase} |" in page for phase in Phases.model_fields)


def test_its_examples_are_good_settings() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    consent = {"who": "Registry Operations", "when": "2021-01-10", "reference": "letter 17/2021"}
    probes = {"agent": "here", "vantage": "control room", "districts": [491], "consent": consent}
    read = Probes.model_validate({**probes, **YAML(typ="safe").load(text)})
    assert {check.kind for check in read.checks} == set(CheckKind) - {CheckKind.UPLOAD}
