"""Writes a mail's subject, text and HTML part. Pure: words come from words/, shape from templates/, facts from the step."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dashboard.incidents.course import Manner, Spell, life, manner_of, worst
from dashboard.incidents.incident import RULE, IncidentKind, Step, StepKind
from dashboard.notices.measured import measured
from dashboard.notices.phrases import KindPhrases, Phrases, phrases
from dashboard.notices.route import Purpose, Recipient, district_name
from dashboard.settings import ControlRoomFile
from probes.sections import is_loopback

REHEARSAL_MARK = "[Rehearsal] "  # in every language, so that one mail filter finds them all
NAMES_IN_SUBJECT = 3
NAMES_TOLD_TOO = 8

# the signed address of a district's form (LGD code) for a service day; empty: there is none
LinkOf = Callable[[int, Date], str]
# incidents in which doses go to paper, or are not told: their officers are asked for figures
_TOLD_BY_FORM = frozenset(IncidentKind) - {IncidentKind.AGENT_SILENT, IncidentKind.MONITOR_OFFLINE}

# glyph, bar colour, text colour: the light theme's state fills and inks on a white card
_LOOK = {
    IncidentKind.SLOWDOWN: ("▲", "#F0B02E", "#7A4E00"),
    IncidentKind.OUTAGE: ("✕", "#B5122B", "#B5122B"),
    IncidentKind.LOCAL: ("⇎", "#5B45C4", "#4B36B0"),
    IncidentKind.DOSE_STALL: ("‖", "#8A6D3B", "#6B5123"),
    IncidentKind.BACKLOG_STALLED: ("▤", "#8A6D3B", "#6B5123"),
    IncidentKind.AGENT_SILENT: ("?", "#5B6976", "#3F4D59"),
    IncidentKind.MONITOR_OFFLINE: ("⊘", "#101820", "#101820"),
}
_LOOK_FAILING = ("◆", "#E06A22", "#9A3D06")
_LOOK_OVER = ("✓", "#CBD3DA", "#3F4D59")


@dataclass(frozen=True)
class Letter:
    """A mail's content; the subject holds no control character."""

    subject: str
    text: str
    html: str


def no_link(_district: int, _day: Date) -> str:
    """For mails without links to the officers' form."""
    return ""


def compose(
    settings: ControlRoomFile, step: Step, recipient: Recipient, told: Sequence[int], link_of: LinkOf = no_link,
    spells: Sequence[Spell] = (),
) -> Letter:  # fmt: skip
    """The mail of one step to one recipient, in the recipient's language.

    `told`: LGD codes of all districts whose officers are told of this fault, by this step or an earlier one.
    `link_of`: asked for the recipient's own districts alone, and never for the control room's copy.
    `spells`: what an incident of the registry was up to and with this step.
    """
    facts = _Facts(settings, step, recipient, spells)
    content = facts.content(told) | {"forms": facts.forms(link_of)}
    return Letter(
        subject=facts.subject(),
        text=_environment().get_template("letter.txt").render(content),
        html=_environment().get_template("letter.html").render(content),
    )


def one_line(text: str) -> str:
    """The text without control characters and line or direction marks, so that it can stand in a header."""
    kept = (c for c in text if unicodedata.bidirectional(c) not in _DIRECTION_MARKS)
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKING else c for c in kept).split())


_BREAKING = ("Cc", "Zl", "Zp", "Cs")
_DIRECTION_MARKS = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


class _Facts:
    """One step as one recipient reads it."""

    def __init__(self, settings: ControlRoomFile, step: Step, recipient: Recipient, spells: Sequence[Spell]) -> None:
        self._settings, self._step, self._recipient, self._spells = settings, step, recipient, spells
        self._words: Phrases = phrases(recipient.language)
        self._over = recipient.purpose is Purpose.CLOSING
        self._by_hand = self._over and step.who != RULE  # nobody has measured that it works again
        self._by_phone = step.what is StepKind.OPENED and step.who != RULE  # nor that it does not
        said = spells if self._over and not self._by_hand else spells[-1:]
        self._manner = worst(spell.manner for spell in said) or manner_of(step.kind, step.sentence)
        self._since = said[0].since if said and step.what is not StepKind.REOPENED else step.since
        self._kind = self._of_kind()
        mine = [code for code in step.districts if code in recipient.districts]
        self._codes = (*mine, *(code for code in step.districts if code not in mine))

    def _of_kind(self) -> KindPhrases:
        """The words of the worst that it was; of what a person closes, of what it was then."""
        if self._manner is Manner.FAILING:
            return self._words.failing
        return self._words.kinds[IncidentKind.OUTAGE if self._manner is Manner.DOWN else self._step.kind]

    def subject(self) -> str:
        place = self._fill("subject")
        if self._step.kind is not IncidentKind.MONITOR_OFFLINE and len(self._codes) > 1 and not self._everywhere:
            shown = self._names(self._codes[:NAMES_IN_SUBJECT])
            place += f": {shown}" + (", …" if len(self._codes) > NAMES_IN_SUBJECT else "")
        if self._by_hand:
            place = self._words.closed_subject.format(subject=place)
        if self._recipient.purpose is Purpose.UPDATE:
            place = self._words.update.format(subject=place)
        if self._recipient.purpose is Purpose.AGAIN:
            place = self._words.again.format(subject=place)
        return one_line(REHEARSAL_MARK + place if self._settings.rehearsal else place)

    def content(self, told: Sequence[int]) -> dict[str, object]:
        rehearsal = self._settings.rehearsal
        look = _LOOK_FAILING if self._manner is Manner.FAILING else _LOOK[self._step.kind]
        glyph, bar, ink = _LOOK_OVER if self._over else look
        return {
            "language": self._recipient.language,
            "rehearsal": self._words.rehearsal.format(title=one_line(rehearsal.title)) if rehearsal else "",
            "glyph": glyph, "bar": bar, "ink": ink,
            "headline": one_line(self._headline()),
            "rows": self._rows(told),
            "ask": self._words.ask,
            "asks": self._asks(),
            "page": self._page(),
            "open_page": self._words.open_page,
            "next": self._next(),
            "footer": self._footer(),
            "sender": one_line(self._settings.state.control_room.name),
        }  # fmt: skip

    def _page(self) -> str:
        """The address of the pages; one that only the control room's own machine knows is of no use to an officer."""
        address = self._settings.dashboard.web.address
        near = self._recipient.control_room or self._settings.rehearsal is not None
        return address if address.startswith(("http://", "https://")) and (near or not is_loopback(address)) else ""

    def forms(self, link_of: LinkOf) -> list[tuple[str, str]]:
        """What to do and the link to do it with, for each district of an officer that has a session on the step's day."""
        day, calendar = datetime.fromtimestamp(self._step.at, self._settings.zone).date(), self._settings.calendar
        if self._recipient.control_room or self._step.kind not in _TOLD_BY_FORM:
            return []
        open_there = [code for code in self._recipient.districts if calendar.of(code).hours_on(day) is not None]
        links = [(code, link_of(code, day)) for code in open_there]
        return [(self._words.report.format(names=self._names([code])), link) for code, link in links if link]

    @property
    def _everywhere(self) -> bool:
        return len(self._codes) in (0, len(self._settings.districts))

    def _headline(self) -> str:
        if self._by_phone:
            return self._words.opened_headline.format(who=self._step.who)
        if not self._by_hand:
            return self._fill("headline")
        return self._words.closed_headline.format(who=self._step.who, until=self._clock(self._step.at))

    def _fill(self, what: str) -> str:
        number = "one" if len(self._codes) == 1 else "many"
        phrase: str = getattr(self._kind, f"{'over_' if self._over and not self._by_hand else ''}{what}_{number}")
        if self._over and not self._by_hand and what == "subject" and len({spell.manner for spell in self._spells}) > 1:
            phrase = getattr(self._words, f"mixed_{number}")
        many = self._words.in_all_districts if self._everywhere else self._words.in_n_districts
        return phrase.format(
            names=self._names(self._codes),
            in_districts=many.format(n=len(self._codes) or len(self._settings.districts)),
            since=self._clock(self._since),
            until=self._clock(self._step.at),
            worst=self._words.life.manners[self._manner] if self._manner else "",
        )

    def _names(self, codes: Sequence[int]) -> str:
        return ", ".join(one_line(district_name(self._settings, code, self._recipient.language)) for code in codes)

    def _rows(self, told: Sequence[int]) -> list[tuple[str, str, str]]:
        """Label, value and the value's language; the evidence stays in English, as it was judged, after its numbers in other words."""
        words = self._words
        own: str = self._recipient.language
        rows = [(words.since, self._clock(self._step.since, zone=True), own)]
        if self._over and not self._by_hand:
            lasted = duration(self._step.at - self._step.since, words)
            rows.append(
                (words.over, words.over_at.format(until=self._clock(self._step.at, zone=True), duration=lasted), own)
            )
        if len(self._spells) > 1:
            past = self._spells if self._over else self._spells[:-1]
            course = life(past, words.life, self._clock, lambda seconds: duration(seconds, words))
            rows.append((words.course, course, own))
        if not (self._by_hand or self._by_phone) and (facts := measured(self._step.sentence, words.facts)):
            rows.append((words.measured, facts, own))
        rows.append((words.evidence, one_line(self._step.sentence), "en"))
        if self._step.kind is not IncidentKind.MONITOR_OFFLINE:
            rows.append((words.districts, self._all_names(), own))
        if self._recipient.purpose is Purpose.UPDATE and self._step.joined:
            rows.append((words.joined, self._names(self._step.joined), own))
        others = self._told_too(told)
        return [*rows, (words.told_too, others, own)] if others else rows

    def _all_names(self) -> str:
        if self._everywhere:
            return self._words.all_districts.format(n=len(self._settings.districts))
        return self._names(self._codes)

    def _told_too(self, told: Sequence[int]) -> str:
        others = [code for code in told if code not in self._recipient.districts]
        parts = [] if self._recipient.control_room else [one_line(self._settings.state.control_room.name)]
        if others:
            names = self._names(others[:NAMES_TOLD_TOO])
            if len(others) > NAMES_TOLD_TOO:
                names += " " + self._words.and_more.format(n=len(others) - NAMES_TOLD_TOO)
            parts.append(self._words.officers_of.format(names=names))
        return "; ".join(parts)

    def _asks(self) -> tuple[str, ...]:
        who = "room" if self._recipient.control_room else "officer"
        if self._by_hand:
            return (getattr(self._words, f"closed_ask_{who}"),)
        asks: tuple[str, ...] = getattr(self._kind, f"{'over_' if self._over else ''}ask_{who}")
        return asks

    def _next(self) -> str:
        if self._over:
            return self._words.next_none
        return self._words.next_room if self._recipient.control_room else self._words.next_officer

    def _footer(self) -> str:
        names = self._names(self._recipient.districts)
        role = self._words.room_role if self._recipient.control_room else self._words.officer_role.format(names=names)
        return self._words.footer.format(incident=self._step.incident_id, step=self._step.number, role=role)

    def _clock(self, at: float, zone: bool = False) -> str:
        """Hour and minute in the state's zone, with the day when it is not the day of the step."""
        moment = datetime.fromtimestamp(at, self._settings.zone)
        text = moment.strftime("%H:%M")
        if moment.date() != datetime.fromtimestamp(self._step.at, self._settings.zone).date():
            text = f"{format_datetime(moment, 'd MMM', locale=self._recipient.language)} {text}"
        return f"{text} {moment.tzname()}" if zone else text


def duration(seconds: float, words: Phrases) -> str:
    """A length of time as the pages write it: "112 s", "45 min", "5 h 00"."""
    whole = max(0, round(seconds))
    if whole < 120:
        return words.seconds.format(s=whole)
    if whole < 3600:
        return words.minutes.format(m=whole // 60)
    return words.hours.format(h=whole // 3600, m=whole % 3600 // 60)
