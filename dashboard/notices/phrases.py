"""Reads the phrase tables of the mails, one a language. Words are changed in words/*.yaml, their keys here."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from dashboard.incidents.course import LifeWords
from dashboard.incidents.incident import IncidentKind
from dashboard.settings import Language

FOLDER = Path(__file__).parent / "words"


class KindPhrases(BaseModel):
    """What is said of one kind of incident; `over_` when it is resolved, `one` of exactly one district."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject_one: str
    subject_many: str
    headline_one: str
    headline_many: str
    over_subject_one: str
    over_subject_many: str
    over_headline_one: str
    over_headline_many: str
    ask_officer: tuple[str, ...]
    ask_room: tuple[str, ...]
    over_ask_officer: tuple[str, ...]
    over_ask_room: tuple[str, ...]


class Phrases(BaseModel):
    """One language. A missing or unknown key is an error when the table is first read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str
    over: str
    over_at: str
    evidence: str
    districts: str
    joined: str
    told_too: str
    ask: str
    open_page: str
    report: str
    and_more: str
    in_n_districts: str
    in_all_districts: str
    all_districts: str
    officers_of: str
    room_role: str
    officer_role: str
    footer: str
    rehearsal: str
    opened_headline: str
    closed_subject: str
    closed_headline: str
    closed_ask_officer: str
    closed_ask_room: str
    update: str
    again: str
    hours: str
    minutes: str
    seconds: str
    next_officer: str
    next_room: str
    next_none: str
    measured: str
    facts: dict[str, str]  # by the keys of notices/measured.py
    course: str
    life: LifeWords
    mixed_one: str  # the subject of the end of what was the registry's in more than one manner
    mixed_many: str
    kinds: dict[IncidentKind, KindPhrases]
    failing: KindPhrases  # a slowdown in which uploads fail in part, and time is not what is wrong


@cache
def phrases(language: Language) -> Phrases:
    """The table of a language."""
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return Phrases.model_validate(YAML(typ="safe", pure=True).load(text))
