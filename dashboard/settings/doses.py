"""What config.yaml says of the ways of figures: session sites, preferred sources, places shown beside ours, scheduled pulls.

May be changed: limits and defaults of a pull. dashboard/settings/ holds these sections; every field has an example.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from probes.sections import Name, Section, WebAddress, is_loopback, refuse
from probes.settings import Consent

OtherPlace = Annotated[str, Field(pattern=r"^([A-Z]{2}|\d{1,7})$")]
SiteKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class Site(Section):
    """A session site of a district. Its figures are told for the place `491/alibag`, and never added to the district's."""

    key: SiteKey = Field(examples=["alibag"])
    name: str = Field(min_length=1, max_length=60, examples=["Alibag"])
    target: int | None = Field(default=None, ge=0, le=100_000, examples=[100])


class SecretHeader(Section):
    """A header whose value stands in a file, and nowhere else."""

    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,60}$", examples=["Authorization"])
    file: Path = Field(examples=["data/registry-token"])


class Where(Section):
    """Where in a row of the answer a value stands: the name of a CSV column, or a path in JSON such as `count.doses`."""

    district: str = Field(min_length=1, examples=["district_code"])
    day: str = Field(min_length=1, examples=["date"])
    value: str = Field(min_length=1, examples=["doses"])
    as_of: str | None = Field(default=None, min_length=1, examples=["updated_at"])


class Pull(Section):
    """An address that gives the registry's own counts, asked again and again. Without `where.as_of` a count is true when asked."""

    name: Annotated[Name, Field(max_length=24)] = Field(examples=["registry-counts"])
    url: WebAddress = Field(examples=["http://127.0.0.1:8601/counts.csv"])
    format: Literal["csv", "json"] = Field(examples=["csv"])
    rows: str = Field(default="", examples=["data.districts"])
    where: Where = Field(examples=[{"district": "district_code", "day": "date", "value": "doses"}])
    kind: Literal["recorded", "reported", "paper", "target"] = Field(default="recorded", examples=["recorded"])
    source: str = Field(min_length=1, max_length=500, examples=["the registry's own counter"])
    every_min: float = Field(default=15, ge=1, le=1440, examples=[15])
    deadline_s: float = Field(default=20, ge=1, le=120, examples=[20])
    max_bytes: int = Field(default=1_000_000, ge=1_000, le=5_000_000, examples=[1000000])
    secret: SecretHeader | None = Field(default=None, examples=[{"file": "data/registry-token"}])
    consent: Consent | None = Field(
        default=None, examples=[{"who": "Registry Operations", "when": "2021-01-10", "reference": "letter 17/2021"}]
    )

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        if self.consent is None and not is_loopback(self.url):
            raise refuse(
                f'"{self.url}" is not on this machine and there is no consent',
                "Ask its operator, then add consent: {who: …, when: 2021-01-10, reference: …} to the pull",
                ("url",),
            )
        if self.rows and self.format == "csv":
            raise refuse("a CSV has no path to its rows", "Leave rows out, or write format: json", ("rows",))
        return self


class Doses(Section):
    """Preferred sources in order, other states and their districts to show beside ours, and scheduled pulls."""

    prefer: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = Field(
        default=(), examples=[["State health department"]]
    )
    beside: tuple[Annotated[str, Field(pattern=r"^([A-Z]{2}|\d{1,7})$")], ...] = Field(
        default=(), examples=[["WB", "319"]]
    )
    pulls: tuple[Pull, ...] = Field(default=(), max_length=20, examples=[[]])

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [pull.name for pull in self.pulls]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise refuse(f"pull {name} stands twice", "Give each pull its own name", ("pulls", index, "name"))
        return self
