"""An hour of made-up rounds as columns, for twelve districts: quiet until events are put in; judged by the live objects. Quick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from dashboard.detection.columns import ANCHOR, PING, REASONS, UPLOAD, Columns
from dashboard.detection.judge import Judge
from dashboard.incidents.transitions import Change, Transitions
from dashboard.replay.book import Book
from dashboard.settings import ControlRoomFile
from probes.sample import Reason
from tests.places import at, example

START = at("09:30", "2021-01-19")
DIVISIONS = ("Konkan", "Nashik", "Pune")
KONKAN, ALONE = range(4), (5,)
EVERYWHERE = range(12)
_TICK_S = 15.0
_USUAL_S = np.array([0.15, 1.1, 0.025])


@dataclass(frozen=True)
class Event:
    """From `start` until `end`, in seconds: `share` of the checks fail for a reason, take `times` as long, or are silent."""

    start: float = 0.0
    end: float = 1e9
    places: Sequence[int] = EVERYWHERE
    reason: Reason = Reason.NONE
    share: float = 1.0
    times: float = 1.0
    kinds: Sequence[int] = (PING, UPLOAD)
    anchors: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Rounds:
    """Samples in columns; `started` in seconds since START, `late_s` how much later than their end they arrive."""

    place: np.ndarray
    kind: np.ndarray
    started: np.ndarray
    total: np.ndarray
    reason: np.ndarray
    late_s: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Rounds":
        return Rounds(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def beside(self, other: "Rounds") -> "Rounds":
        """Both, as two agents measure them."""
        return Rounds(
            *(np.concatenate([getattr(one, name) for one in (self, other)]) for name in self.__dataclass_fields__)
        )

    def columns(self) -> Columns:
        failed = self.reason != REASONS.index(Reason.NONE)
        answered = ~failed | (self.reason == REASONS.index(Reason.HTTP_STATUS))
        return Columns(
            self.place, self.kind, START + self.started + self.total, self.total, failed, np.zeros(len(failed), bool),
            self.reason, answered & (self.kind != ANCHOR),
        )  # fmt: skip


@cache
def room() -> ControlRoomFile:
    """Four districts each of three divisions."""
    whole = example()
    few = tuple(one for name in DIVISIONS for one in [d for d in whole.districts if d.division == name][:4])
    return whole.model_copy(update={"districts": few, "joint_areas": ()})


def rounds(minutes: float, *events: Event, every: float = 15.0, seed: int = 7) -> Rounds:
    """Pings and uploads of every district each `every` seconds, a neutral host once a minute; events in their order."""
    chance = np.random.default_rng(seed)
    turns = np.arange(0, minutes * 60, every)
    place, kind = np.tile(np.repeat(EVERYWHERE, 3), len(turns)), np.tile((PING, UPLOAD, ANCHOR), len(turns) * 12)
    started = np.repeat(turns, 36) + place * every / 12
    asked = (kind != ANCHOR) | ((np.repeat(turns, 36) // every + place) % round(60 / every) == 0)
    place, kind, started = place[asked], kind[asked], started[asked]
    total = _USUAL_S[kind] * chance.lognormal(0, 0.35, len(kind))
    found = Rounds(place, kind, started, total, np.zeros(len(kind), np.int64), np.zeros(len(kind)))
    for event in events:
        found = _with(found, event, chance)
    return found


def _with(found: Rounds, event: Event, chance: np.random.Generator) -> Rounds:
    during = (found.started >= event.start) & (found.started < event.end) & np.isin(found.place, event.places)
    if event.silent:
        return found.rows(~during)
    touched = during & (np.isin(found.kind, event.kinds) | ((found.kind == ANCHOR) & event.anchors))
    total = np.where(touched & (found.kind != ANCHOR), found.total * event.times, found.total)
    lost = touched & (chance.random(len(touched)) < event.share) & (event.reason is not Reason.NONE)
    reason = np.where(lost, REASONS.index(event.reason), found.reason)
    total = np.where(lost & (event.reason is Reason.TIMEOUT), 10.0, total)
    return replace(found, total=total, reason=reason)


def told(found: Rounds, minutes: float, tick_s: float = _TICK_S) -> list[tuple[str, str, frozenset[int], float]]:
    """Incidents that the live objects open over the samples in their order of arrival: kind, scope, places, seconds after START."""
    book, _ = judged(found, minutes, tick_s)
    codes = [district.code for district in room().districts]
    return [_told(entry.history[-1], codes, entry.opened) for entry in book.entries]


def judged(
    found: Rounds, minutes: float, tick_s: float = _TICK_S, agents: Sequence[str] = (), closes: float = 1e9
) -> tuple[Book, list[tuple[float, Change]]]:
    """The book and its steps, each with its seconds after START; `agents` measure the places, the session `closes` then."""
    settings, columns = room(), found.columns()
    codes = [district.code for district in settings.districts]
    judge = Judge(settings.dashboard.rules, codes, START, {one.code: one.division for one in settings.districts})
    agents = agents or [f"agent {code}" for code in codes]
    judge.observe_columns(columns.rows(slice(0, 0)), dict(zip(codes, agents, strict=True)))
    transitions, book, steps = Transitions(settings), Book({code: str(code) for code in codes}), []
    arrived = columns.at + found.late_s
    order = np.argsort(arrived, kind="stable")
    columns, arrived, taken = columns.rows(order), arrived[order], 0
    for now in START + np.arange(tick_s, minutes * 60 + tick_s, tick_s):
        upto = int(arrived.searchsorted(now, side="right"))
        judge.observe_columns(columns.rows(slice(taken, upto)))
        taken = upto
        in_session = codes if now - START < closes else []
        for change in transitions.advance(judge.judge(float(now)), in_session, book.standing(now - 600)):
            book.record(change, float(now))
            steps.append((float(now - START), change))
    return book, steps


def _told(phase: dict[str, object], codes: Sequence[int], opened: float) -> tuple[str, str, frozenset[int], float]:
    named = phase["districts"]
    assert isinstance(named, Iterable)
    places = frozenset(codes.index(int(str(name))) for name in named)
    return str(phase["kind"]), str(phase["scope"]), places, opened - START
