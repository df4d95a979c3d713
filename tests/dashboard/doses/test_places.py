"""Names of places: one district or none; a near miss is suggested and never taken."""

import random
import unicodedata
from contextlib import suppress
from datetime import date

import pytest

from dashboard.doses.finding import Unreadable
from dashboard.doses.places import Places
from tests.places import example

PLACES = Places(example())
DAY = date(2021, 1, 16)
SAMBHAJINAGAR = "Chhatrapati Sambhajinagar"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("491", "491"), ("०४९१", "491"), ("Raigad", "491"), (" raigad ", "491"), ("RAIGAD", "491"), ("रायगड", "491"), ("रायगढ़", "491"),
        (unicodedata.normalize("NFD", "रायगढ़"), "491"), ("Rai\u200bgad", "491"), ("Mumbai City", "482"), ("Mumbai\u00a0 City", "482"),
        ("Raigad District", "491"), ("ठाणे जिल्हा", "497"), ("Bid", "470"), ("Gondiya", "476"), ("Buldana", "472"), ("Yeotmal", "500"),
        ("Mumbai", "mumbai"), ("मुंबई", "mumbai"), ("STATE", "STATE"), ("state", "STATE"), ("Aurangabad", "469"), ("औरंगाबाद", "469"),
    ],
)  # fmt: skip
def test_it_finds(name: str, place: str) -> None:
    found = PLACES.find(name, DAY)
    assert (found.place, found.notice) == (place, "")


@pytest.mark.parametrize(
    ("name", "day", "place", "notice"),
    [
        (SAMBHAJINAGAR, date(2021, 1, 16), "469", f'"{SAMBHAJINAGAR}" is the name since 2023-09-15 of Aurangabad (469)'),
        ("Chhatrapati Sambhajinagar", date(2023, 9, 15), "469", ""),
        ("छत्रपती संभाजीनगर", date(2024, 1, 1), "469", ""),
        ("Aurangabad", date(2023, 9, 14), "469", ""),
        ("Aurangabad", date(2023, 9, 15), "469", '"Aurangabad" (469) has been named Chhatrapati Sambhajinagar since 2023-09-15'),
        ("Dharashiv", date(2021, 1, 16), "488", '"Dharashiv" is the name since 2023-09-15 of Osmanabad (488)'),
        ("Osmanabad", date(2024, 1, 1), "488", '"Osmanabad" (488) has been named Dharashiv since 2023-09-15'),
        ("Ahilyanagar", date(2024, 9, 30), "466", '"Ahilyanagar" is the name since 2024-10-01 of Ahmednagar (466)'),
        ("Ahmednagar", date(2024, 10, 1), "466", '"Ahmednagar" (466) has been named Ahilyanagar since 2024-10-01'),
    ],
)  # fmt: skip
def test_a_name_of_another_day_is_taken_and_said(name: str, day: date, place: str, notice: str) -> None:
    found = PLACES.find(name, day)
    assert (found.place, found.notice) == (place, notice)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Raigarh", '"Raigarh" is a district of Chhattisgarh. If Raigad is meant, write 491'),
        ("Murshidabad", '"Murshidabad" is a district of West Bengal (319), not of Maharashtra. Write a district of Maharashtra'),
        ("मुर्शिदाबाद", '"मुर्शिदाबाद" is a district of West Bengal (319), not of Maharashtra. Write a district of Maharashtra'),
        ("319", "319 is Murshidabad in West Bengal, not in Maharashtra. Write a district of Maharashtra"),
        ("4911", '"4911" is not an LGD code of Maharashtra. Is 491 (Raigad) meant?'),
        ("Raygad", '"Raygad" is not a district of Maharashtra. Is Raigad (491) meant? Write that'),
        ("Sindhdurg", '"Sindhdurg" is not a district of Maharashtra. Is Sindhudurg (495) meant? Write that'),
        ("NA", '"NA" is not a district of Maharashtra. Write its LGD code, or its name as in config.yaml'),
        ("Nowhere", '"Nowhere" is not a district of Maharashtra. Write its LGD code, or its name as in config.yaml'),
        ("", "the district is missing. Write its LGD code or name, or STATE for the state"),
        ("Total", '"Total" is a sum, not a place. Write STATE for a figure of the whole state'),
        ("=cmd|'/c calc'!A1", '"=cmd|\'/c calc\'!A1" is not a district of Maharashtra. Write its LGD code, or its name as in config.yaml'),
        ("<script>", '"<script>" is not a district of Maharashtra. Write its LGD code, or its name as in config.yaml'),
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_plainly_one_of_ours(name: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        PLACES.find(name, DAY)
    assert str(refused.value) == said


@pytest.mark.parametrize("name", ["Total", "TOTAL ", "एकूण", "कुल", "योग", "মোট", "Grand Total"])
def test_a_total_is_known_in_the_languages_of_the_reports(name: str) -> None:
    assert PLACES.is_total(name)


def test_every_district_is_found_by_each_of_its_names() -> None:
    for district in example().districts:
        for name in (str(district.code), district.name, district.mr, district.hi, district.name.upper()):
            assert PLACES.find(name, DAY).place == str(district.code)


def test_one_changed_letter_never_gives_a_district_silently() -> None:
    chance = random.Random(20210116)
    names = {name: str(d.code) for d in example().districts for name in (d.name, d.mr, d.hi)}
    for _ in range(3000):
        name = chance.choice(sorted(names))
        at = chance.randrange(len(name))
        bent = name[:at] + chance.choice("abcdxyzआकख") + name[at + 1 :]
        with suppress(Unreadable):
            assert PLACES.find(bent, DAY).place == names.get(bent, names[name])


def test_the_public_files_bring_the_districts_of_west_bengal_and_one_row_for_mumbai() -> None:
    assert PLACES.of_public_file("Mumbai", "MH") == "mumbai"
    assert PLACES.of_public_file("Murshidabad", "WB") == "319"
    assert PLACES.of_public_file("Aurangabad", "BR") is None
    assert PLACES.of_public_file("Other State", "MH") is None
    assert [PLACES.state_of_public_file(name) for name in ("MH", "Maharashtra", "West Bengal", "Bihar")] == [
        "STATE",
        "STATE",
        "WB",
        None,
    ]


def test_a_joint_area_and_its_districts_are_never_summed_together() -> None:
    assert PLACES.without_doubles(["mumbai", "482", "483", "491"]) == ({"mumbai", "491"}, {"482", "483"})
    assert PLACES.without_doubles(["482", "483"]) == ({"482", "483"}, set())
