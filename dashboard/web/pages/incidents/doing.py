"""What can be done with an incident on its page: the choices, what each needs, and how what was typed becomes a body of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dashboard.decisions.kinds import Objection
from dashboard.incidents.incident import IncidentKind
from dashboard.web.json_bodies import checked
from dashboard.web.pages.incidents import ids
from dashboard.web.pages.incidents.actions import AskedOfOne, codes_of
from dashboard.web.pages.incidents.asked import (
    AcceptAsked,
    AcknowledgeAsked,
    AssignAsked,
    CloseAsked,
    MaintenanceAsked,
    MergeAsked,
    NoteAsked,
    OpeningAsked,
    SeverityAsked,
    SnoozeAsked,
    SplitAsked,
)  # fmt: skip
from dashboard.web.pages.incidents.words import Naming

SNOOZES: Final = {"15": "15 min", "60": "1 h", "120": "2 h", "240": "4 h", "1440": "24 h", "0": "End the snooze now"}
_STATE: Final = "STATE"


@dataclass(frozen=True)
class Action:
    """One choice: its name and meaning, the fields it needs beside who, the phases and the kind (none: all) for which it is offered."""

    name: str
    means: str
    model: type[AskedOfOne]
    fields: tuple[str, ...] = ()
    phases: tuple[str, ...] = ("open",)
    kind: IncidentKind | None = None

    def suits(self, phase: str, kind: str) -> bool:
        """Whether an incident of this phase and kind may be done so with."""
        return phase in self.phases and self.kind in (None, kind)


_UNTIL_CLOSED: Final = ("open", "recovering")
ACTIONS: Final = {
    "acknowledge": Action("Acknowledge", "All see who has it. Leave the owner empty to take it yourself.", AcknowledgeAsked, (ids.OWNER,)),
    "note": Action("Add a note", "It stands in the timeline, with your name.", NoteAsked, (ids.TEXT,), ("open", "recovering", "closed")),
    "assign": Action("Assign", "Somebody else has it from now on.", AssignAsked, (ids.OWNER,), _UNTIL_CLOSED),
    "severity": Action("Severity", "No rule changes it after this.", SeverityAsked, (ids.SEVERITY,), _UNTIL_CLOSED),
    "snooze": Action("Snooze", "No mails of it until then, not even when it grows; its end is mailed.", SnoozeAsked, (ids.SNOOZE,)),
    "close": Action(
        "Close", "An open one is over by this word, and its officers are told; a recovering one is done with. Write why.",
        CloseAsked, (ids.TEXT,), _UNTIL_CLOSED,
    ),
    "accept": Action(
        "New normal", "A slowdown that has come to stay: it is closed, and what is measured now is usual in its districts. Write why.",
        AcceptAsked, (ids.TEXT,), kind=IncidentKind.SLOWDOWN,
    ),
    "merge": Action("Merge", "Others become part of this one. Nobody is mailed.", MergeAsked, (ids.OTHERS,)),
    "split": Action("Split", "Some districts become an incident of their own. Nobody is mailed.", SplitAsked, (ids.PARTS,)),
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What was typed and pressed in the form, nothing checked; `form` its number, `step` the newest one that was shown."""

    who: Any
    owner: Any
    text: Any
    severity: Sequence[str]
    snooze: Sequence[str]
    others: Sequence[str]
    parts: Sequence[str]
    form: str
    step: int | None


def asked(action: str, typed: Typed, now: float) -> AskedOfOne | Objection:
    """The body of the chosen step. What cuts deep is taken only at the step that was shown."""
    if action not in ACTIONS:
        return Objection("what", "nothing is chosen", "Choose what is done")
    body: dict[str, Any] = {"who": typed.who or ""}
    match action:
        case "acknowledge" | "assign":
            body |= {"owner": typed.owner or ""}
        case "note":
            body |= {"text": typed.text or "", "form": typed.form}
        case "severity":
            body |= {"severity": next(iter(typed.severity), None)}
        case "snooze":
            body |= {"until": _until(typed.snooze, now)} if typed.snooze else {}
        case "close" | "accept":
            body |= {"why": typed.text or "", "step": typed.step}
        case "merge":
            body |= {"others": numbers(typed.others), "step": typed.step}
        case "split":
            body |= {"districts": numbers(typed.parts), "step": typed.step}
    return checked(ACTIONS[action].model, body)


def asked_opening(naming: Naming, sent: dict[str, Any], since: Any) -> tuple[OpeningAsked, frozenset[int]] | Objection:
    """The opening that was typed; `sent` are the fields of its body but the moment."""
    moment = naming.moment("since", since)
    if isinstance(moment, Objection):
        return moment
    found = checked(OpeningAsked, sent | {"districts": _places(sent["districts"]), "since": moment})
    if isinstance(found, Objection):
        return found
    codes = codes_of(naming.settings, found.districts)
    return codes if isinstance(codes, Objection) else (found, codes)


def asked_window(
    naming: Naming, sent: dict[str, Any], begins: Any, ends: Any
) -> tuple[MaintenanceAsked, frozenset[int]] | Objection:
    """The window that was typed; no beginning means now."""
    now = datetime.fromtimestamp(naming.now_ms / 1000, UTC)
    first = naming.moment("begins", begins) if begins and str(begins).strip() else now
    last = naming.moment("ends", ends)
    if isinstance(first, Objection) or isinstance(last, Objection):
        return first if isinstance(first, Objection) else last  # type: ignore[return-value]
    found = checked(MaintenanceAsked, sent | {"districts": _places(sent["districts"]), "begins": first, "ends": last})
    if isinstance(found, Objection):
        return found
    codes = codes_of(naming.settings, found.districts)
    return codes if isinstance(codes, Objection) else (found, codes)


def numbers(pressed: Any) -> list[int]:
    """Whole numbers of what a browser sent as pressed; the rest is left out, and the check says what is missing."""
    return [int(one) for one in pressed or [] if isinstance(one, str) and one.isdecimal() and len(one) < 10]


def _places(pressed: Any) -> list[int] | str:
    return _STATE if _STATE in (pressed or []) else numbers(pressed)


def _until(snooze: Sequence[str], now: float) -> datetime | None:
    minutes = next(iter(numbers(snooze)), 0)
    return datetime.fromtimestamp(now + minutes * 60, UTC) if minutes else None
