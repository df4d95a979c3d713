"""What an incident of the registry was from hour to hour: slow, failing in part, or down. Pure; read from its own steps.

A slowdown whose sentence says that uploads fail in part was that, and not slow: the sentences are made in sentences.py.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dashboard.incidents.incident import IncidentKind, StepKind

_SAYS = (StepKind.OPENED, StepKind.UPGRADED, StepKind.REOPENED, StepKind.SPLIT)
_IN_PART: Final = re.compile(r"\bfail(?:ed|ing)? in part\b")
_FAILURES: Final = re.compile(r"\bfail\b")
BEFORE: Final = "; before: "  # stands in a sentence before what was, and is no longer
_SAID: Final = 4  # more spells than this are added up


class Manner(StrEnum):
    """How the registry was wrong; the value is the English word. The last is the worst."""

    SLOW = "slow"
    FAILING = "failing in part"
    DOWN = "down"


_ORDER = tuple(Manner)


@dataclass(frozen=True)
class Told:
    """What one step of an incident said; `at` in seconds since 1970 UTC."""

    what: StepKind
    at: float
    kind: IncidentKind
    sentence: str


@dataclass(frozen=True)
class Spell:
    """One manner without a change, in seconds since 1970 UTC; `until` None: it lasts."""

    manner: Manner
    since: float
    until: float | None = None


@dataclass(frozen=True)
class LifeWords:
    """How a language says a life; {names in braces} are filled in."""

    spell: str  # {manner} {since} {until}
    then: str  # {manner} {until}: follows the one before without a gap
    in_all: str  # {sums} {since} {until}: many spells, added up
    manners: Mapping[Manner, str]


def is_failing(evidence: str) -> bool:
    """Whether evidence speaks of checks that fail, and not of the time they take."""
    return bool(_FAILURES.search(evidence))


def manner_of(kind: IncidentKind, sentence: str) -> Manner | None:
    """How the registry was wrong by a step's kind and sentence; None for what is not the registry's."""
    if kind is IncidentKind.OUTAGE:
        return Manner.DOWN
    if kind is IncidentKind.SLOWDOWN:
        return Manner.FAILING if _IN_PART.search(sentence.partition(BEFORE)[0]) else Manner.SLOW
    return None


def course(steps: Iterable[Told], since: float) -> tuple[Spell, ...]:
    """The spells of an incident that began at `since`, oldest first; a later one begins when its step was taken."""
    spells: tuple[Spell, ...] = ()
    for step in steps:
        spells = followed(spells, step, since)
    return spells


def followed(spells: tuple[Spell, ...], step: Told, since: float) -> tuple[Spell, ...]:
    """The spells after one more step."""
    lasts = bool(spells) and spells[-1].until is None
    if step.what is StepKind.RESOLVED:
        return ended(spells, step.at)
    manner = manner_of(step.kind, step.sentence)
    if step.what not in _SAYS or manner is None or (lasts and spells[-1].manner is manner):
        return spells
    return (*ended(spells, step.at), Spell(manner, step.at if spells else since))


def ended(spells: Sequence[Spell], at: float) -> tuple[Spell, ...]:
    """The same spells, the last over at that moment if it lasts."""
    return tuple(spell if spell.until is not None else replace(spell, until=at) for spell in spells)


def worst(manners: Iterable[Manner]) -> Manner | None:
    """The worst of them; None of nothing."""
    return max(manners, key=_ORDER.index, default=None)


def life(
    spells: Sequence[Spell], words: LifeWords, clock: Callable[[float], str], length: Callable[[float], str]
) -> str:
    """`slow 11:40 to 12:05, then down until 12:40`; many spells are added up, the worst first. All must be over.

    `clock` writes a moment (seconds UTC), `length` a length of time (seconds).
    """
    if len(spells) > _SAID:
        added = ", ".join(f"{words.manners[manner]} {length(seconds)}" for manner, seconds in _sums(spells))
        return words.in_all.format(sums=added, since=clock(spells[0].since), until=clock(_end(spells[-1])))
    said = []
    for number, spell in enumerate(spells):
        follows = number > 0 and _end(spells[number - 1]) == spell.since
        phrase = words.then if follows else words.spell
        said.append(
            phrase.format(manner=words.manners[spell.manner], since=clock(spell.since), until=clock(_end(spell)))
        )
    return ", ".join(said)


def _sums(spells: Iterable[Spell]) -> list[tuple[Manner, float]]:
    lengths: dict[Manner, float] = defaultdict(float)
    for spell in spells:
        lengths[spell.manner] += _end(spell) - spell.since
    return sorted(lengths.items(), key=lambda item: -_ORDER.index(item[0]))


def _end(spell: Spell) -> float:
    return spell.since if spell.until is None else spell.until


def named_in(sentence: str) -> frozenset[Manner]:
    """The manners that a closing sentence names."""
    return frozenset(manner for manner in Manner if re.search(rf"\b{manner}\b", sentence))
