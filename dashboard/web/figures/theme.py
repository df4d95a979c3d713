"""Colours and type of the figures, the same tokens as assets/10-tokens.css, in both themes."""

from dataclasses import dataclass
from typing import Literal

from dashboard.detection.states import DistrictState

ThemeName = Literal["dark", "light"]
Size = Literal["wall", "desk", "phone"]
FACE = '"IBM Plex Sans", "IBM Plex Sans Devanagari", "Noto Sans", sans-serif'
LATENCY_STEPS_S = (2.0, 5.0, 15.0, 60.0, 180.0)  # upper ends; the sixth step is open
CROSS = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Paint:
    """A state's fill, the pattern's other tone, and the ink on it."""

    fill: str
    tone: str
    ink: str


@dataclass(frozen=True)
class Theme:
    """Colours of one theme; `steps` are the six of the latency scale, `inks` the words of a state on a card."""

    name: ThemeName
    card: str
    line: str
    ink: str
    ink2: str
    ink3: str
    reported: str
    recorded: str
    steps: tuple[str, ...]
    cross: tuple[str, ...]
    paint: dict[str, Paint]
    inks: dict[str, str]
    band: float  # opacity of an incident's band behind the pace


DARK = Theme(
    "dark", "#121B23", "#2A3844", "#EEF3F7", "#B4C1CC", "#8B9AA7", "#6FB7F0", "#5CC8A5",
    ("#1B2833", "#2A4152", "#5F5838", "#AD842D", "#F2B63C", "#FFE9BC"),
    ("#EEF3F7", "#EEF3F7", "#EEF3F7", "#101820", "#101820", "#101820"),
    {
        DistrictState.SLOW: Paint("#F2B63C", "#F2B63C", "#1A1405"),
        DistrictState.DEGRADED: Paint("#E9783A", "#D9692C", "#1F0D03"),
        DistrictState.DOWN: Paint("#D92F45", "#D92F45", "#FFFFFF"),
        DistrictState.OWN_LINE: Paint("#9C8CF5", "#8C7BE8", "#120C33"),
        DistrictState.NO_DATA: Paint("#121B23", "#8B9AA7", "#EEF3F7"),
        DistrictState.NO_SESSION: Paint("#121B23", "#8B9AA7", "#B4C1CC"),
        DistrictState.BLIND: Paint("#EEF3F7", "#B4C1CC", "#0B1218"),
    },
    {
        DistrictState.OK: "#B4C1CC", DistrictState.SLOW: "#F2B63C", DistrictState.DEGRADED: "#F2935C",
        DistrictState.DOWN: "#FF8593", DistrictState.OWN_LINE: "#B7ABFA", DistrictState.NO_DATA: "#B4C1CC",
        DistrictState.NO_SESSION: "#8B9AA7", DistrictState.BLIND: "#EEF3F7",
    },
    0.13,
)  # fmt: skip
LIGHT = Theme(
    "light", "#FFFFFF", "#CBD3DA", "#101820", "#3F4D59", "#5B6976", "#0B5CAD", "#0B6B50",
    ("#EEF2F5", "#D5DFE7", "#F3D48A", "#E3A32B", "#A0640A", "#5E3905"),
    ("#101820", "#101820", "#101820", "#101820", "#FFFFFF", "#FFFFFF"),
    {
        DistrictState.SLOW: Paint("#F0B02E", "#F0B02E", "#1A1405"),
        DistrictState.DEGRADED: Paint("#E06A22", "#EA8143", "#1F0D03"),
        DistrictState.DOWN: Paint("#B5122B", "#B5122B", "#FFFFFF"),
        DistrictState.OWN_LINE: Paint("#5B45C4", "#6B56D0", "#FFFFFF"),
        DistrictState.NO_DATA: Paint("#FFFFFF", "#5B6976", "#101820"),
        DistrictState.NO_SESSION: Paint("#FFFFFF", "#5B6976", "#3F4D59"),
        DistrictState.BLIND: Paint("#101820", "#3F4D59", "#EDF0F3"),
    },
    {
        DistrictState.OK: "#3F4D59", DistrictState.SLOW: "#7A4E00", DistrictState.DEGRADED: "#9A3D06",
        DistrictState.DOWN: "#B5122B", DistrictState.OWN_LINE: "#4B36B0", DistrictState.NO_DATA: "#3F4D59",
        DistrictState.NO_SESSION: "#5B6976", DistrictState.BLIND: "#101820",
    },
    0.17,
)  # fmt: skip
THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}


@dataclass(frozen=True)
class Scale:
    """Type and room of a figure at one size, in px."""

    size: Size
    text: int
    left: int
    right: int
    lane: int
    row: int
    plot_width: int  # of the plot, to judge whether words fit into a bar
    height: int
    pace: int


SCALES: dict[str, Scale] = {
    "wall": Scale("wall", 15, 133, 12, 22, 20, 585, 650, 215),
    "desk": Scale("desk", 13, 112, 10, 20, 18, 420, 620, 200),
    "phone": Scale("phone", 12, 62, 8, 20, 18, 270, 600, 190),
}


def step_of(seconds: float) -> int:
    """Index of the latency step, 0 (under 2 s) to 5 (over 180 s)."""
    return sum(seconds >= upper for upper in LATENCY_STEPS_S)
