"""Signed links and their key: good for one purpose, district and day, until they expire, as long as the key stays."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date as Date
from pathlib import Path

import pytest

from dashboard.forms import links
from dashboard.forms.command import links_of
from dashboard.forms.key_file import KeyFileError, form_key
from dashboard.forms.links import BadLink, Claim, Fault
from probes.clock import SetClock
from tests.dashboard.forms.desk import settings_in
from tests.places import THANE, at

KEY = b"k" * 32
CLAIM = Claim(links.REPORT, THANE, Date(2021, 1, 16), 1_610_800_000)
LINK = links.sign(KEY, CLAIM)


def fault(link: str, key: bytes = KEY, purpose: str = links.REPORT, now: float = 1_610_799_999) -> Fault:
    with pytest.raises(BadLink) as caught:
        links.read(key, purpose, link, now)
    return caught.value.fault


def test_a_link_says_what_was_signed() -> None:
    assert links.read(KEY, links.REPORT, LINK, 1_610_799_999) == CLAIM


def test_a_link_expires_on_the_second() -> None:
    assert fault(LINK, now=1_610_800_000) == Fault.EXPIRED


def test_a_link_is_of_no_use_for_another_purpose_or_key() -> None:
    assert fault(LINK, purpose=links.BRING) == Fault.INVALID
    assert fault(LINK, key=b"x" * 32) == Fault.INVALID


@pytest.mark.parametrize("position", range(len(LINK)))
def test_a_link_changed_in_any_character_is_invalid(position: int) -> None:
    other = "1" if LINK[position] != "1" else "2"
    assert fault(LINK[:position] + other + LINK[position + 1 :]) == Fault.INVALID


@pytest.mark.parametrize(
    "link",
    ["", ".", "....", LINK[:-1], LINK + "A", LINK + "\n", " " + LINK, LINK.replace("497", "४९७"), "é" * 99, "\0"],
)
def test_what_is_no_link_is_invalid(link: str) -> None:
    assert fault(link) == Fault.INVALID


def test_an_expired_link_that_was_changed_is_invalid_not_expired() -> None:
    assert fault(LINK.replace("497", "491"), now=1e12) == Fault.INVALID


# -- the key ------------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "form-key"
    key = form_key(file)
    assert len(key) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert form_key(file) == key
    assert [entry.name for entry in file.parent.iterdir()] == ["form-key"]


def test_many_makers_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: form_key(tmp_path / "form-key"), range(16)))) == 1


def test_a_replaced_key_makes_older_links_invalid(tmp_path: Path) -> None:
    file = tmp_path / "form-key"
    link = links.sign(form_key(file), CLAIM)
    file.unlink()
    assert fault(link, form_key(file)) == Fault.INVALID


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "form-key"
    form_key(file)
    file.chmod(0o640)
    with pytest.raises(KeyFileError) as caught:
        form_key(file)
    assert str(caught.value) == f"{file} can be read by others. Run: chmod 600 {file}"


def test_a_key_that_is_too_short_or_a_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "form-key"
    file.touch(0o600)
    with pytest.raises(KeyFileError, match=r"holds 0 bytes, 32 are needed\. Delete it; a new one is made$"):
        form_key(file)
    folder = tmp_path / "folder"
    folder.mkdir(0o700)
    with pytest.raises(KeyFileError, match=r"Is a directory\. Name another file in dashboard\.forms\.key_file$"):
        form_key(folder)


# -- the command --------------------------------------------------------------------------------------------------------


def test_links_are_printed_by_name_or_code_one_a_day(tmp_path: Path) -> None:
    settings, clock = settings_in(tmp_path), SetClock(at("16:40"))
    (by_name,), (by_code,) = links_of(settings, clock, "Thane", 1), links_of(settings, clock, "497", 1)
    assert by_name == by_code
    assert by_name.startswith("http://127.0.0.1:8600/report/497.2021-01-16.1610865000.")  # until noon of the 17th
    assert [link.split(".")[4] for link in links_of(settings, clock, "ठाणे", 3)] == [
        "2021-01-16",
        "2021-01-17",
        "2021-01-18",
    ]


@pytest.mark.parametrize(
    ("district", "days", "said"),
    [
        ("Thanne", 1, '"Thanne" is not a district of Maharashtra. Is Thane (497) meant? Write that'),
        ("STATE", 1, "Maharashtra is not one district. Write the LGD code or the name of a district"),
        ("mumbai", 1, "Mumbai (both districts) is not one district. Write the LGD code or the name of a district"),
        ("Thane", 0, "--days 0 is not from 1 to 60. Write for example --days 7"),
        ("Thane", 61, "--days 61 is not from 1 to 60. Write for example --days 7"),
    ],
)
def test_what_has_no_link_is_said(tmp_path: Path, district: str, days: int, said: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        links_of(settings_in(tmp_path), SetClock(at("16:40")), district, days)
    assert str(caught.value) == said
