"""Rows made by chance from good and odd parts: a reading never falls over, and what it takes is within bounds.

`python -m tests.dashboard.doses.test_fuzz 100000` runs as many rows as asked.
"""

import json
import random
import sys

from dashboard.doses import listing
from dashboard.doses.numbers import LIMIT
from dashboard.doses.rows import COLUMNS
from dashboard.doses.table import read_file
from tests.dashboard.doses.reading import GOOD, HEADER, context, places

SEED = 16_01_2021
ODD = [
    "", " ", "-", "0", "1,2,3", "१२३", "1" * 40, "nan", "\x00", "\r", '"', '""', ",", ";", "\t", "\ud7ff", "\u200b", "²", "=1+1",
    "Total", "mumbai", "482", "319", "Raigarh", "औरंगाबाद", "2021-01-16", "31/02/2021", "44212", "2021-01-16T25:00", "9" * 400,
    "\u2028", "é", "\ufeff", "recorded", "final", "STATE", "<script>", "-5", "1e5", "12.0", "%s", "{0}", "\\", "NA", "\x1a",
]  # fmt: skip


def cell(chance: random.Random, column: str) -> str:
    draw = chance.random()
    if draw < 0.8:
        return GOOD[column]
    if draw < 0.94:
        return chance.choice(ODD)
    return "".join(chance.choice([*ODD, *"0123456789,./-:T+Zabc"]) for _ in range(chance.randrange(1, 6)))


def written(chance: random.Random, text: str) -> str:
    return text if chance.random() < 0.3 else '"' + text.replace('"', '""') + '"'


def line(chance: random.Random) -> str:
    cells = [written(chance, cell(chance, column)) for column in COLUMNS]
    if chance.random() < 0.05:
        cells = cells[: chance.randrange(1, 9)] + cells[: chance.randrange(3)]
    return ",".join(cells)


def read_by_chance(seed: int, rows: int) -> tuple[int, int]:
    """Read a file and a list of so many rows; returns how many figures were good and how many findings there were."""
    chance = random.Random(seed)
    raw = "\n".join([HEADER, *(line(chance) for _ in range(rows))]).encode("utf-8", "surrogatepass")
    if chance.random() < 0.05:
        raw = bytes(b ^ (chance.random() < 0.001) * 129 for b in raw)
    values = [None, True, 3.5, 12.0, -1, 10**40, [], {}, "x"]
    items = [
        {
            column: chance.choice(values) if chance.random() < 0.1 else cell(chance, column)
            for column in COLUMNS
            if chance.random() < 0.97
        }
        for _ in range(rows)
    ]
    good = findings = 0
    for reading in (read_file(raw, context()), listing.read_list(json.loads(json.dumps(items)), context())):
        for figure in reading.figures:
            assert figure.place in places().names
            assert 0 <= figure.value <= LIMIT
        assert all(finding.text("f") and finding.cure for finding in reading.findings)
        good, findings = good + len(reading.figures), findings + len(reading.findings)
    return good, findings


PUBLIC = {  # header: a good row
    "date,district,dose1_cum,dose2_cum,state": "2021-01-16,Raigad,8,0,MH",
    "date,state,cowin_recorded_cum,mohfw_reported_cum": "2021-01-16,MH,5726,18328",
    "state,mohfw_vaccinated,target_state,vaccinated_state,cowin_recorded": "West Bengal,9730,20700,15707,1917",
    "code,district,reported_day_20jan,target_20jan_derived,reported_cum_25jan,recorded_cum_16jan,recorded_cum_20jan,recorded_cum_25jan,note":
        "491,Raigad,139,400,1303,8,131,925,",
    "date,centres,target_100_per_centre,reported_day,reported_cum,source,note": "2021-01-20,267,26700,18166,51660,x,provisional at 19:00",
    "state,area,metric,value,as_of,quality,source": "MH,Thane,achieved,1740,2021-01-16 17:30,published,x",
    "centre,district,achieved,source_url": "KEM Hospital,Mumbai City,243,x",
}  # fmt: skip


def test_public_tables_with_cells_by_chance_make_it_fall_over_nowhere_either() -> None:
    chance, good, findings = random.Random(SEED), 0, 0
    for n in range(70):
        header, row = list(PUBLIC.items())[n % len(PUBLIC)]
        rows = [
            ",".join(written(chance, chance.choice(ODD) if chance.random() < 0.1 else text) for text in row.split(","))
            for _ in range(10)
        ]
        found = read_file("\n".join([header, *rows]).encode("utf-8", "surrogatepass"), context())
        assert all(0 <= figure.value <= LIMIT * len(rows) and len(figure.said) <= 120 for figure in found.figures)
        assert all(finding.text("f") and finding.cure for finding in found.findings)
        good, findings = good + len(found.figures), findings + len(found.findings)
    assert good > 100
    assert findings > 100


def test_thousands_of_rows_by_chance_make_it_fall_over_nowhere() -> None:
    results = [read_by_chance(SEED + n, 10) for n in range(150)]
    assert sum(good for good, _ in results) > 100
    assert sum(findings for _, findings in results) > 1000


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    found = [read_by_chance(SEED + n, 10) for n in range(wanted // 20 + 1)]
    sys.stdout.write(
        f"{20 * len(found)} rows, {sum(g for g, _ in found)} good, {sum(f for _, f in found)} findings, no crash\n"
    )
