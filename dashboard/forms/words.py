"""Reads the words of the officer's form, one file a language. Words are changed in words/*.yaml, their keys here."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from dashboard.settings import District, Language

FOLDER = Path(__file__).parent / "words"
LANGUAGES: dict[Language, str] = {"en": "English", "mr": "मराठी", "hi": "हिन्दी", "bn": "বাংলা"}


class Words(BaseModel):
    """One language. A missing or unknown key is an error when the file is first read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    title: str
    target: str
    reported: str
    before: str
    hour: str
    hour_hint: str
    recorded: str
    recorded_hint: str
    note: str
    optional: str
    note_hint: str
    check: str
    lower_hint: str
    room: str
    check_title: str
    understood: str
    understood_one: str
    split: str
    not_split: str
    confirm: str
    change: str
    look: str
    lower: str
    above: str
    sure: str
    sure_missing: str
    done_title: str
    done: str
    done_before: str
    again: str
    wrong: str
    missing: str
    hour_missing: str
    over_reported: str
    numbers_in_note: str
    sent_otherwise: str
    closed_title: str
    invalid: str
    expired: str
    early: str
    closed_cure: str
    busy: str
    too_big: str
    not_stored: str


@cache
def words_of(language: Language) -> Words:
    """The words of a language."""
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return Words.model_validate(YAML(typ="safe", pure=True).load(text))


def name_of(district: District, language: Language) -> str:
    """A district's name in a language, in English where config.yaml has none."""
    return {"mr": district.mr, "hi": district.hi}.get(language) or district.name
