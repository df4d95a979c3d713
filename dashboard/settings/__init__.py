"""The sections of config.yaml that the control room reads. Every field has an example, used as the cure in messages."""

import re
from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dashboard.settings.calendar import Calendar as Calendar
from dashboard.settings.calendar import SessionDay as SessionDay
from dashboard.settings.doses import Doses, Site
from dashboard.settings.outside import Outside
from dashboard.settings.thresholds import Rules as Rules
from probes.sections import Section, refuse
from probes.settings import Rehearsal

SECTIONS_OF_OTHERS = frozenset({"probes"})
Language = Literal["en", "mr", "hi", "bn"]
STATE_PLACE = "STATE"
_MAIL = re.compile(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9-]+\.)+[A-Za-z]{2,63}$"
)


def is_mail_address(text: str) -> bool:
    """True for one plain ASCII address, at most 254 characters."""
    return len(text) <= 254 and _MAIL.fullmatch(text) is not None


def _mail_address(text: str) -> str:
    if not is_mail_address(text):
        raise refuse(f'"{text[:60]}" is not one mail address', "Write for example dio.raigad@example.org")
    return text


def _moment(text: object) -> object:
    """A bare day stays a day; anything longer is a moment, midnight too."""
    return Date.fromisoformat(text) if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class ControlRoom(Section):
    """Who hears of everything."""

    name: str = Field(min_length=1, examples=["State Health Control Room, Maharashtra"])
    mail: MailAddress = Field(examples=["control-room@example.org"])
    language: Language = Field(default="en", examples=["en"])


class State(Section):
    """The state that is watched."""

    code: str = Field(pattern=r"^[A-Z]{2}$", examples=["MH"])
    name: str = Field(min_length=1, examples=["Maharashtra"])
    timezone: str = Field(default="Asia/Kolkata", examples=["Asia/Kolkata"])
    control_room: ControlRoom = Field(
        examples=[{"name": "State Health Control Room", "mail": "control-room@example.org"}]
    )

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise refuse(
                f'there is no time zone "{self.timezone}"', "Write for example Asia/Kolkata", ("timezone",)
            ) from None
        return self


class Officer(Section):
    """Who is told of a district's incidents."""

    mail: MailAddress = Field(examples=["dio.raigad@example.org"])
    name: str = Field(default="District Immunisation Officer", examples=["District Immunisation Officer"])
    language: Language = Field(default="en", examples=["mr"])


class District(Section):
    """One district, keyed by its LGD code; row and col place its tile."""

    code: int = Field(ge=1, le=9_999_999, examples=[491])
    name: str = Field(min_length=1, max_length=60, examples=["Raigad"])
    mr: str = Field(default="", examples=["रायगड"])
    hi: str = Field(default="", examples=["रायगढ़"])
    short: str = Field(min_length=1, max_length=4, examples=["Rai"])
    division: str = Field(min_length=1, examples=["Konkan"])
    row: int = Field(ge=0, le=30, examples=[3])
    col: int = Field(ge=0, le=9, examples=[1])
    officer: Officer = Field(examples=[{"mail": "dio.raigad@example.org"}])
    sites: tuple[Site, ...] = Field(
        default=(), max_length=500, examples=[[{"key": "alibag", "name": "Alibag", "target": 100}]]
    )

    @model_validator(mode="after")
    def _sites_once(self) -> Self:
        keys = [site.key for site in self.sites]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise refuse(f"site {key} stands twice", "Give each site its own key", ("sites", index, "key"))
        return self


class JointArea(Section):
    """Districts that share one figure, such as the two of Mumbai; their figure is never counted twice."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["mumbai"])
    name: str = Field(min_length=1, examples=["Mumbai (both districts)"])
    districts: tuple[int, ...] = Field(min_length=2, examples=[[482, 483]])


class FigureRow(Section):
    """One published or told number. `as_of` without an hour means that the hour is not known."""

    place: int | str = Field(examples=[491])
    day: Date = Field(examples=["2021-01-16"])
    kind: Literal["target", "reported", "recorded", "paper", "stock_in", "stock_used", "stock_wasted", "stock_left"] = (
        Field(examples=["reported"])
    )
    value: int = Field(ge=0, le=1_000_000_000, examples=[1829])
    as_of: Annotated[Date | datetime, BeforeValidator(_moment)] = Field(examples=["2021-01-16T13:30:00+05:30"])
    said: str = Field(default="", max_length=120, examples=["night of 16 January"])
    source: str = Field(min_length=1, examples=["https://example.org/release"])
    who: str = Field(default="", examples=["State Immunisation Officer"])
    status: Literal["provisional", "final"] = Field(default="provisional", examples=["provisional"])
    note: str = Field(default="", examples=["sum of ten centres"])


class Mail(Section):
    """The relay that takes our mails."""

    sender: MailAddress = Field(examples=["tikawatch@example.org"])
    host: str = Field(default="127.0.0.1", min_length=1, examples=["smtp.example.org"])
    port: int = Field(default=25, ge=1, le=65_535, examples=[587])
    tls: Literal["none", "starttls", "implicit"] = Field(default="none", examples=["starttls"])
    user: str = Field(default="", examples=["tikawatch"])
    password_file: Path | None = Field(default=None, examples=["/etc/tikawatch/relay-password"])
    timeout_s: float = Field(default=600, ge=1, le=1800, examples=[600])
    give_up_h: float = Field(default=24, gt=0, le=240, examples=[24])


class Web(Section):
    """Where the pages are served. Until there is a login, only on this machine; `outside` opens a little more."""

    host: Literal["127.0.0.1", "::1", "localhost"] = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: int = Field(default=8600, ge=0, le=65_535, examples=[8600])
    refresh_s: float = Field(default=5, ge=1, le=60, examples=[5])
    address: str = Field(default="", examples=["http://127.0.0.1:8600"])
    outside: Outside | None = Field(default=None, examples=[{"address": "https://report.example.org"}])

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.outside and self.port and self.outside.port == self.port:
            raise refuse(
                f"port {self.port} is that of the pages", "Give each its own, for example 8610", ("outside", "port")
            )
        return self


class Forms(Section):
    """The officers' form and the upload page."""

    key_file: Path | None = Field(default=None, examples=["data/form-key"])
    link_hours: float = Field(default=36, ge=1, le=240, examples=[36])


class Dashboard(Section):
    """The `dashboard` section."""

    store: Path = Field(default=Path("data/tikawatch.db"), examples=["data/tikawatch.db"])
    step_s: float = Field(default=5, ge=0.2, le=60, examples=[5])
    web: Web = Field(default_factory=Web, examples=[{"port": 8600}])
    mail: Mail = Field(examples=[{"sender": "tikawatch@example.org", "host": "smtp.example.org", "port": 587}])
    forms: Forms = Field(default_factory=Forms, examples=[{"link_hours": 36}])
    doses: Doses = Field(default_factory=Doses, examples=[{"prefer": ["State health department"]}])
    rules: Rules = Field(default_factory=Rules, examples=[{"tick_s": 15}])

    @property
    def form_key_file(self) -> Path:
        """The key that signs officers' links: beside the store, if it has no place of its own."""
        return self.forms.key_file or self.store.with_name("form-key")


class ControlRoomFile(BaseModel):
    """What the control room reads of config.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = Field(examples=[{"code": "MH", "name": "Maharashtra"}])
    districts: tuple[District, ...] = Field(min_length=1, examples=[[{"code": 491, "name": "Raigad"}]])
    joint_areas: tuple[JointArea, ...] = Field(default=(), examples=[[{"key": "mumbai", "districts": [482, 483]}]])
    calendar: Calendar = Field(examples=[{"hours": "09:00-17:00", "weekly": ["tue", "wed", "fri", "sat"]}])
    figures: tuple[FigureRow, ...] = Field(default=(), examples=[[]])
    dashboard: Dashboard = Field(examples=[{"mail": {"sender": "tikawatch@example.org"}}])
    rehearsal: Rehearsal | None = Field(default=None, examples=[{"title": "Rehearsal"}])

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        _no_doubles("code", [d.code for d in self.districts])
        _no_doubles("name", [d.name for d in self.districts])
        _no_doubles("short", [d.short for d in self.districts])
        _no_doubles("tile", [(d.row, d.col) for d in self.districts])
        self._places_known()
        return self

    def _places_known(self) -> None:
        codes = {d.code for d in self.districts}
        self.calendar.refuse_strangers(codes, self.zone)
        for index, area in enumerate(self.joint_areas):
            for position, code in enumerate(area.districts):
                if code not in codes:
                    raise refuse(
                        f"district {code} is not in districts",
                        "Use a code of the list districts",
                        ("joint_areas", index, "districts", position),
                    )
        known = {str(code) for code in codes} | {area.key for area in self.joint_areas} | {STATE_PLACE}
        known |= {f"{d.code}/{site.key}" for d in self.districts for site in d.sites} | set(self.dashboard.doses.beside)
        for index, row in enumerate(self.figures):
            if str(row.place) not in known:
                raise refuse(
                    f'place "{row.place}" is not known',
                    _place_cure(row.place, self.districts),
                    ("figures", index, "place"),
                )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.state.timezone)

    def codes_in_session(self, now: float) -> frozenset[int]:
        """LGD codes of the districts that hold sessions at a moment, none in planned downtime; `now` in seconds since 1970 UTC."""
        return self.calendar.sitting(datetime.fromtimestamp(now, self.zone), [d.code for d in self.districts])

    def in_session(self, now: float, code: int | None = None) -> bool:
        """True while the district (LGD code; None: any) holds a session; `now` in seconds since 1970 UTC."""
        held = self.codes_in_session(now)
        return bool(held) if code is None else code in held

    def district(self, code: int) -> District:
        """The district of an LGD code; KeyError when there is none."""
        return next((d for d in self.districts if d.code == code), None) or _unknown(code)


def _unknown(code: int) -> District:
    raise KeyError(code)


def _no_doubles(key: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            shown = f"{value}" if key != "tile" else f"at row {value[0]}, col {value[1]}"  # type: ignore[index]
            field: tuple[str | int, ...] = ("districts", index, "row" if key == "tile" else key)
            raise refuse(f"{key} {shown} stands twice", "Give each district its own", field)


def _place_cure(place: int | str, districts: tuple[District, ...]) -> str:
    named = next((d for d in districts if d.name.lower() == str(place).lower()), None)
    if named:
        return f"Write its LGD code: {named.code}"
    return "Write an LGD code of the list districts, one of its sites as 491/alibag, a key of joint_areas, or STATE"
