"""What the mails say; a few whole ones stand in golden/. To renew them: TIKAWATCH_GOLDEN=write pytest, then read them."""

import os
import string
from dataclasses import replace
from datetime import date as Date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboard.incidents.course import Manner, Spell
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.notices.letter import Letter, compose, duration, one_line
from dashboard.notices.phrases import KindPhrases, phrases
from dashboard.notices.route import Purpose, Recipient
from dashboard.settings import ControlRoomFile, Language
from probes.settings import Rehearsal

from .conftest import DHULE, NASHIK, PUNE, RAIGAD, SATARA, T1312, THANE, make_step

LANGUAGES: tuple[Language, ...] = ("en", "mr", "hi", "bn")
FIVE = (THANE, PUNE, SATARA, NASHIK, RAIGAD)
CLOSING = Purpose.CLOSING
IN_PART = "Uploads fail in part in 5 of 36 districts since 13:12: 10 to 14% of their checks fail; the 31 others are ok"
LIFE = (Spell(Manner.SLOW, T1312, T1312 + 1680), Spell(Manner.DOWN, T1312 + 1680, T1312 + 7080))
OVER = make_step(
    3, StepKind.RESOLVED, districts=FIVE, joined=(), at=T1312 + 7080, kind=IncidentKind.OUTAGE,
    sentence="Registry works again in 5 districts: slow 13:12 to 13:40, then down until 15:10",
)  # fmt: skip
GOLDEN = Path(__file__).parent / "golden"


def officer(*districts: int, language: Language = "en", purpose: Purpose = Purpose.OPENING) -> Recipient:
    return Recipient("dio@example.org", "Raigad: District Immunisation Officer", False, districts, language, purpose)


def room(language: Language = "en", purpose: Purpose = Purpose.OPENING) -> Recipient:
    return Recipient("control-room@example.org", "Control Room", True, (), language, purpose)


def with_address(settings: ControlRoomFile, address: str) -> ControlRoomFile:
    dashboard = settings.dashboard
    web = dashboard.web.model_copy(update={"address": address})
    return settings.model_copy(update={"dashboard": dashboard.model_copy(update={"web": web})})


def like_golden(name: str, letter: Letter) -> None:
    for ending, part in (("txt", f"Subject: {letter.subject}\n\n{letter.text}"), ("html", letter.html)):
        file = GOLDEN / f"{name}.{ending}"
        if os.environ.get("TIKAWATCH_GOLDEN") == "write":
            file.parent.mkdir(exist_ok=True)
            file.write_text(part, encoding="utf-8")
        assert part == file.read_text(encoding="utf-8")


def test_it_writes_the_opening_mail_of_a_slowdown_as_agreed(example: ControlRoomFile) -> None:
    settings = with_address(example, "https://tikawatch.example.org")
    like_golden("slow-opening-en", compose(settings, make_step(districts=FIVE, joined=FIVE), officer(PUNE), FIVE))


def test_it_writes_the_closing_mail_as_agreed(example: ControlRoomFile) -> None:
    step = make_step(
        2, StepKind.RESOLVED, districts=FIVE, joined=(), at=T1312 + 7080, sentence="Uploads take 3 s again."
    )
    like_golden("slow-closing-en", compose(example, step, officer(PUNE, purpose=Purpose.CLOSING), FIVE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_end_by_hand_is_not_told_as_one_that_was_measured(example: ControlRoomFile, language: Language) -> None:
    sentence = "Closed by Asha Patil: the DIO says uploads take 3 s"
    step = make_step(
        2, StepKind.RESOLVED, districts=(PUNE,), joined=(), at=T1312 + 7080, who="Asha Patil", sentence=sentence
    )
    letter = compose(example, step, officer(PUNE, language=language, purpose=Purpose.CLOSING), (PUNE,))
    words = phrases(language)
    kind = words.kinds[step.kind]
    assert kind.over_headline_one.format(names="Pune") not in letter.text
    assert words.closed_headline.format(who="Asha Patil", until="15:10") in letter.text
    assert words.closed_ask_officer in letter.text
    assert f"{words.measured}: " not in letter.text  # a person's words are no evidence
    if language == "en":
        assert letter.subject == "Closed by hand: Pune: registry slow since 13:12"


def test_it_writes_the_mail_of_uploads_that_fail_in_part_as_agreed(example: ControlRoomFile) -> None:
    step = make_step(districts=FIVE, joined=FIVE, sentence=IN_PART)
    like_golden("failing-opening-en", compose(example, step, officer(PUNE), FIVE))


def test_it_writes_the_closing_mail_of_a_slowdown_that_became_an_outage_as_agreed(example: ControlRoomFile) -> None:
    like_golden("slow-then-down-closing-en", compose(example, OVER, officer(PUNE, purpose=CLOSING), FIVE, spells=LIFE))


@pytest.mark.parametrize(
    ("language", "opening", "end", "course"),
    [
        ("en", "Thane: uploads fail in part since 13:12", "Thane: registry works again, troubled 13:12 to 15:10, at worst down",
         "Course: slow 13:12 to 13:40, then down until 15:10"),
        ("mr", "ठाणे: 13:12 पासून काही अपलोड अयशस्वी", "ठाणे: नोंदणी सर्व्हर पुन्हा सुरळीत, 13:12 ते 15:10 अडचण, सर्वांत वाईट स्थिती: बंद",
         "क्रम: 13:12 ते 13:40 संथ, मग 15:10 पर्यंत बंद"),
        ("hi", "ठाणे: 13:12 से कुछ अपलोड विफल", "ठाणे: पंजीकरण सर्वर फिर सामान्य, 13:12 से 15:10 तक गड़बड़ी, सबसे ख़राब स्थिति: बंद",
         "क्रम: 13:12 से 13:40 तक धीमा, फिर 15:10 तक बंद"),
        ("bn", "Thane: 13:12 থেকে কিছু আপলোড ব্যর্থ", "Thane: নিবন্ধন সার্ভার আবার স্বাভাবিক, 13:12 থেকে 15:10 পর্যন্ত সমস্যা, সবচেয়ে খারাপ অবস্থা: বন্ধ",
         "ক্রম: 13:12 থেকে 13:40 পর্যন্ত ধীর, তারপর 15:10 পর্যন্ত বন্ধ"),
    ],
)  # fmt: skip
def test_it_says_failures_and_a_whole_life_in_every_language(
    example: ControlRoomFile, language: Language, opening: str, end: str, course: str
) -> None:
    step = make_step(districts=(THANE,), sentence=IN_PART)
    assert compose(example, step, officer(THANE, language=language), ()).subject == opening
    over = replace(OVER, districts=(THANE,))
    letter = compose(example, over, officer(THANE, language=language, purpose=CLOSING), (), spells=LIFE)
    assert letter.subject == end
    assert course in letter.text.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_does_not_say_that_failures_were_slow_when_they_are_over(
    example: ControlRoomFile, language: Language
) -> None:
    one = (Spell(Manner.FAILING, T1312, T1312 + 7080),)
    letter = compose(example, OVER, officer(PUNE, language=language, purpose=CLOSING), FIVE, spells=one)
    assert phrases(language).life.manners[Manner.SLOW] not in letter.subject
    assert phrases(language).course not in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_closes_is_called_what_it_was_at_last(example: ControlRoomFile, language: Language) -> None:
    by_hand = replace(OVER, who="Dr. A. Deshmukh", districts=(THANE,))
    letter = compose(example, by_hand, officer(THANE, language=language, purpose=CLOSING), (), spells=LIFE)
    assert "13:40" in letter.subject
    assert "13:12" not in letter.subject
    assert phrases(language).kinds[IncidentKind.OUTAGE].over_headline_one.format(names="Thane") not in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_opened_is_told_as_told_not_as_measured(example: ControlRoomFile, language: Language) -> None:
    sentence = "Own line lost in Pune since 13:12: the DIO says 5 of 5 checks fail"
    step = make_step(kind=IncidentKind.LOCAL, districts=(PUNE,), who="Asha Patil", sentence=sentence)
    letter, words = compose(example, step, officer(PUNE, language=language), (PUNE,)), phrases(language)
    assert words.opened_headline.format(who="Asha Patil") in letter.text
    assert words.kinds[step.kind].headline_one.format(names="Pune") not in letter.text
    assert f"{words.measured}: " not in letter.text


def test_it_writes_the_marathi_mail_of_a_lost_line_as_agreed(example: ControlRoomFile) -> None:
    settings = example.model_copy(update={"rehearsal": Rehearsal(title="Rehearsal of 16 January 2021")})
    sentence = "Raigad: registry 0 of 3, neutral host 0 of 12 since 13:12; 35 districts get an answer."
    step = make_step(kind=IncidentKind.LOCAL, districts=(RAIGAD,), joined=(RAIGAD,), sentence=sentence)
    like_golden("own-line-opening-mr", compose(settings, step, officer(RAIGAD, language="mr"), (RAIGAD,)))


def test_it_puts_place_state_and_time_into_the_subject(example: ControlRoomFile) -> None:
    alone = make_step(kind=IncidentKind.LOCAL, districts=(RAIGAD,), joined=(RAIGAD,))
    assert compose(example, alone, room(), ()).subject == "Raigad: own line lost since 13:12"
    many = make_step(districts=FIVE, joined=FIVE)
    assert (
        compose(example, many, room(), ()).subject == "Registry slow in 5 districts since 13:12: Thane, Pune, Satara, …"
    )
    assert compose(example, many, officer(RAIGAD), ()).subject.endswith(": Raigad, Thane, Pune, …")


def test_it_says_all_districts_instead_of_naming_them(example: ControlRoomFile) -> None:
    every = tuple(district.code for district in example.districts)
    letter = compose(example, make_step(kind=IncidentKind.OUTAGE, districts=every, joined=every), room(), every)
    assert letter.subject == "Registry down in all 36 districts since 13:12"
    assert "Districts: all 36 districts\n" in letter.text
    assert "and 28 more" in letter.text


def test_it_gives_the_day_of_a_fault_that_began_before_today(example: ControlRoomFile) -> None:
    step = make_step(districts=(RAIGAD,), since=T1312 - 50_000)
    assert compose(example, step, room(), ()).subject == "Raigad: registry slow since 15 Jan 23:18"


def test_it_says_update_and_again_to_the_control_room(example: ControlRoomFile) -> None:
    step = make_step(2, StepKind.UPGRADED, districts=FIVE, joined=(RAIGAD, DHULE))
    update = compose(example, step, room(purpose=Purpose.UPDATE), FIVE)
    assert update.subject.startswith("Update: Registry slow in 5 districts")
    assert "New: Raigad, Dhule\n" in update.text
    assert compose(example, step, room(purpose=Purpose.AGAIN), FIVE).subject.startswith("Again: ")


def test_it_says_in_subject_and_first_line_that_it_is_a_rehearsal(example: ControlRoomFile) -> None:
    settings = example.model_copy(update={"rehearsal": Rehearsal(title="Rehearsal of 16 January 2021")})
    for language in LANGUAGES:
        letter = compose(settings, make_step(), officer(THANE, language=language), ())
        assert letter.subject.startswith("[Rehearsal] ")
        assert letter.text.startswith("Rehearsal of 16 January 2021: ")
    assert "Officers, clock and stand-in registry are made up." in compose(settings, make_step(), room(), ()).html


def test_it_does_not_speak_of_a_rehearsal_when_it_is_none(example: ControlRoomFile) -> None:
    letter = compose(example, make_step(), room(), ())
    assert "ehears" not in letter.subject + letter.text + letter.html


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "ftp://example.org"])
def test_it_links_to_no_page_without_a_web_address(example: ControlRoomFile, address: str) -> None:
    letter = compose(with_address(example, address), make_step(), room(), ())
    assert "<a " not in letter.html
    assert "Open the control room page" not in letter.text


def test_an_officer_gets_no_address_that_only_the_control_rooms_machine_knows(example: ControlRoomFile) -> None:
    here = with_address(example, "http://127.0.0.1:8600")
    rehearsed = here.model_copy(update={"rehearsal": Rehearsal(title="Rehearsal")})
    for settings, recipient, shown in (
        (here, officer(THANE), False),
        (here, room(), True),
        (rehearsed, officer(THANE), True),
    ):
        assert ("Open the control room page" in compose(settings, make_step(), recipient, ()).text) is shown


def link_of(district: int, day: Date) -> str:
    return f"https://report.example.org/report/{district}.{day}"


@pytest.mark.parametrize("purpose", Purpose)
def test_it_gives_an_officer_the_link_of_the_own_district_alone(example: ControlRoomFile, purpose: Purpose) -> None:
    step = make_step(districts=FIVE, joined=FIVE)
    letter = compose(example, step, officer(RAIGAD, THANE, purpose=purpose), FIVE, link_of)
    for name, code in (("Raigad", RAIGAD), ("Thane", THANE)):
        line = f"Report doses so far and on paper, {name}: https://report.example.org/report/{code}.2021-01-16"
        assert line in letter.text.splitlines()
        assert f'<a href="https://report.example.org/report/{code}.2021-01-16"' in letter.html
    assert (letter.text.count("/report/"), letter.html.count("/report/")) == (2, 2)


def test_the_control_rooms_copy_carries_no_officers_link(example: ControlRoomFile) -> None:
    both = replace(room(), districts=(RAIGAD,))  # an officer who reads the control room's mailbox
    for recipient in (room(), both):
        assert "/report/" not in compose(example, make_step(), recipient, FIVE, link_of).text


@pytest.mark.parametrize("kind", IncidentKind)
def test_links_go_with_what_is_told_of_doses_or_the_registry(example: ControlRoomFile, kind: IncidentKind) -> None:
    step = make_step(kind=kind, districts=(RAIGAD,), joined=(RAIGAD,))
    asked = kind not in (IncidentKind.AGENT_SILENT, IncidentKind.MONITOR_OFFLINE)
    for language in LANGUAGES:
        letter = compose(example, step, officer(RAIGAD, language=language), (RAIGAD,), link_of)
        assert ("/report/491.2021-01-16" in letter.text) is asked
    sunday = replace(step, at=step.at + 86_400)
    assert "/report/" not in compose(example, sunday, officer(RAIGAD), (RAIGAD,), link_of).text


def test_a_mail_goes_without_its_link_when_there_is_none(example: ControlRoomFile) -> None:
    without = compose(example, make_step(), officer(THANE), FIVE)
    assert compose(example, make_step(), officer(THANE), FIVE, lambda _district, _day: "") == without
    assert "Report doses" not in without.text


def test_it_escapes_what_comes_from_outside_in_html_and_leaves_the_text_as_it_is(example: ControlRoomFile) -> None:
    letter = compose(example, make_step(sentence='<b onload="x">Thane & Pune</b>'), room(), ())
    assert "<b onload" not in letter.html
    assert "&lt;b onload=" in letter.html
    assert 'Evidence: <b onload="x">Thane & Pune</b>' in letter.text


def test_it_lets_no_control_character_into_the_subject(example: ControlRoomFile) -> None:
    evil = tuple(
        d.model_copy(update={"name": "Thane\r\nBcc: x@example.org\x00\u2028\u202e"}) if d.code == THANE else d
        for d in example.districts
    )
    letter = compose(example.model_copy(update={"districts": evil}), make_step(districts=(THANE,)), room(), ())
    assert letter.subject == "Thane Bcc: x@example.org: registry slow since 13:12"
    assert "\nBcc" not in letter.text


class Outside(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "background")]
        self.found += [tag for _ in "x" if tag in ("img", "link", "script", "iframe", "style")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", IncidentKind)
@pytest.mark.parametrize("purpose", Purpose)
def test_it_has_words_for_every_kind_in_every_language(
    example: ControlRoomFile, language: Language, kind: IncidentKind, purpose: Purpose
) -> None:
    for districts in ((RAIGAD,), FIVE):
        step = make_step(kind=kind, districts=districts, joined=districts)
        for recipient in (officer(RAIGAD, language=language, purpose=purpose), room(language, purpose)):
            letter = compose(example, step, recipient, districts)
            page = Outside()
            page.feed(letter.html)
            assert page.found == []
            assert page.open == []
            assert "{" not in letter.subject + letter.text
            assert "because" not in letter.text.lower()
            assert f'lang="{language}"' in letter.html


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_it_fills_the_same_facts_into_every_language(language: Language) -> None:
    english, other = phrases("en"), phrases(language)
    pairs = [
        (getattr(english, key), getattr(other, key))
        for key in type(english).model_fields
        if key not in ("kinds", "facts", "life", "failing")
    ]
    both = [(words, other.kinds[kind]) for kind, words in english.kinds.items()]
    for words, theirs in [*both, (english.failing, other.failing)]:
        fields = [key for key in KindPhrases.model_fields if "ask" not in key]
        pairs += [(getattr(words, key), getattr(theirs, key)) for key in fields]
    pairs += [(getattr(english.life, key), getattr(other.life, key)) for key in ("spell", "then", "in_all")]
    assert english.life.manners.keys() == other.life.manners.keys() == set(Manner)
    for ours, said in pairs:
        assert slots(ours) == slots(said), said


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_it_marks_tables_no_native_speaker_has_read(language: Language) -> None:
    file = Path(compose.__code__.co_filename).parent / "words" / f"{language}.yaml"
    assert "NOT YET REVIEWED BY A NATIVE SPEAKER" in file.read_text(encoding="utf-8").splitlines()[0]


def slots(phrase: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize(
    ("seconds", "text"), [(112, "112 s"), (2700, "45 min"), (18_000, "5 h 00"), (7080, "1 h 58"), (-3, "0 s")]
)
def test_it_writes_lengths_of_time_as_the_pages_do(seconds: float, text: str) -> None:
    assert duration(seconds, phrases("en")) == text


def test_it_keeps_the_joiners_that_indian_scripts_need() -> None:
    assert one_line("क्\u200dष \t\r\n x\x7f") == "क्\u200dष x"
