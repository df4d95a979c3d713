"""What may be asked of incidents and maintenance windows: the bodies of the API, and what the page's forms send. Descriptions are hints."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from dashboard.incidents.incident import IncidentKind, Severity
from dashboard.web.components.who import MOST_WHO

MOST_WHY, MOST_NOTE = 1000, 2000


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _lines(text: object) -> object:
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) if isinstance(text, str) else text


def _shown(text: str) -> str:
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Cn") and sign != "\n" for sign in text):
        raise ValueError("it has characters that cannot be shown")
    return text


def _number(code: object) -> object:
    if isinstance(code, bool) or not isinstance(code, int):
        raise ValueError("a whole number is wanted")
    return code


Who = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_WHO), BeforeValidator(_one_line), AfterValidator(_shown)
]
MaybeWho = Annotated[str, StringConstraints(max_length=MOST_WHO), BeforeValidator(_one_line), AfterValidator(_shown)]
Why = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_WHY), BeforeValidator(_one_line), AfterValidator(_shown)
]
Note = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_NOTE), BeforeValidator(_lines), AfterValidator(_shown)
]
Number = Annotated[int, BeforeValidator(_number), Field(ge=1, lt=2**53)]
Form = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,40}$")]
Districts = Annotated[list[Number], Field(min_length=1, max_length=2000)] | Literal["STATE"]

WHO = Field(description="Write name and office, at most 120 characters")
WHY = Field(description="Write the reason in at most 1000 characters")
STEP = Field(default=None, description="Send the number of the newest step you saw, or leave it out")
FORM = Field(description="Send 1 to 40 plain characters, new for each form, the same when it is sent again")
DISTRICTS = Field(description="Send a list of LGD codes of config.yaml, or STATE")


class Asked(BaseModel):
    """Every body says who sends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    who: Who = WHO


class OfAStep(Asked):
    """A step of an incident. With `step` it is taken only if that is still the newest."""

    step: Number | None = STEP


class OpeningAsked(Asked):
    """Open an incident by hand: it stays open until a person closes it."""

    kind: IncidentKind = Field(description="Send outage, slowdown, local, dose_stall, agent_silent or backlog_stalled")
    districts: Districts = DISTRICTS
    since: AwareDatetime = Field(description="Send a moment with its offset, such as 2021-01-16T13:10:00+05:30")
    why: Why = Field(description="Write how it is known, in at most 1000 characters")
    form: Form = FORM


class AcknowledgeAsked(OfAStep):
    """`owner`: who has it from now on; nobody named: who acknowledges."""

    owner: MaybeWho = Field(default="", description="Write name and office")


class AssignAsked(OfAStep):
    owner: Who = Field(description="Write name and office of the new owner, at most 120 characters")


class NoteAsked(Asked):
    """A note is taken at whatever step the incident is."""

    text: Note = Field(description="Write 1 to 2000 characters of plain text")
    form: Form = FORM


class SeverityAsked(OfAStep):
    severity: Severity = Field(description="Send minor, major or critical")


class SnoozeAsked(OfAStep):
    """`until` null ends the snooze."""

    until: AwareDatetime | None = Field(
        description="Send a moment within 24 hours with its offset, or null to end the snooze"
    )


class CloseAsked(OfAStep):
    why: Why = WHY


class AcceptAsked(OfAStep):
    """Close an open slowdown as the new normal."""

    why: Why = WHY


class MergeAsked(OfAStep):
    others: Annotated[list[Number], Field(min_length=1, max_length=100)] = Field(
        description="Send the numbers of the incidents that become part of this one"
    )


class SplitAsked(OfAStep):
    districts: Annotated[list[Number], Field(min_length=1, max_length=2000)] = Field(
        description="Send the LGD codes that become an incident of their own"
    )


class MaintenanceAsked(Asked):
    """A window in which nothing opens or grows in these districts; a beginning that has passed means now."""

    districts: Districts = DISTRICTS
    begins: AwareDatetime = Field(description="Send a moment with its offset, such as 2021-01-16T18:00:00+05:30")
    ends: AwareDatetime = Field(description="Send a moment after the beginning, at most 14 days later")
    why: Why = WHY
    form: Form = FORM


class EndAsked(Asked):
    """End a window now."""


def seconds(moment: datetime) -> float:
    """Seconds since 1970 UTC."""
    return moment.timestamp()
