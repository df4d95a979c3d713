"""A fortnight of made-up courses in a store: who drains, who stalls, who is ahead, who told only days. No published figure."""

from datetime import date as Date
from datetime import timedelta
from pathlib import Path

from dashboard.doses.figure import Figure
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from tests.builders import Scene
from tests.places import at

FIRST = Date(2021, 1, 16)
LAST = Date(2021, 1, 27)
COUNTS = {  # (reported, recorded) since the start at the end of each day from the 16th on
    "STATE": [(18_000, 6_000), (18_000, 6_100), (18_000, 6_000), (36_000, 16_000), (54_000, 24_000), (54_000, 30_000), (74_000, 44_000),
              (98_000, 70_000), (98_000, 75_000), (98_000, 78_000), (114_000, 98_000), (130_000, 118_000)],
    "497": [(1_800, 40), (1_800, 60), (1_800, 300), (3_600, 900), (5_400, 1_900), (5_400, 2_900), (7_200, 5_200), (9_000, 6_900),
            (9_000, 7_300), (9_000, 7_900), (10_000, 9_400), (11_000, 10_600)],
    "490": [(1_800, 780), (1_800, 800), (1_800, 800), (3_600, 1_500), (5_400, 2_500), (5_400, 2_500), (7_200, 2_500), (9_000, 2_500),
            (9_000, 2_500), (9_000, 2_500), (10_000, 2_500), (11_000, 2_500)],
    "484": [(780, 780), (780, 780), (780, 780), (1_500, 1_480), (2_200, 2_216)],
    "mumbai": [(1_926, 1_355), (1_926, 1_355), (1_926, 1_218), (3_000, 2_000), (4_200, 3_300)],
    "482": [(660, 400)],
}  # fmt: skip


def counted(place: str, day: Date, kind: str, value: int, hour: str = "23:59:59", told: Date | None = None) -> Figure:
    """One figure of a service day, told at an hour of that day or of another."""
    moment = int(at(hour, (told or day).isoformat()) * 1000)
    return Figure(place, day.isoformat(), kind, value, moment, True, "made up for a test")


def a_fortnight(file: Path, settings: ControlRoomFile) -> Scene:
    """27 January 2021, 20:00: see COUNTS; Raigad told single days, and entered the paper of the 16th on the 19th."""
    scene = Scene(file, settings, now="20:00", day=LAST)
    items = [
        counted(place, FIRST + timedelta(days=n), kind, value)
        for place, counts in COUNTS.items()
        for n, pair in enumerate(counts)
        for kind, value in zip(("reported_cum", "recorded_cum"), pair, strict=True)
    ]
    tuesday = Date(2021, 1, 19)
    items += [
        counted("491", FIRST, "reported", 5_000, "17:30"), counted("491", FIRST, "recorded", 1_000, "17:30"),
        counted("491", tuesday, "reported", 300, "17:30"), counted("491", tuesday, "recorded", 250, "17:30"),
        counted("491", FIRST, "recorded", 5_000, "16:00", told=tuesday),
    ]  # fmt: skip
    with scene.engine.begin() as connection:
        figures.store(connection, items, scene.now_ms)
    return scene
