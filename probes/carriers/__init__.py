"""Which carrier carries out which kind of wish. To add one: a wish in exchange.py, its carrier in a module of its own, a line here.

May be changed: lines of the table.
"""

from typing import Any

from probes.carriers.datagrams import Datagrams
from probes.carriers.dialling import Dialling
from probes.carriers.echoes import Echoes
from probes.carriers.patterns import Patterns
from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.exchange import Arrival, Carrier, Datagram, Dial, Echo, Match, Wish
from probes.inboxes.arrivals import Inboxes
from probes.inboxes.turn import Turn
from probes.settings import Probes


def carriers_of(probes: Probes, loop: TransferLoop, clock: Clock) -> dict[type[Wish], Carrier[Any]]:
    """The carriers of an agent, but for HTTP's, which is the loop itself. They are used in the loop's thread."""
    inboxes = Inboxes(probes, loop, clock)
    return {
        Arrival: inboxes,
        Turn: inboxes,
        Dial: Dialling(loop, clock),
        Datagram: Datagrams(loop, clock),
        Echo: Echoes(loop, clock),
        Match: Patterns(loop, clock),
    }
