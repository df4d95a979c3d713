"""Numbers and reasons as a person writes them, for the sentences of verdicts."""

from typing import Any

from dashboard.detection.columns import REASONS
from probes.sample import Reason

_WORDS = {
    Reason.DNS: "name not found", Reason.REFUSED: "connection refused", Reason.UNREACHABLE: "no route",
    Reason.RESET: "connection broken off", Reason.TLS: "TLS fails", Reason.TIMEOUT: "no answer in time",
    Reason.HTTP_STATUS: "error answers", Reason.BODY: "wrong answers", Reason.NOT_VISIBLE: "accepted but not seen again",
    Reason.TOO_LARGE: "oversized answers", Reason.REDIRECT: "redirected away", Reason.PROTOCOL: "not HTTP",
}  # fmt: skip


def seconds(value: float) -> str:
    """`0.8 s`, `3.4 s`, `41 s`."""
    return f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"


def span(low: float, high: float) -> str:
    """`3.4 s`, or `9 to 14 s`."""
    if seconds(low) == seconds(high):
        return seconds(high)
    return f"{seconds(low).removesuffix(' s')} to {seconds(high)}"


def mostly(counts: Any) -> str:
    """The most frequent reason of failures; `counts` has one number a reason, in the order of REASONS."""
    most = int(counts.argmax())
    if not counts[most]:
        return "no reason is known"
    word = _WORDS.get(REASONS[most], str(REASONS[most]))
    return word if counts[most] == counts.sum() else f"mostly {word}"
