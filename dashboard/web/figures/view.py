"""What every part of the day's figure is told: theme, size, window, now. Times leave here as naive local stamps, as plotly.js wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.web.figures.theme import FACE, SCALES, THEMES, Scale, Theme

MINUTE_MS = 60_000


@dataclass(frozen=True)
class View:
    """One viewer's theme and size, and the window in ms since 1970 UTC; `session` None on a day without one."""

    theme: Theme
    scale: Scale
    zone: ZoneInfo
    now_ms: int
    start_ms: int
    end_ms: int
    session: tuple[int, int] | None = None

    @property
    def ms_per_px(self) -> float:
        return (self.end_ms - self.start_ms) / self.scale.plot_width

    def at(self, at_ms: float) -> str:
        """A moment as plotly.js reads it: it knows no time zones, so it gets the state's wall clock."""
        local = datetime.fromtimestamp(round(at_ms) / 1000, self.zone).replace(tzinfo=None)
        return local.isoformat(sep=" ", timespec="milliseconds")

    def stamps(self, at_ms: Iterable[float]) -> NDArray[np.datetime64]:
        """Moments as naive local datetime64[ms]."""
        utc = pd.to_datetime(pd.Series([round(at) for at in at_ms], dtype="int64"), unit="ms", utc=True)
        local: NDArray[np.datetime64] = (
            utc.dt.tz_convert(self.zone).dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
        )
        return local

    def clock(self, at_ms: float) -> str:
        """ "16:40"."""
        return self.at(at_ms)[11:16]

    def font(self, colour: str, weight: int = 400, step: int = 0) -> dict[str, object]:
        """A font of this size and face; `step` px more or less."""
        return {"family": FACE, "size": self.scale.text + step, "color": colour, "weight": weight}


def view_named(theme: str, size: str) -> tuple[Theme, Scale]:
    """Theme and scale by the names the browser sends; anything else gets the dark desk."""
    return THEMES.get(theme, THEMES["dark"]), SCALES.get(size, SCALES["desk"])
