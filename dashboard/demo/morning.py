"""The rehearsed morning: simulated samples through the real watch on a clock that is set by hand, mails to the real catcher."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from dashboard.demo import hours
from dashboard.settings import SECTIONS_OF_OTHERS, STATE_PLACE, ControlRoomFile, FigureRow
from dashboard.store import agents, figures, samples
from dashboard.wiring import open_for, watch_and_sender
from probes import config_file
from probes.clock import SetClock
from probes.kinds.check import Check
from probes.rehearsal.morning import morning
from probes.sample import Batch, Sample
from probes.settings import SECTIONS_OF_OTHERS as NOT_OF_THE_AGENT
from probes.settings import AgentFile

_TICK_S = 15
_MADE_UP = "made up for the rehearsal, to end at the published figure"
# share of the day's doses by the clock
_COURSE = {
    "11:30": 0.0, "12:00": 0.06, "12:30": 0.14, "13:00": 0.23, "13:30": 0.31, "14:00": 0.38, "14:30": 0.47, "15:00": 0.58,
    "15:30": 0.69, "16:00": 0.8, "16:30": 0.9, "17:00": 0.97, "17:30": 1.0,
}  # fmt: skip


def rehearse(config: Path, end: float, checks: Sequence[Check], stop: threading.Event) -> None:
    """Fill the store with the rehearsed morning: simulated samples through the real watch, mails to the real catcher.

    `checks` are those of the shipped file, with the deadlines of real life.
    """
    settings = config_file.load(config, ControlRoomFile, SECTIONS_OF_OTHERS)
    agent = config_file.load(config, AgentFile, NOT_OF_THE_AGENT).probes
    start = hours.at(hours.OPENS, settings.zone)
    clock = SetClock(start)
    engine = open_for(settings, clock)
    watch, sender = watch_and_sender(engine, settings, clock)
    with engine.begin() as connection:
        agent_id = agents.give_token(connection, agent.agent, agent.delivery.token_file, int(start * 1000)).agent_id
        figures.append(connection, list(_course(settings)), settings.zone, int(start * 1000), rehearsed=True)
    coming = _arrivals(morning(checks, agent.districts, start, end, agent.vantage, seed=16), start)
    for tick, arrived in coming:
        if stop.is_set():
            break
        clock.at = min(tick, end)
        if arrived:
            batch = Batch(agent=agent.agent, boot="0" * 32, sent=clock.at, samples=tuple(arrived[:1000]))
            with engine.begin() as connection:
                samples.accept(connection, agent_id, batch, int(clock.at * 1000))
        watch.step()
        while sender.step():
            pass
    engine.dispose()


def _arrivals(course: Iterator[Sample], start: float) -> Iterator[tuple[float, list[Sample]]]:
    """Samples in batches of one tick, by the moment each ended."""
    tick = start + _TICK_S
    arrived: list[Sample] = []
    for item in course:
        while item.started + item.phases.total > tick:
            yield tick, arrived
            tick, arrived = tick + _TICK_S, []
        arrived.append(item)
    yield tick, arrived


def _course(settings: ControlRoomFile) -> Iterator[FigureRow]:
    """Made-up figures of the state between launch and close, one line a kind, each ending at the published figure."""
    published = {row.kind: row.value for row in settings.figures if row.place == STATE_PLACE and row.day == hours.DAY}
    for kind in ("reported", "recorded"):
        for hour, share in _COURSE.items():
            as_of = datetime.fromtimestamp(hours.at(hour, settings.zone), settings.zone)
            value = round(share * published.get(kind, 0))
            yield FigureRow(
                place=STATE_PLACE, day=hours.DAY, kind=kind, value=value, as_of=as_of, said="rehearsed", source=_MADE_UP
            )
