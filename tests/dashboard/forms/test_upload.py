"""Bring in a file: the preview stores nothing, the button stores the previewed bytes once, every finding is shown."""

import io
import json
import random
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from dashboard.doses.decoding import MAX_BYTES
from dashboard.forms.previews import KEPT_S, MOST_FILES, Previews
from dashboard.forms.upload import HERE
from probes.clock import SetClock
from tests.dashboard.doses.reading import GOOD, HEADER, row
from tests.dashboard.forms.desk import Desk, hidden, words

THANE = row(district="Thane", value="1829")
RAIGAD = row()


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def token(desk: Desk) -> str:
    return hidden(desk.client.get(HERE))["token"]


def show(desk: Desk, raw: bytes, name: str = "f.csv") -> TestResponse:
    """Choose a file and look at its preview."""
    data = {"token": token(desk), "file": (io.BytesIO(raw), name)}
    answer = desk.client.post(HERE, data=data)
    assert answer.status_code != 500
    return answer


def press(desk: Desk, shown: TestResponse, what: str = "all", **fields: str) -> TestResponse:
    """Press a button of a preview."""
    action = re.search(r'action="(/doses/bring/[\w-]{22})"', shown.text)
    assert action
    client = desk.server.test_client()  # a client of its own, so that many can press at once
    return client.post(action[1], data={"token": hidden(shown)["token"], "what": what} | fields)


def findings(shown: TestResponse) -> list[str]:
    """The findings of a preview."""
    listed = re.search(r'<ol class="finds">(.*?)</ol>', shown.text, re.DOTALL)
    return [line.replace("&#34;", '"') for line in re.findall(r"<li>(.*?)</li>", listed[1])] if listed else []


# -- well ---------------------------------------------------------------------------------------------------------------


def test_a_preview_says_what_would_be_stored_and_stores_nothing(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD, THANE, row(district="Pune", value="NA")))
    said = words(shown)
    assert (
        "f.csv: nothing is stored yet 3 rows 2 good figures 2 new 0 correct a known one 0 known already 1 not reported 0 findings"
        in said
    )
    assert "Thane 2021-01-16 reported 1,829 2021-01-16 13:30 Sakal provisional" in said
    assert "Store all 2" in said
    assert desk.stored() == []


def test_what_is_stored_is_what_was_shown_and_a_second_press_stores_nothing_new(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD, THANE))
    assert "2 figures stored." in words(press(desk, shown))
    again = words(press(desk, shown))
    assert "2 figures stored." in again
    assert "pressing it again stored nothing" in again
    assert desk.stored() == [("491", "reported", 10), ("497", "reported", 1829)]


def test_eight_presses_at_once_store_once(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD, THANE))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: words(press(desk, shown)), range(8)))
    assert sum("pressing it again stored nothing" in said for said in answers) == 7
    assert len(desk.stored()) == 2


def test_the_same_file_brought_twice_is_known_already(desk: Desk) -> None:
    press(desk, show(desk, csv_of(RAIGAD)))
    shown = show(desk, csv_of(RAIGAD))
    assert "Everything in this file is known already. Storing it changes nothing." in words(shown)
    assert "0 figures stored, 1 known already." in words(press(desk, shown))


def test_a_telling_with_another_value_is_shown_as_a_correction(desk: Desk) -> None:
    press(desk, show(desk, csv_of(RAIGAD)))
    shown = show(desk, csv_of(row(value="12")))
    assert "0 new 1 correct a known one 0 known already" in words(shown)
    assert "1 figure stored, 1 of them corrects a known one." in words(press(desk, shown))


def test_json_is_taken_too(desk: Desk) -> None:
    press(desk, show(desk, json.dumps({"figures": [GOOD]}).encode(), "f.json"))
    assert desk.stored() == [("491", "reported", 10)]


def test_a_table_out_of_the_releases_is_taken_with_its_own_sources_and_hours(desk: Desk) -> None:
    head = "date,centres,target_100_per_centre,reported_day,reported_pct,reported_cum,source,note\n"
    shown = show(desk, (head + "2021-01-16,285,28500,18338,64.34,18338,release,provisional at 15:00\n").encode())
    assert "STATE" not in words(shown)
    assert "Maharashtra 2021-01-16 reported 18,338 2021-01-16 15:00 release provisional" in words(shown)
    press(desk, shown)
    assert sorted(desk.stored()) == [
        ("STATE", "reported", 18338),
        ("STATE", "reported_cum", 18338),
        ("STATE", "target", 28500),
    ]


def test_a_total_row_is_shown_beside_the_sum_and_not_stored(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD, THANE, row(district="Total", value="1900")))
    assert "2021-01-16 reported 2 1,839 1,900 −61" in words(shown)
    press(desk, shown)
    assert len(desk.stored()) == 2


# -- findings -----------------------------------------------------------------------------------------------------------


def test_a_file_with_findings_offers_only_the_good_rows(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD, row(value="1,2,3"), row(district="Thanne")))
    assert findings(shown) == [
        'f.csv line 3, column value: "1,2,3" has commas where no number has them. If 123 is meant, write 123',
        'f.csv line 4, column district: "Thanne" is not a district of Maharashtra. Is Thane (497) meant? Write that',
    ]
    assert "Store all" not in words(shown)
    assert "Store the 1 good row, leave out the others" in words(shown)
    refused = press(desk, shown, "all")
    assert refused.status_code == 422
    assert "Nothing was stored: the file has findings. Choose what to do below." in words(refused)
    assert desk.stored() == []
    assert "1 figure stored, 2 findings, those rows were left out." in words(press(desk, refused, "good"))
    assert desk.stored() == [("491", "reported", 10)]


def test_the_first_fifty_findings_are_shown_and_the_rest_counted(desk: Desk) -> None:
    shown = show(desk, csv_of(*[row(value="x") for _ in range(60)]))
    assert len(findings(shown)) == 50
    assert "10 more are not shown, 60 in all." in words(shown)
    assert "No row of this file can be stored." in words(shown)


def test_a_count_that_falls_needs_a_persons_word(desk: Desk) -> None:
    press(desk, show(desk, csv_of(RAIGAD)))
    later = csv_of(row(value="6", as_of="2021-01-16T15:00:00+05:30"), THANE)
    shown = show(desk, later)
    assert "6 is below the 10 of the same source before it" in findings(shown)[0]
    assert "I have checked the 1 that fall or stand far above target: it is right." in words(shown)
    assert press(desk, shown, "all").status_code == 422
    assert len(desk.stored()) == 1
    assert "2 figures stored." in words(press(desk, shown, "all", confirmed="yes"))
    assert sorted(desk.stored()[1:]) == [("491", "reported", 6), ("497", "reported", 1829)]


WHOLE_FILES = [
    (b"", "f.csv: the file is empty. Give a file with a header line and rows"),
    (b"PK\x03\x04", "f.csv: this is an Excel or zip file, not a CSV. In the spreadsheet: File, Save as, CSV UTF-8"),
    (b"%PDF-1.7", "f.csv: this is a PDF, not a CSV. Type its table into a spreadsheet and save that as CSV UTF-8"),
    (b"<html>", "f.csv: this is a web page, not a CSV. Download the file itself, not the page that shows it"),
    (b"\x1f\x8b", "f.csv: this is a gzip file, not a CSV. Unpack it first"),
    (b"a\0b", 'f.csv line 1: byte 2 is NUL: this may be UTF-16 without its mark. Save it as "CSV UTF-8" and give that file'),
    (b"[1]", "f.csv, column figures: the body has no list"),
    (b"{", "f.csv: the body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "said"), WHOLE_FILES)
def test_a_file_that_is_something_else_says_so(desk: Desk, raw: bytes, said: str) -> None:
    shown = show(desk, raw)
    assert shown.status_code == 200
    assert findings(shown)[0].startswith(said)
    assert "No row of this file can be stored." in words(shown)


@pytest.mark.parametrize("raw", [csv_of(), csv_of(row(value="NA"))])
def test_a_file_without_any_figure_has_no_button(desk: Desk, raw: bytes) -> None:
    shown = show(desk, raw)
    assert "No row of this file can be stored." in words(shown)
    assert "Store" not in words(shown).replace("stored", "")


def test_markup_in_a_file_and_in_its_name_stays_text(desk: Desk) -> None:
    shown = show(desk, csv_of(row(district="<img src=x>", note="<b>")), 'a"><script>.csv')
    assert "<img" not in shown.text
    assert "<script" not in shown.text


def test_a_name_with_folders_is_shown_without_them(desk: Desk) -> None:
    assert (
        words(show(desk, csv_of(RAIGAD), "C:\\figures\\day one.csv")).count("day one.csv: nothing is stored yet") == 1
    )
    assert "the file: nothing is stored yet" in words(show(desk, csv_of(RAIGAD), "folder/"))


def test_a_hundred_damaged_files_are_never_an_error_of_ours(desk: Desk) -> None:
    chance = random.Random(16)
    for _ in range(100):
        raw = bytearray(csv_of(RAIGAD, THANE, row(district="Total", value="1839")))
        for _ in range(chance.randrange(1, 12)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        shown = show(desk, bytes(raw), "".join(chance.choices('a/\\"<>%\u0000é', k=6)))
        assert shown.status_code in (200, 422)  # a name that the form cannot carry is no file


# -- limits -------------------------------------------------------------------------------------------------------------


def test_a_file_of_five_mib_is_read_and_a_longer_one_is_refused(desk: Desk) -> None:
    head = csv_of(RAIGAD)
    whole = head + ((b" " * 9_999 + b"\n") * 525)[: MAX_BYTES - len(head)]
    assert "Store all 1" in words(show(desk, whole))
    longer = show(desk, whole + b"\n")
    assert "f.csv: the file has over 5242880 bytes (5 MiB). Split it by day" in findings(longer)
    much_longer = show(desk, whole + b"\n" * 20_000)
    assert much_longer.status_code == 413
    assert "The file has over 5242880 bytes (5 MiB). Split it by day." in words(much_longer)


def test_no_file_or_no_form_is_said(desk: Desk) -> None:
    answer = desk.client.post(HERE, data={"token": token(desk)})
    assert (answer.status_code, "No file was chosen." in words(answer)) == (422, True)
    assert desk.client.post(HERE, data=b"{}", content_type="application/json").status_code == 403


def test_a_preview_is_kept_for_a_quarter_of_an_hour(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD))
    desk.clock.at += KEPT_S
    answer = press(desk, shown)
    assert answer.status_code == 410
    assert "Nothing was stored: a preview is kept for 15 minutes. Choose the file again." in words(answer)
    assert desk.stored() == []


def test_only_a_few_previews_are_kept_and_their_files_go_with_them() -> None:
    clock = SetClock(1000.0)
    previews = Previews(clock)
    kept = [previews.keep(b"x", f"{n}.csv") for n in range(MOST_FILES + 2)]
    folder = kept[0].file.parent
    assert [previews.find(preview.number) is None for preview in kept] == [True, True] + [False] * MOST_FILES
    assert len(list(folder.iterdir())) == MOST_FILES
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    clock.at += KEPT_S
    assert previews.find(kept[-1].number) is None
    assert list(folder.iterdir()) == []


def test_the_folder_of_previews_ends_with_them() -> None:
    previews = Previews(SetClock(1000.0))
    folder: Path = previews.keep(b"x", "f.csv").file.parent
    del previews
    assert not folder.exists()


@pytest.mark.parametrize("given", ["", "x", "0.2021-01-16.1.00000000." + "A" * 43])
def test_a_form_without_our_token_is_refused(desk: Desk, given: str) -> None:
    answer = desk.client.post(HERE, data={"token": given, "file": (io.BytesIO(csv_of(RAIGAD)), "f.csv")})
    assert answer.status_code == 403
    shown = show(desk, csv_of(RAIGAD))
    number = re.search(r'action="(/doses/bring/[\w-]{22})"', shown.text)
    assert number
    assert desk.client.post(number[1], data={"token": given, "what": "all"}).status_code == 403
    assert desk.stored() == []


def test_an_officers_link_is_no_token_of_this_page(desk: Desk) -> None:
    answer = desk.client.post(HERE, data={"token": desk.link().rpartition("/")[2]})
    assert answer.status_code == 403
    assert "Nothing was stored: this page had been open for too long. Choose the file again." in words(answer)


def test_a_page_of_another_site_may_not_upload(desk: Desk) -> None:
    data = {"token": token(desk), "file": (io.BytesIO(csv_of(RAIGAD)), "f.csv")}
    assert desk.client.post(HERE, data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_store_that_takes_no_writes_says_so_and_nothing_is_lost(desk: Desk) -> None:
    shown = show(desk, csv_of(RAIGAD))
    with desk.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    answer = press(desk, shown)
    assert answer.status_code == 503
    assert "the store does not take writes now. Try again in a minute." in words(answer)


def test_a_bad_key_file_closes_the_page_and_says_why(desk: Desk) -> None:
    desk.client.get(HERE)
    desk.settings.dashboard.form_key_file.chmod(0o644)
    answer = desk.client.get(HERE)
    assert answer.status_code == 503
    assert "can be read by others. Run: chmod 600" in words(answer)
