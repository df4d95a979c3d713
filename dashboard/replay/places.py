"""The control room that a replay judges for: from the config file if it names districts, else from the files themselves.

Session days of a replay are those of the doses file; hours and districts those of the config. A file of thresholds alone (or an
empty one) gets sessions from 09:00 to 17:00 and the districts that the samples name.
"""

from collections.abc import Sequence
from pathlib import Path

from dashboard.settings import (
    SECTIONS_OF_OTHERS,
    Calendar,
    ControlRoom,
    ControlRoomFile,
    Dashboard,
    District,
    Mail,
    Officer,
    Rules,
    State,
)
from probes import config_file

HOURS = "09:00-17:00"
_NOBODY = "nobody@example.org"
# Maharashtra's districts and revenue divisions, for files that give names alone
DIVISIONS = {
    "Konkan": "Mumbai City, Mumbai Suburban, Thane, Palghar, Raigad, Ratnagiri, Sindhudurg",
    "Nashik": "Nashik, Dhule, Nandurbar, Jalgaon, Ahmednagar",
    "Pune": "Pune, Satara, Sangli, Solapur, Kolhapur",
    "Aurangabad": "Aurangabad, Jalna, Beed, Parbhani, Hingoli, Nanded, Latur, Osmanabad",
    "Amravati": "Amravati, Akola, Buldhana, Washim, Yavatmal",
    "Nagpur": "Nagpur, Wardha, Bhandara, Gondia, Chandrapur, Gadchiroli",
}
_DIVISION_OF = {name: division for division, names in DIVISIONS.items() for name in names.split(", ")}


def control_room(config: Path, names: Sequence[str]) -> ControlRoomFile:
    """The settings a replay runs with.

    Raises:
        ConfigError: every mistake of the config file at once.
    """
    if _says_nothing(config):
        return _of_names(names, Rules())
    document = config_file.read(config)
    if "districts" in document.data:
        room = config_file.load(config, ControlRoomFile, SECTIONS_OF_OTHERS)
        # a district that no line of the files names is not silent: the files are not about it
        named = tuple(district for district in room.districts if district.name in names)
        return room.model_copy(update={"districts": named})
    rules, findings = config_file.validate(document, Rules)
    findings = config_file.all_of(document, findings)
    if findings or rules is None:
        raise config_file.ConfigError(document.file, findings)
    return _of_names(names, rules)


def _says_nothing(config: Path) -> bool:
    """True for an existing file of blank lines and comments."""
    if not config.is_file() or config.stat().st_size > config_file.MAX_BYTES:
        return False
    lines = config.read_bytes().splitlines()
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)


def _of_names(names: Sequence[str], rules: Rules) -> ControlRoomFile:
    room = ControlRoom(name="Replay", mail=_NOBODY)
    return ControlRoomFile.model_construct(
        state=State(code="XX", name="Replay", control_room=room),
        districts=tuple(_district(code, name) for code, name in enumerate(names, start=1)),
        joint_areas=(), calendar=Calendar(hours=HOURS), figures=(), rehearsal=None,
        dashboard=Dashboard(mail=Mail(sender=_NOBODY), rules=rules),
    )  # fmt: skip


def _district(code: int, name: str) -> District:
    division = _DIVISION_OF.get(name, f"of {name}")
    return District.model_construct(
        code=code, name=name, mr="", hi="", short=f"{code}"[-4:], division=division, row=0, col=0,
        officer=Officer(mail=_NOBODY),
    )  # fmt: skip
