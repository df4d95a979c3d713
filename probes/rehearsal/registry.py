"""The stand-in registry and its neutral host: real HTTP on this machine, with faults to order.

Routes of a district stand in _CALLS, those of the control in control.py, latencies in latency.py, faults in faults.py.
It takes synthetic records only and forgets everything when it stops.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from probes.clock import Clock, WallClock
from probes.rehearsal.control import control
from probes.rehearsal.faults import Encounter, Ending, Fault, encounter
from probes.rehearsal.latency import VISIBLE_SHARE, Call, draw_s, hour_of_day
from probes.rehearsal.listening import Background, bound_pair, run_until_told
from probes.rehearsal.records import NotTaken, Records, record_id
from probes.rehearsal.scenarios import SCENARIOS, Scenario
from probes.rehearsal.wire import Answer, Break, Request, json_answer, refusal, serve

_CALLS: Final = {
    ("GET", "ping"): Call.PING,
    ("POST", "register"): Call.REGISTER,
    ("POST", "records"): Call.UPLOAD,
    ("GET", "records/"): Call.READ,
    ("DELETE", "records/"): Call.DELETE,
}


class Ports(NamedTuple):
    """Where the two listeners are."""

    registry: int
    anchor: int


class StandIn:
    """Both listeners of the rehearsal; usable in-process.

    `scale` multiplies every latency, 0.05 for a test in a hurry. `clock` says the hour of the day for the load: a
    rehearsal of a past day hands in its own. Port 0 takes a free one. CannotListen from start() when a port is taken.
    """

    def __init__(  # noqa: PLR0913 - each has a default and a name
        self,
        *,
        port: int = 0,
        anchor_port: int = 0,
        host: str = "127.0.0.1",
        scale: float = 1.0,
        scenario: str | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self._host, self._wanted = host, (port, anchor_port)
        self._scale = scale
        self._clock = clock or WallClock()
        self._random = random or Random()
        self._records = Records()
        self._requests: Counter[Call] = Counter()
        self._faults: tuple[Fault, ...] = ()
        self._scenario: Scenario | None = None
        self._scenario_began = 0.0
        self._background = Background("stand-in registry", self._open)
        self.set_scenario(scenario)

    def start(self) -> Ports:
        """Returns the ports when both listen."""
        self._sockets = bound_pair(self._host, *self._wanted)
        self.ports = Ports(*(sock.getsockname()[1] for sock in self._sockets))
        self._background.start()
        return self.ports

    def stop(self) -> None:
        """Ends every conversation, hanging ones too, within a second."""
        self._background.stop()

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Put these faults in force, in place of those before; a running scenario ends."""
        self._scenario, self._faults = None, tuple(faults)

    def set_scenario(self, name: str | None) -> None:
        """Start a scenario from its beginning, in place of the faults before. KeyError when none has the name."""
        scenario = SCENARIOS[name] if name is not None else None
        self._faults, self._scenario_began, self._scenario = (), self._clock.monotonic(), scenario

    @property
    def scenario(self) -> Scenario | None:
        return self._scenario

    def scenario_second(self) -> float:
        """Seconds since the scenario was started."""
        return self._clock.monotonic() - self._scenario_began

    def faults(self) -> tuple[Fault, ...]:
        """The faults in force now."""
        scenario = self._scenario
        return scenario.faults_at(self.scenario_second()) if scenario else self._faults

    def load(self) -> dict[str, int]:
        """Requests so far by kind, and `records_left`: sent and not deleted."""
        return {call.value: self._requests[call] for call in Call} | {"records_left": len(self._records)}

    async def _open(self) -> list[asyncio.Server]:
        registry, anchor = self._sockets
        return [await serve(registry, self._registry), await serve(anchor, self._anchor)]

    async def _registry(self, request: Request) -> Answer | Break:
        match request.parts:
            case ("control", *rest):
                return control(self, request.method, "/".join(rest), request.body)
            case ("api", district, "records", record):
                return await self._district(request, district, "records/", record)
            case ("api", district, what):
                return await self._district(request, district, what)
        return refusal(404, "there is no such page", "", "Try /api/491/ping or /control/faults")

    async def _anchor(self, request: Request) -> Answer | Break:
        match request.method, request.parts:
            case "GET", ("anchor", district) if _is_code(district):
                met = await self._meet(int(district), Call.ANCHOR)
                return met if isinstance(met, Break) else json_answer(200, {"status": "UP"})
        return refusal(404, "there is no such page", "", "Try GET /anchor/491")

    async def _district(self, request: Request, code: str, what: str, record: str = "") -> Answer | Break:
        call = _CALLS.get((request.method, what))
        if call is None:
            known = any(what == path for _, path in _CALLS)
            return refusal(405 if known else 404, f"{request.method} {request.path[:60]} is not known")
        if not _is_code(code):
            return refusal(404, f'"{code[:20]}" is not an LGD code', "district", "Write for example /api/491/ping")
        if call in (Call.REGISTER, Call.UPLOAD):
            return await self._write(int(code), call, request.body)
        met = await self._meet(int(code), call)
        return met if isinstance(met, Answer | Break) else self._look_up(int(code), call, record)

    def _look_up(self, district: int, call: Call, record: str) -> Answer:
        if call is Call.PING:
            return json_answer(200, {"status": "UP"})
        if call is Call.DELETE:
            self._records.remove(district, record)
            return Answer(204)
        body = self._records.seen(district, record, self._clock.monotonic())
        return Answer(200, body) if body is not None else refusal(404, "no such record", "id")

    async def _write(self, district: int, call: Call, body: bytes) -> Answer | Break:
        try:
            record = record_id(json.loads(body))
        except (ValueError, RecursionError):
            return refusal(400, "the body is not JSON", "", 'Send {"id": "…", "synthetic": true, …}')
        except NotTaken as wrong:
            return refusal(422, str(wrong), wrong.field, wrong.hint)
        if call is Call.REGISTER:
            met = await self._meet(district, call)
            return met if isinstance(met, Answer | Break) else json_answer(201, {"id": record, "status": "registered"})
        return await self._upload(district, record, body)

    async def _upload(self, district: int, record: str, body: bytes) -> Answer | Break:
        met = self._encounter(district, Call.UPLOAD)
        seconds = self._seconds(district, Call.UPLOAD, met)
        if met.ending is Ending.ANSWER:
            # a client that gives up early does not stop the registry from storing, as in life
            self._records.put(district, record, body, self._clock.monotonic() + seconds)
        ended = await self._end(met, seconds * (1 - VISIBLE_SHARE))
        return ended or json_answer(202, {"id": record, "status": "accepted"})

    async def _meet(self, district: int, call: Call) -> Answer | Break | None:
        """Let a request take its time under the faults in force; None: nothing kept it from its answer."""
        met = self._encounter(district, call)
        return await self._end(met, self._seconds(district, call, met))

    def _encounter(self, district: int, call: Call) -> Encounter:
        self._requests[call] += 1
        return encounter(self.faults(), district, call, self._random.random)

    def _seconds(self, district: int, call: Call, met: Encounter) -> float:
        hour = hour_of_day(self._clock.now())
        return self._scale * draw_s(call, district, hour, self._random, met.factor)

    async def _end(self, met: Encounter, seconds: float) -> Answer | Break | None:
        if met.ending is Ending.RESET:
            return Break.RESET
        if met.ending is Ending.HANG:
            return Break.HANG
        await asyncio.sleep(seconds)
        return refusal(503, "the registry is overloaded", "", "Try again later") if met.ending is Ending.ERROR else None


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7 and int(text) > 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; see --help. Prints {"registry": port, "anchor": port} when it listens."""
    parser = argparse.ArgumentParser(
        prog="probes.rehearsal.registry", description="A stand-in registry for rehearsals."
    )
    parser.add_argument("--port", type=int, default=8601, help="of the registry; 0 takes a free one")
    parser.add_argument("--anchor-port", type=int, default=8604, help="of the neutral host; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="starts at once")
    parser.add_argument("--scale", type=float, default=1.0, help="times every latency")
    parser.add_argument("--clock-ahead-s", type=float, default=0.0, help="moves the clock of a rehearsal")
    given = parser.parse_args(arguments)
    stand_in = StandIn(
        port=given.port,
        anchor_port=given.anchor_port,
        host=given.host,
        scale=given.scale,
        scenario=given.scenario,
        clock=WallClock(given.clock_ahead_s),
    )
    return run_until_told(lambda: stand_in.start()._asdict(), stand_in.stop)


if __name__ == "__main__":
    raise SystemExit(main())
