"""What the CSV exports hold is told in docs/doses.md, column by column."""

from pathlib import Path

import pytest

from dashboard.doses.export import MORE
from dashboard.web import backlog_export, pace_export

PAGE = (Path(__file__).parents[3] / "docs" / "doses.md").read_text(encoding="utf-8")
EXPORTS = PAGE.partition("## Exports")[2].partition("\n## ")[0]


@pytest.mark.parametrize("columns", [MORE, pace_export.COLUMNS, backlog_export.TABLE, backlog_export.CURVES])
def test_every_column_of_an_export_is_explained(columns: tuple[str, ...]) -> None:
    named = {name for name in columns if f"`{name.removesuffix('_low').removesuffix('_high')}`" in EXPORTS}
    assert named == set(columns)
