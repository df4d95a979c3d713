"""Is the monitor itself at work: agents, age of the figures, mails, our own load on the registry."""

from typing import Any

from dashboard.detection.states import DistrictState
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.overview.reading import MINUTE_MS, Reading
from dashboard.web.pages.overview.told_figures import Newest, place_of

Item = dict[str, Any]
AGENT_SILENT_MS = 2 * MINUTE_MS


def footer(reading: Reading, newest: Newest, settings: ControlRoomFile) -> list[Item]:
    """Four items: a sign or none, a strong line and a line under it."""
    return [_agents(reading), _figures(reading, newest, settings), _mails(reading), _load(reading)]


def _agents(reading: Reading) -> Item:
    heard = reading.agents["last_ms"].fillna(0).tolist()
    silent = [
        name for name, last in zip(reading.agents["name"], heard, strict=True)
        if reading.day.now_ms - int(last) > AGENT_SILENT_MS
    ]  # fmt: skip
    number = len(reading.agents)
    if number == 0:
        return _item("No agent yet", "none may deliver", DistrictState.NO_DATA)
    sub = f"{wording.listed(silent).replace('districts', 'agents')} silent" if silent else "all heard of late"
    main = f"{number - len(silent)} of {wording.counted(number, 'agent')}"
    return _item(main, sub, DistrictState.NO_DATA if silent else None)


def _figures(reading: Reading, newest: Newest, settings: ControlRoomFile) -> Item:
    day, told = reading.day, newest.get((STATE_PLACE, "reported"))
    if told is None:
        return _item("No figures yet", "nothing reported for the state")
    main = f"Figures {told.hour(day)}" if told.hour_known else f"Figures: {told.hour(day)}"
    places = {place_of(settings, district.code)[0]: district.name for district in settings.districts}
    known = [(t.as_of_ms, places[place]) for (place, kind), t in newest.items()
             if kind == "reported" and place in places and t.hour_known]  # fmt: skip
    if not known:
        return _item(main, "no district tells its hour")
    oldest = min(known)
    return _item(main, f"oldest: {oldest[1]}, {wording.clock(oldest[0], day.zone, day.today)}")


def _mails(reading: Reading) -> Item:
    by_state = dict(zip(reading.mails["state"], reading.mails["mails"], strict=True))
    owed, taken = int(sum(by_state.values())), int(by_state.get("accepted", 0))
    refused, given_up = int(by_state.get("refused", 0)), int(by_state.get("given_up", 0))
    if owed == 0:
        return _item("No mails today", "none waiting")
    counted = ((owed - taken - refused - given_up, "waiting"), (refused, "refused"), (given_up, "given up"))
    sub = ", ".join(f"{number} {word}" for number, word in counted if number) or "none waiting"
    return _item(f"{wording.grouped(taken)} of {wording.counted(owed, 'mail')} out", sub)


def _load(reading: Reading) -> Item:
    checks = int(reading.pulse["on_registry"].iloc[0]) if len(reading.pulse) else 0
    return _item(f"{checks / 60:.1f} checks a second", "asked of the registry")


def _item(main: str, sub: str, state: DistrictState | None = None) -> Item:
    return {"main": main, "sub": sub, "state": str(state) if state else ""}
