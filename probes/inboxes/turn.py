"""A check's turn at an inbox, as a wish. No network here. May be changed: fields, by adding."""

from dataclasses import dataclass, field

from probes.exchange import Wish


@dataclass(kw_only=True)
class Turn(Wish):
    """From now on messages to `inbox` that hold `find` are this check's, for at most `hold_s` seconds; `over` gives it back.

    The result comes when nobody else waits for the same words and the inbox can be read: before that, asking would be
    in vain. AGENT_FAULT with a word when it cannot be read by the deadline.
    """

    inbox: str
    find: str
    hold_s: float = 0.0
    over: bool = False
    owner: object = field(default_factory=object)  # kept by a copy: only its owner gives a turn back

    @property
    def loads(self) -> bool:
        return False
