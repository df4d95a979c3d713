"""The officer's form: two steps, one figure stored once, nothing by looking at it, every mistake beside its field."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date as Date

import pytest
from sqlalchemy import select

from dashboard.forms import links
from dashboard.forms.key_file import form_key
from dashboard.forms.links import Claim
from dashboard.forms.officer import MAX_BYTES
from dashboard.forms.words import LANGUAGES, words_of
from dashboard.store import schema
from dashboard.store.engine import reading
from probes.settings import Rehearsal
from tests.dashboard.forms.desk import DAY, Desk, errors, hidden, words
from tests.places import RAIGAD, THANE, at

TWO = [("497", "reported", 1829), ("497", "paper", 1791)]


# -- the two steps ------------------------------------------------------------------------------------------------------


def test_fifty_fetches_of_every_link_by_a_mail_scanner_store_nothing(desk: Desk) -> None:
    for district in (THANE, RAIGAD):
        for method in (desk.client.get, desk.client.head):
            for _ in range(50):
                assert method(desk.link(district)).status_code == 200
    assert desk.stored() == []
    assert desk.report().status_code == 200  # and the officer's own tries are all still there


def test_the_first_step_says_what_was_understood_and_stores_nothing(desk: Desk) -> None:
    shown = desk.send()
    assert "You report 1,829 doses given in Thane until 16:30. In the registry: 38. On paper: 1,791." in words(shown)
    assert desk.stored() == []


def test_the_second_step_stores_what_was_given_and_what_is_on_paper(desk: Desk) -> None:
    done = desk.report(note="net is slow")
    assert "The control room has it." in words(done)
    assert desk.stored() == TWO
    with reading(desk.engine) as connection:
        given, paper = connection.execute(select(schema.figure).order_by(schema.figure.c.figure_id)).all()
    assert (given.source, given.who) == ("officer's form", "District Immunisation Officer, Thane")
    assert (given.day, given.as_of_ms, given.hour_known) == ("2021-01-16", int(at("16:30") * 1000), 1)
    assert (given.note, given.status) == ("net is slow", "provisional")
    assert paper.note == "computed: 1,829 reported, 38 of them recorded"


def test_pressing_twice_stores_once(desk: Desk) -> None:
    shown = hidden(desk.send())
    first, second = desk.send("store", **shown), desk.send("store", **shown)
    assert "The control room has it." in words(first)
    assert "The control room has had it already; nothing was stored twice." in words(second)
    assert desk.stored() == TWO


def test_eight_presses_at_once_store_once(desk: Desk) -> None:
    shown, link = {"step": "store", **hidden(desk.send())}, desk.link() + "?lang=en"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: words(desk.server.test_client().post(link, data=shown)), range(8)))
    assert sum("The control room has it." in said for said in answers) == 1
    assert sum("nothing was stored twice" in said for said in answers) == 7
    assert desk.stored() == TWO


def test_one_form_sent_again_with_other_figures_asks_once_more(desk: Desk) -> None:
    shown = hidden(desk.send())
    desk.send("store", **shown)
    other = desk.send("store", **(shown | {"reported": "1900"}))
    assert other.status_code == 409
    assert "This form was sent before with other figures." in words(other)
    assert desk.stored() == TWO
    assert "The control room has it." in words(desk.send("store", **hidden(other)))


def test_a_confirmation_without_a_form_number_is_only_a_first_step(desk: Desk) -> None:
    assert "Is this right?" in words(desk.send("store"))
    assert "Is this right?" in words(desk.send("store", form="<b>"))
    assert desk.stored() == []


def test_what_is_recorded_may_be_left_empty_and_then_paper_is_not_known(desk: Desk) -> None:
    assert "How many of them are on paper is not known." in words(desk.report(recorded=""))
    assert desk.stored() == [("497", "reported", 1829)]


def test_an_empty_hour_is_now(desk: Desk) -> None:
    assert "until 16:40" in words(desk.send(hour=""))


def test_one_dose_is_said_as_one(desk: Desk) -> None:
    assert "You report 1 dose given in Thane until 16:30." in words(desk.send(reported="1", recorded="0"))


def test_change_goes_back_with_what_was_typed(desk: Desk) -> None:
    shown = desk.send("change", **hidden(desk.send(note="net is slow")))
    assert all(text in shown.text for text in ('value="1829"', 'value="16:30"', 'value="38"', 'value="net is slow"'))


def test_the_form_shows_what_was_told_before_and_the_target(published: Desk) -> None:
    published.report()
    shown = published.client.get(published.link() + "?lang=en")
    assert "Before: 1,829 (until 16:30)" in words(shown)
    assert "Saturday 16 January 2021 · target 2,300" in words(shown)


# -- a person's word ----------------------------------------------------------------------------------------------------


def test_a_lower_figure_is_a_revision_and_asks_first(desk: Desk) -> None:
    desk.report(hour="15:00")
    shown = desk.send(reported="1700")
    assert "1,700 is lower than the 1,829 told before. It will be kept as a revision." in words(shown)
    refused = desk.send("store", **hidden(shown))
    assert refused.status_code == 422
    assert "Tick this box, or change the figures." in words(refused)
    assert len(desk.stored()) == 2
    assert "The control room has it." in words(desk.send("store", **hidden(refused), sure="yes"))
    assert desk.stored()[2:] == [("497", "reported", 1700), ("497", "paper", 1662)]


def test_a_lower_figure_of_the_same_hour_is_a_revision_too(desk: Desk) -> None:
    desk.report()
    assert "1,700 is lower than the 1,829 told before." in words(desk.send(reported="1700"))


def test_fewer_doses_on_paper_are_no_revision_when_they_were_entered(desk: Desk) -> None:
    desk.report(hour="15:00")
    assert "Look again" not in words(desk.send(recorded="1000"))
    desk.report(recorded="1000")
    assert desk.stored()[-1] == ("497", "paper", 829)


@pytest.mark.parametrize("reported", ["2301", "23001"])
def test_a_figure_above_the_target_asks_first(published: Desk, reported: str) -> None:
    before = len(published.stored())
    shown = published.send(reported=reported, recorded="")
    assert "is above the target of 2,300." in words(shown)
    assert published.send("store", **hidden(shown)).status_code == 422
    assert len(published.stored()) == before
    assert published.send("store", **hidden(shown), sure="yes").status_code == 200
    assert published.stored()[-1] == ("497", "reported", int(reported))


# -- odd input ----------------------------------------------------------------------------------------------------------

DIGITS_ONLY = "Write digits only, for example 18338 or 18,338."
AN_HOUR = "Write an hour of that day, for example 16:30."
MISSING = "Write how many doses were given; 0 if none."
ODD = [
    ("reported", "", MISSING),
    ("reported", "-", MISSING),
    ("reported", "NA", MISSING),
    ("reported", "1,2,3", '"1,2,3" has commas where no number has them. If 123 is meant, write 123.'),
    ("reported", "12,34", '"12,34" has commas where no number has them. If 1234 is meant, write 1234 or 1,234.'),
    ("reported", "-5", '"-5" is negative. Doses cannot be negative: to correct a count, write the new total with a later as_of.'),
    ("reported", "=1+1", '"=1+1" is a formula. Write its result.'),
    ("reported", "10.5", '"10.5" is not a whole number. Doses are counted in whole numbers: write digits only.'),
    ("reported", "1 829", '"1 829" has gaps between its digits. Write 1829 if that is meant.'),
    ("reported", "nil", '"nil" may mean zero or not reported. Write 0 for zero; leave the cell empty for not reported.'),
    ("reported", "1.2 lakh", '"1.2 lakh" is a number in words. Write it out in digits: 1.2 lakh is 1,20,000.'),
    ("reported", "abc", f'"abc" is not a whole number. {DIGITS_ONLY}'),
    ("reported", "१8", '"१8" mixes Devanagari and Latin digits. Write it in one script.'),
    ("reported", "٣", '"٣" holds "٣", which is not a digit known here. Write it with 0123456789, ०१२३४५६७८९ or ০১২৩৪৫৬৭৮৯.'),
    ("reported", "9999999999", '"9999999999" is over 1,000,000,000. Write the count of doses of one day.'),
    ("reported", "<script>", f'"<script>" is not a whole number. {DIGITS_ONLY}'),
    ("reported", "1\x00", f'"1\\x00" is not a whole number. {DIGITS_ONLY}'),
    ("reported", "9" * 200, f'"{"9" * 60}"… is over 1,000,000,000. Write the count of doses of one day.'),
    ("hour", "25:00", f'"25:00" is not an hour of the day. {AN_HOUR}'),
    ("hour", "16:60", f'"16:60" is not an hour of the day. {AN_HOUR}'),
    ("hour", "16.30", f'"16.30" is not a moment. {AN_HOUR}'),
    ("hour", "4 pm", f'"4 pm" is not a moment. {AN_HOUR}'),
    ("hour", "16:50", f'"16:50" is in the future. {AN_HOUR}'),
    ("hour", "2021-01-16", AN_HOUR),
    ("hour", "2021-01-15T10:00", f'"2021-01-15T10:00" is before 2021-01-16: those doses were not given yet. {AN_HOUR}'),
    ("hour", "<b>", f'"<b>" is not a moment. {AN_HOUR}'),
    ("recorded", "1830", "More than the 1,829 given. Write 1,829 or less."),
    ("recorded", "x", f'"x" is not a whole number. {DIGITS_ONLY}'),
    ("recorded", "-1", '"-1" is negative. Doses cannot be negative: to correct a count, write the new total with a later as_of.'),
    ("recorded", "1,2", '"1,2" has commas where no number has them. If 12 is meant, write 12.'),
    ("note", "ring 98765 43210", "The note holds a long number. Write no phone numbers and no numbers of beneficiaries."),
    ("note", "आधार १२३४ ५६७८ ९०१२", "The note holds a long number. Write no phone numbers and no numbers of beneficiaries."),
    ("note", "a\x07b", "the note holds the control character U+0007. Write it on one line, as plain text."),
    ("note", "a" * 501, "the note has 501 characters; 500 are allowed. Shorten it."),
]  # fmt: skip


@pytest.mark.parametrize(("field", "text", "said"), ODD)
def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(
    desk: Desk, field: str, text: str, said: str
) -> None:
    answer = desk.send(**{field: text})
    assert answer.status_code == 422
    assert errors(answer) == {field: said}
    assert "Nothing is reported yet. Correct what is marked." in words(answer)
    kept = {"reported": "1829", "hour": "16:30", "recorded": "38", "note": ""} | {field: text}
    for name, value in kept.items():
        found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
        assert found
        assert found[1] == value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert desk.stored() == []


def test_all_mistakes_are_said_at_once(desk: Desk) -> None:
    answer = desk.send(reported="x", hour="y", recorded="z", note="9876543210")
    assert list(errors(answer)) == ["reported", "hour", "recorded", "note"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,829", 1829), ("१८२९", 1829), ("১৮২৯", 1829), ("1829.0", 1829), (" 1829 ", 1829), ("01829", 1829), ("1,91,181", 191181)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(desk: Desk, text: str, value: int) -> None:
    desk.report(reported=text)
    assert desk.stored()[0] == ("497", "reported", value)


@pytest.mark.parametrize("hour", ["16:30", "१६:३०", "2021-01-16T16:30", "2021-01-16T11:00Z", "16:30:15"])
def test_hours_are_read_as_people_write_them(desk: Desk, hour: str) -> None:
    assert "until 16:30." in words(desk.send(hour=hour))


def test_zero_is_a_figure(desk: Desk) -> None:
    desk.report(reported="0", recorded="0")
    assert desk.stored() == [("497", "reported", 0), ("497", "paper", 0)]


def test_a_body_that_is_too_long_is_refused(desk: Desk) -> None:
    answer = desk.send(note="a" * (MAX_BYTES + 1))
    assert answer.status_code == 413
    assert "That was too long to be read." in words(answer)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"=&=&=", b"{}", b"a" * 19_000])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""]
)
def test_a_body_that_is_no_form_is_an_empty_form(desk: Desk, body: bytes, kind: str) -> None:
    answer = desk.client.post(desk.link(), data=body, content_type=kind)
    assert answer.status_code in (413, 422)
    assert desk.stored() == []


def test_three_hundred_random_forms_are_never_an_error_of_ours(desk: Desk) -> None:
    chance = random.Random(16)
    pieces = [
        "1829",
        "१८",
        "1,2",
        ":",
        "16:30",
        "2021-01-16",
        "-",
        "\x00",
        "\ud7ff",
        "😀",
        "<",
        "&",
        "+05:30",
        "9" * 40,
        "\n",
        " ",
    ]
    for n in range(300):
        district = int(desk.settings.districts[n // 25].code)  # each link takes thirty tries an hour
        fields = {
            name: "".join(chance.choices(pieces, k=chance.randrange(5)))
            for name in ("reported", "hour", "recorded", "note")
        }
        answer = desk.send(
            chance.choice(["check", "store", "change", "?"]), desk.link(district), **fields, form="x" * 22
        )
        assert answer.status_code in (200, 409, 422)


# -- links --------------------------------------------------------------------------------------------------------------


def test_another_district_in_the_fields_changes_nothing(desk: Desk) -> None:
    desk.report(district="491", day="2021-01-15", kind="target")
    assert desk.stored() == TWO


def test_links_that_do_not_work_say_what_to_do(desk: Desk) -> None:
    link, key = desk.link(), form_key(desk.settings.dashboard.form_key_file)
    elsewhere = "/report/" + links.sign(key, Claim(links.REPORT, 999, DAY, 2_000_000_000))
    other_purpose = "/report/" + links.sign(key, Claim(links.BRING, THANE, DAY, 2_000_000_000))
    forged = [link[:-2], link.replace("497.", "491."), link.replace("01-16", "01-15"), elsewhere, other_purpose]
    for bad in forged:
        for answer in (desk.client.get(bad + "?lang=en"), desk.send(link=bad), desk.send("store", bad, form="x" * 22)):
            assert answer.status_code == 403
            assert "This link does not work It is not whole, or it is no longer valid." in words(answer)
            assert "Ask the control room for a new one" in words(answer)
            assert "State Health Control Room, Maharashtra , control-room@example.org" in words(answer)
    assert desk.stored() == []


def test_an_expired_link_says_so(desk: Desk) -> None:
    link = desk.link()
    desk.clock.at = at("12:00", "2021-01-17")
    answer = desk.client.get(link + "?lang=en")
    assert (answer.status_code, "Its time is over." in words(answer)) == (410, True)
    assert desk.send(link=link).status_code == 410


def test_a_link_of_a_later_day_waits_for_it(desk: Desk) -> None:
    answer = desk.client.get(desk.link(day=Date(2021, 1, 17)) + "?lang=en")
    assert answer.status_code == 404  # a 403 would count as a try with a bad link
    assert "It is for Sunday 17 January 2021 and works from that day on." in words(answer)


def test_on_the_next_morning_the_hour_must_be_written(desk: Desk) -> None:
    desk.clock.at = at("09:00", "2021-01-17")
    assert 'value="09:00"' not in desk.client.get(desk.link()).text
    assert errors(desk.send(hour="")) == {"hour": AN_HOUR}
    assert errors(desk.send(hour="2021-01-17T08:00")) == {"hour": AN_HOUR}
    desk.report(hour="18:00")
    assert desk.stored() == TWO


def test_a_link_takes_thirty_tries_an_hour_and_others_go_on(desk: Desk) -> None:
    link = desk.link()
    for doses in range(30):
        assert desk.send("check", link, reported=f"{1800 + doses}").status_code == 200
    answer = desk.send("check", link, reported="1830")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "There were too many tries with this link." in words(answer)
    assert desk.client.get(link).status_code == 200
    assert desk.send(link=desk.link(RAIGAD)).status_code == 200
    desk.clock.at += 3601
    assert desk.send("check", link).status_code == 200


def test_who_presses_again_with_the_same_figures_makes_no_further_try(desk: Desk) -> None:
    for _ in range(40):
        assert desk.report().status_code == 200
    for doses in range(29):
        assert desk.send(reported=f"{1800 + doses}").status_code == 200
    assert desk.send(reported="1831").status_code == 429
    assert desk.report().status_code == 200
    assert desk.stored() == TWO


def test_a_bad_key_file_closes_the_form_in_words(desk: Desk) -> None:
    link = desk.link()
    desk.settings.dashboard.form_key_file.chmod(0o644)
    answer = desk.client.get(link + "?lang=en")
    assert answer.status_code == 503
    assert "the control room cannot store anything at this moment" in words(answer)


def test_a_store_that_takes_no_writes_says_press_again_and_then_takes_it(desk: Desk) -> None:
    shown = hidden(desk.send())
    with desk.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    answer = desk.send("store", **shown)
    assert answer.status_code == 503
    assert "Press again in a minute." in words(answer)
    with reading(desk.engine) as connection:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
    assert "The control room has it." in words(desk.send("store", **hidden(answer)))


def test_a_page_of_another_site_may_not_press_our_button(desk: Desk) -> None:
    answer = desk.client.post(desk.link(), data={"step": "check"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert desk.client.get(desk.link(), headers={"Host": "example.org"}).status_code == 400


# -- the page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_form_is_under_20_kb_in_each_language(desk: Desk, language: str) -> None:
    asked = f"{desk.link()}?lang={language}"
    typed = {"step": "check", "reported": "1829", "hour": "16:30", "recorded": "38", "note": "n" * 500}
    wrong = typed | {"reported": "9" * 200, "hour": "x" * 200, "recorded": "y", "note": "n" * 501}
    pages = [desk.client.get(asked), desk.client.post(asked, data=typed), desk.client.post(asked, data=wrong)]
    assert [page.status_code for page in pages] == [200, 200, 422]
    for page in pages:
        assert len(page.data) < 20_000
        assert f'<html lang="{language}">' in page.text
        assert "<script" not in page.text
        assert not re.search(r'(src|href)="(https?:)?//', page.text)
        assert words_of(language).wrong in page.text or page.status_code == 200  # type: ignore[arg-type]


def test_it_opens_in_the_officers_language_and_in_any_other_on_demand(desk: Desk) -> None:
    raigad = desk.link(RAIGAD)
    officer = desk.settings.district(RAIGAD).officer.language
    assert f'<html lang="{officer}">' in desk.client.get(raigad).text
    assert "রায়গড" not in desk.client.get(raigad + "?lang=bn").text  # no Bengali name is known: the English one
    assert '<html lang="bn">' in desk.client.get(raigad + "?lang=bn").text
    assert f'<html lang="{officer}">' in desk.client.get(raigad + "?lang=xx").text


def test_its_headers_keep_it_and_its_address_at_home(desk: Desk) -> None:
    for answer in (
        desk.client.get(desk.link()),
        desk.send(),
        desk.client.get("/report/x"),
        desk.client.get("/doses/bring/"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_store_that_cannot_be_read_is_said_and_the_link_is_not_logged(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE figure")
    link = desk.link()
    answers = [desk.client.get(link + "?lang=en"), desk.send("check", link), desk.send("store", link, form="a" * 22)]
    for answer in answers:
        assert answer.status_code == 503
        assert "Nothing is reported yet" in words(answer)
    assert len(caplog.records) == 3
    assert link.rpartition("/")[2] not in caplog.text
    assert desk.client.put(link).status_code == 405


def test_a_rehearsal_says_so_on_its_forms(desk: Desk) -> None:
    rehearsed = Desk(
        desk.engine, desk.settings.model_copy(update={"rehearsal": Rehearsal(title="Rehearsal of 16 January 2021")})
    )
    for address in (desk.link(), "/doses/bring/"):
        assert "Rehearsal of 16 January 2021: what is told here" in words(rehearsed.client.get(address))
        assert "Rehearsal" not in words(desk.client.get(address))


def test_the_words_of_all_languages_have_the_same_names_in_braces() -> None:
    english = words_of("en").model_dump()
    for language in LANGUAGES:
        for key, text in words_of(language).model_dump().items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), (language, key)
