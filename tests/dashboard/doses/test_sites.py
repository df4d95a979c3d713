"""Session sites: their figures beside their district's, never added to it; how they are named in a file."""

import pytest

from dashboard.doses.places import Places, district_of
from dashboard.doses.rows import Context
from dashboard.doses.sites import DistrictSites, sites_of
from dashboard.doses.table import read_file
from dashboard.doses.versions import Chosen, Rule, Version
from tests.dashboard.doses.reading import HEADER, NOW, places, read_rows, row, said
from tests.places import IST, example

RAIGAD = ("491", "Raigad")
SITES = (("491/alibag", "Alibag", 100), ("491/pen", "Pen", 100), ("491/uran", "Uran", None))


def chosen(**told: int) -> dict[tuple[str, str], Chosen]:
    """`alibag_reported=10` for a site, `reported=10` for the district."""
    found = {}
    for words, value in told.items():
        site, _, kind = words.rpartition("_")
        place = f"491/{site}" if site else "491"
        found[place, kind] = Chosen(Version(1, place, "2021-01-16", kind, value, 1, True, 1, "officer"), Rule.ONLY)
    return found


def of(**told: int) -> DistrictSites:
    return sites_of(RAIGAD, SITES, chosen(**told))


def test_the_districts_figure_and_the_sum_of_its_sites_stand_beside_each_other_with_their_difference() -> None:
    found = of(reported=40, alibag_reported=10, pen_reported=25).beside["reported"]
    assert (found.state, found.added, found.difference, found.missing) == (40, 35, 5, ("491/uran",))
    assert found.sentence == "district 40, sum of sites 35, 1 site not reported; difference 5"


def test_a_sites_figure_is_never_in_the_districts() -> None:
    assert of(alibag_reported=10).own["reported"] is None
    assert of(reported=7, alibag_reported=10).own["reported"] == 7


def test_a_site_that_told_nothing_is_not_zero() -> None:
    found = of(alibag_reported=0)
    assert [site.counts["reported"] for site in found.sites] == [0, None, None]
    assert found.beside["reported"].sentence == (
        "sum of sites 0, 2 sites not reported; no figure of the district itself"
    )
    assert of().beside["reported"].sentence == "no site has a figure"


def test_a_planned_target_stands_where_none_was_told() -> None:
    found = of(pen_target=120)
    assert [site.counts["target"] for site in found.sites] == [100, 120, None]


def test_a_file_names_a_site_by_its_districts_code_and_its_key_in_any_digits() -> None:
    read = read_rows(row(district="491/Alibag"), row(district="४९१/pen"), row(district="०४९१/pen"))
    assert [figure.place for figure in read.figures] == ["491/alibag", "491/pen"]
    assert [finding.column for finding in read.findings] == ["district"]
    assert places().named("491/alibag") == "Alibag (Raigad)"
    assert (district_of("491/alibag"), district_of("491"), district_of("mumbai")) == ("491", "491", "mumbai")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        (
            "491/alibagh",
            '"491/alibagh" is not a session site of Raigad. Its sites are 491/alibag, 491/pen, 491/kamothe, 491/kharghar',
        ),
        ("Raigad/panvel", '"Raigad/panvel" is not a session site of Raigad. Its sites are 491/alibag,'),
        ("497/alibag", '"497/alibag" is not a session site of Thane. It has none in config.yaml: add it there'),
        ("Kamothe", '"Kamothe" is a session site, not a district. Write 491/kamothe'),
        ("alibag", '"alibag" is a session site, not a district. Write 491/alibag'),
        ("999/alibag", '"999/alibag" is not a district of Maharashtra'),
    ],
)
def test_a_site_is_suggested_and_never_guessed(name: str, cure: str) -> None:
    read = read_rows(row(district=name))
    assert read.figures == []
    assert said(read)[0].startswith(f"f.csv line 2, column district: {cure}")


def test_a_total_row_is_checked_against_districts_only() -> None:
    read = read_rows(row(value="40"), row(district="491/alibag", value="35"), row(district="Total", value="40"))
    assert [(check.difference, check.rows) for check in read.sums] == [(0, 1)]


def test_a_sender_of_one_district_may_report_its_sites() -> None:
    own = Context(Places(example()), IST, NOW, only=frozenset({"491"}))
    raw = "\n".join([HEADER, row(district="491/pen"), row(district="Thane"), ""]).encode()
    read = read_file(raw, own)
    assert [figure.place for figure in read.figures] == ["491/pen"]
    assert "may not report for Thane" in read.findings[0].wrong
