"""What every check has, whatever its kind. May be changed: by adding what all kinds need."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from probes.json_paths import NoSuchValue, value_at
from probes.sample import CheckKind
from probes.sections import Name, Section, WebAddress, refuse


def _json_path(path: str) -> str:
    try:
        value_at(None, path)
    except NoSuchValue:
        return path
    except ValueError as problem:
        raise refuse(str(problem), "Write for example $.status or $.items[0].id") from None
    return path


def _plain_value(value: object) -> object:
    if isinstance(value, str | int | float | None):
        return value
    kind = "a section" if isinstance(value, dict) else "a list"
    raise refuse(f"{kind} is no single value", "Name each value by a path of its own, for example $.items[0]: 1")


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise refuse(f'"{name}" is no name of a header', "Write for example X-Facility")
    return name


def _one_line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise refuse("a header is one line, and this holds a line break or a control character", "Take it out")
    return text


JsonPath = Annotated[str, Field(max_length=200), AfterValidator(_json_path)]
Expected = dict[JsonPath, Annotated[str | int | float | bool | None, BeforeValidator(_plain_value)]]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_one_line)]
Headers = dict[HeaderName, HeaderValue]
Status = Annotated[int, Field(ge=100, le=599)]
Statuses = Annotated[tuple[Status, ...], Field(min_length=1, max_length=20)]


class Bundle(Section):
    """Several quick samples in one round, for jitter and loss; the check fails when more than `most_lost` are lost."""

    count: int = Field(default=5, ge=2, le=20, examples=[5])
    gap_s: float = Field(default=0.2, ge=0.01, le=10, examples=[0.2])
    most_lost: int = Field(default=2, ge=0, le=19, examples=[2])

    @model_validator(mode="after")
    def _some_must_come(self) -> Self:
        if self.most_lost >= self.count:
            cure = f"Write {self.count - 1} or less, or raise count"
            raise refuse(
                f"most_lost {self.most_lost} of {self.count} would let every one be lost", cure, ("most_lost",)
            )
        return self


class Check(Section):
    """One measurement, taken for each district of the agent. `{district}` in an address becomes the LGD code."""

    name: Name = Field(examples=["upload"])
    kind: CheckKind = Field(examples=["http"])
    interval_s: float = Field(default=15, ge=0.2, le=3600, examples=[15])
    deadline_s: float = Field(default=10, ge=0.1, le=600, examples=[10])

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address this check may call, as scheme://host…; the first is the one it measures."""
        raise NotImplementedError

    @property
    def samples_a_round(self) -> int:
        """How many samples one start takes, each with a request of its own."""
        return 1


class BundledCheck(Check):
    """A check that may be several quick ones in a round; they share the deadline evenly."""

    bundle: Bundle | None = Field(default=None, examples=[{"count": 5}])

    @model_validator(mode="after")
    def _bundle_fits(self) -> Self:
        if self.bundle is not None:
            _refuse_hasty(self.bundle, self.deadline_s)
        return self

    @property
    def samples_a_round(self) -> int:
        return self.bundle.count if self.bundle else 1


def _refuse_hasty(bundle: Bundle, deadline_s: float) -> None:
    """Each sample has an equal share of the deadline, which must be no shorter than the gap to the next."""
    if bundle.count * bundle.gap_s > deadline_s:
        raise refuse(
            f"{bundle.count} samples {bundle.gap_s:g} s apart do not fit into deadline_s {deadline_s:g}",
            f"Write a gap_s of {deadline_s / bundle.count:g} or less, a smaller count, or a longer deadline_s",
            ("bundle", "gap_s"),
        )


class WebCheck(Check):
    """A check that begins with a request to a web address."""

    url: WebAddress = Field(examples=["https://registry.example.org/ping"])
    headers: Headers = Field(default_factory=dict, examples=[{"X-Facility": "test"}])
    max_bytes: int = Field(default=1_048_576, ge=1, le=104_857_600, examples=[1048576])

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.url,)
