"""Words of the incidents page: kinds, phases, steps, moments. Say here what an officer reads."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from dashboard.decisions.kinds import Objection
from dashboard.incidents.course import Manner, manner_of
from dashboard.incidents.incident import IncidentKind, Severity, StepKind
from dashboard.settings import ControlRoomFile
from dashboard.web import wording

PHASE: Final = {"open": "Open", "recovering": "Recovering", "closed": "Closed"}
SEVERITY: Final = {Severity.CRITICAL: "Critical", Severity.MAJOR: "Major", Severity.MINOR: "Minor"}
KIND: Final = {
    IncidentKind.OUTAGE: "Registry down", IncidentKind.SLOWDOWN: "Registry slow", IncidentKind.LOCAL: "Own line lost",
    IncidentKind.AGENT_SILENT: "Agent silent", IncidentKind.DOSE_STALL: "No doses", IncidentKind.BACKLOG_STALLED: "Paper not entered",
    IncidentKind.MONITOR_OFFLINE: "Monitor cut off",
}  # fmt: skip
STEP: Final = {
    StepKind.OPENED: "Opened", StepKind.UPGRADED: "Grew", StepKind.REOPENED: "Came back", StepKind.ACKNOWLEDGED: "Acknowledged",
    StepKind.RESOLVED: "Over", StepKind.NOTED: "Note", StepKind.ASSIGNED: "Owner", StepKind.GRADED: "Severity",
    StepKind.SNOOZED: "Snoozed", StepKind.WOKEN: "Snooze over", StepKind.MERGED: "Merged", StepKind.SPLIT: "Split",
    StepKind.CLOSED: "Closed", StepKind.ACCEPTED: "New normal",
}  # fmt: skip
MAIL: Final = {
    "due": "waits", "sending": "is being sent", "accepted": "taken by the mail server", "refused": "refused by the mail server",
    "given_up": "given up",
}  # fmt: skip
NOTHING: Final = "–"
_IN_PART: Final = "Uploads fail in part"
_MOMENT = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}:\d{2})")


def kind_of(row: Mapping[str, Any]) -> str:
    """The words of an incident's kind; of a slowdown, its sentence may say that uploads fail in part."""
    kind = IncidentKind(row["kind"])
    in_part = kind is IncidentKind.SLOWDOWN and manner_of(kind, row["sentence"]) is Manner.FAILING
    return _IN_PART if in_part else KIND[kind]


@dataclass(frozen=True)
class Naming:
    """How to name districts and moments now (ms since 1970 UTC)."""

    settings: ControlRoomFile
    now_ms: int

    def clock(self, at_ms: int | None) -> str:
        """`13:12`, with the day where it is another one."""
        today = wording.local(self.now_ms, self.settings.zone).date()
        return NOTHING if at_ms is None else wording.clock(int(at_ms), self.settings.zone, today)

    def names(self, codes: Sequence[int]) -> list[str]:
        """Districts in the order of config.yaml; those that stand there no more come last, by their codes."""
        named = {district.code: district.name for district in self.settings.districts if district.code in codes}
        return [*named.values(), *(f"district {code}" for code in sorted(set(codes) - named.keys()))]

    def where(self, codes: Sequence[int]) -> str:
        """`Dhule and Akola`, `9 districts`, `the whole state`."""
        if len(codes) == len(self.settings.districts):
            return "the whole state"
        return wording.listed(self.names(codes))

    def moment(self, field: str, text: object) -> datetime | Objection:
        """A moment as it is typed: `13:10` today, or `2021-01-17 09:00`, in the state's zone."""
        match = _MOMENT.fullmatch(text.strip()) if isinstance(text, str) else None
        today = wording.local(self.now_ms, self.settings.zone).date().isoformat()
        try:
            found = datetime.fromisoformat(f"{match[1] or today}T{match[2]:0>5}") if match else None
        except ValueError:
            found = None
        if found is None:
            return Objection(
                field, f'"{str(text or "")[:30]}" is no moment', "Write for example 13:10, or 2021-01-17 09:00"
            )
        return found.replace(tzinfo=self.settings.zone)


def told(mails: Sequence[Any]) -> str:
    """`27 of 28 mails taken by the mail server`."""
    taken = sum(mail["state"] == "accepted" for mail in mails)
    words = f"{taken} of {wording.counted(len(mails), 'mail')} taken by the mail server"
    return words if mails else "nobody was mailed"


def number_in(search: str | None) -> int | None:
    """The number of `?id=3`; None: all are asked for."""
    sent = parse_qs((search or "").removeprefix("?")).get("id", [""])[0]
    return int(sent) if sent.isdecimal() and len(sent) < 16 else None
