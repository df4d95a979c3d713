"""`tikawatch explain`: why, and why not, for a place and a moment; and what would have been told with other thresholds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date as Date
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from dashboard.doses.places import Places
from dashboard.queries.history import Told
from dashboard.reasons import Reason
from dashboard.replay import stored, what_if, why
from dashboard.replay.stored import Situation
from dashboard.replay.what_if import WhatIf
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store.engine import engine_for
from probes.clock import Clock

_NAMED = 4


def explain(settings: ControlRoomFile, clock: Clock, district: str, at: str) -> str:
    """Every rule for a district (LGD code, name, or STATE) at a moment; `at` empty: now.

    Raises:
        ValueError: no such district or moment, nothing measured then, or no store.
    """
    moment = read_moment(settings, clock, at) if at else None
    code = read_place(settings, clock, district)
    engine = _opened(settings)
    try:
        situation = stored.situation(engine, settings, clock.now(), moment)
        return "\n".join(_told(settings, situation, code, why.reasons(settings, situation, code)))
    except DatabaseError as problem:
        raise _unreadable(settings, problem) from None
    finally:
        engine.dispose()


def try_out(settings: ControlRoomFile, rules: Path, day: str, say: Callable[[str], None]) -> str:
    """What would have been told on a day with the thresholds of a file. `say` hears how far it is.

    Raises:
        ConfigError: the file has mistakes. ValueError: no such day, or nothing measured on it.
    """
    changed, on = what_if.read_rules(rules, settings), read_day(day)
    engine = _opened(settings)
    try:
        found = what_if.run(engine, settings, changed, on, _in_quarters(say))
    except DatabaseError as problem:
        raise _unreadable(settings, problem) from None
    finally:
        engine.dispose()
    return "\n".join(_compared(settings, found))


def _opened(settings: ControlRoomFile) -> Engine:
    """The store as it is: it is neither made nor migrated."""
    file = settings.dashboard.store
    if not file.is_file():
        raise ValueError(f"there is no store {file}: run tikawatch serve first, or name the store in dashboard.store")
    return engine_for(f"sqlite+pysqlite:///{file}")


def _unreadable(settings: ControlRoomFile, problem: DatabaseError) -> ValueError:
    cure = "Start tikawatch serve once, which brings it to this version"
    return ValueError(f"{settings.dashboard.store} cannot be read: {problem.orig}. {cure}")


# -- what was asked ----------------------------------------------------------------------------------------------------


def read_place(settings: ControlRoomFile, clock: Clock, district: str) -> int | None:
    """The LGD code of a district; None for STATE."""
    places = Places(settings)
    place = places.find(district, datetime.fromtimestamp(clock.now(), settings.zone).date()).place
    if place not in places.districts and place != STATE_PLACE:
        raise ValueError(
            f"{places.named(place)} is not one district. Write the LGD code or the name of a district, or STATE"
        )
    return None if place == STATE_PLACE else int(place)


def read_moment(settings: ControlRoomFile, clock: Clock, text: str) -> float:
    """Seconds since 1970 UTC of `2021-01-16T13:20`, by the state's clock, or with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text[:60]}" is not a moment. Write for example 2021-01-16T13:20') from None
    at = (moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)).timestamp()
    if at > clock.now():
        raise ValueError(f"{text} is still to come. Leave --at out for now")
    return at


def read_day(text: str) -> Date:
    """A day as YYYY-MM-DD."""
    try:
        return Date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text[:60]}" is not a day. Write for example --day 2021-01-16') from None


# -- what is answered --------------------------------------------------------------------------------------------------


def _told(settings: ControlRoomFile, situation: Situation, code: int | None, found: Sequence[Reason]) -> Iterator[str]:
    yield f"{why.headline(settings, situation, code)}."
    yield f"Here {situation.learnt}."
    for title, chosen in (
        ("These rules hold:", [one for one in found if one.holds and not one.quiets]),
        ("These keep it quiet:", [one for one in found if one.holds and one.quiets]),
        ("These do not hold:", [one for one in found if not one.holds and not one.quiets]),
    ):
        if chosen:
            yield ""
            yield title
            yield from (line for one in chosen for line in _lines(one))


def _lines(one: Reason) -> Iterator[str]:
    yield f"  {one.rule}"
    yield f"      {one.measured}"
    yield f"      wanted: {one.threshold}" + (f"  ({one.key})" if one.key else "")
    if not one.holds:
        yield f"      missing: {one.missing}"


def _in_quarters(say: Callable[[str], None]) -> Callable[[float], None]:
    told = [0.25]

    def heard(share: float) -> None:
        if share >= told[0]:
            told[0] += 0.25
            say(f"{share:.0%} of the way")

    return heard


def _compared(settings: ControlRoomFile, found: WhatIf) -> Iterator[str]:
    def clock(at: float | None) -> str:
        return "open" if at is None else f"{datetime.fromtimestamp(at, settings.zone):%H:%M:%S}"

    def one(side: str, told: Told) -> str:
        return f"    {side}: {told.kind}, {told.scope}, {clock(told.opened)} to {clock(told.resolved)}, {_names(settings, told)}"

    yield f"{found.day}, {clock(found.start)} to {clock(found.end)}, {found.samples} samples"
    if found.cut is not None:
        yield f"Only up to {clock(found.cut)}: there are more samples than can be gone through"
    yield "Changed: " + (", ".join(f"{key} {old} -> {new}" for key, (old, new) in found.changed.items()) or "nothing")
    for pair in found.pairs:
        yield f"  {what_if.mark(pair)}"
        yield from (one(side, told) for side, told in (("then", pair.then), ("now ", pair.now)) if told is not None)
    yield what_if.summary(found)


def _names(settings: ControlRoomFile, told: Told) -> str:
    names = sorted(district.name for district in settings.districts if district.code in told.districts)
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} districts"
