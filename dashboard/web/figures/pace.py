"""Doses over the day: what is to be expected, what was reported and recorded, the backlog hatched between, and the forecast.

Made-up points of a rehearsal are lines marked so; a published value without an hour stands at the edge, with its own words.
"""

from dataclasses import dataclass
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from dashboard.web.figures.marks import Marks, Place
from dashboard.web.wording import grouped

PACE = {"kind": "str", "at_ms": "int64", "value": "int64", "hour_known": "bool", "rehearsed": "bool", "hour": "str"}
HOUR_MS = 3_600_000
NARROW_PX = 160  # room between now and the edge; less, and the words of a value are broken into short lines
FORECAST_PX = 55  # room right of the close for the words of the forecast
REHEARSED_WORDS = "rehearsed, made up"


@dataclass(frozen=True)
class Usual:
    """A usual day: (moment in ms, doses to be expected by then) from opening to close, and the forecast at the close as (low, middle,
    high) from the newest figure on; None: nothing is reported."""

    expected: tuple[tuple[int, float], ...]
    told: tuple[int, int] | None = None
    close: tuple[float, float, float] | None = None


def top_of(pace: pd.DataFrame, target: int | None) -> float:
    """Upper end of the dose axis."""
    return max([float(target or 0), *pace["value"].astype(float)], default=0.0) or 100.0


def add_pace(
    figure: go.Figure, marks: Marks, pace: pd.DataFrame, target: int | None, no_doses: str, usual: Usual | None = None
) -> None:
    """Traces of pane 2 and their words; an empty frame says `no_doses`. Without a usual day a straight line is expected."""
    view = marks.view
    if target is not None and view.session is not None:
        _expected(figure, marks, target, usual)
    if usual is not None and usual.told is not None and usual.close is not None:
        _forecast(figure, marks, usual.told, usual.close)
    points = pace[pace["hour_known"].astype(bool) & (pace["at_ms"] <= view.now_ms)]
    recorded, reported = (points[points["kind"] == kind].sort_values("at_ms") for kind in ("recorded", "reported"))
    _curve(figure, marks, recorded, "recorded", fill=False)
    _curve(figure, marks, reported, "reported", fill=len(recorded) > 0)
    _at_the_edge(marks, pace, top_of(pace, target))
    if pace.empty:
        place: Place = {
            "xref": "x2 domain",
            "yref": "y2 domain",
            "x": 0.02,
            "y": 0.04,
            "xanchor": "left",
            "yanchor": "bottom",
        }
        marks.words(no_doses, view.font(view.theme.ink2), **place)
    if len(points) and points["rehearsed"].any():
        place = {
            "xref": "x2 domain",
            "yref": "y2 domain",
            "x": 0,
            "y": 0.84,
            "xanchor": "left",
            "yanchor": "top",
            "xshift": 6,
        }
        marks.words(f"dashed: {REHEARSED_WORDS}", view.font(view.theme.ink2), halo=True, **place)


def _expected(figure: go.Figure, marks: Marks, target: int, usual: Usual | None) -> None:
    """Dotted: a usual day, or a straight line from opening to close, up to the target, which says so."""
    view = marks.view
    assert view.session is not None
    opens, closes = view.session
    points = usual.expected if usual else ((opens, 0.0), (closes, float(target)))
    figure.add_scatter(
        row=2, col=1, x=view.stamps([at_ms for at_ms, _ in points]), y=[doses for _, doses in points], mode="lines", name="expected",
        line={"color": view.theme.ink2, "width": 2, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    what, of = ("quiet days", "of the last weeks") if usual else ("straight line", "from opening to close")
    words = f"expected: {what}<br>{of}" if view.scale.size != "phone" else f"expected:<br>{what}"
    middle = points[len(points) // 2][1] if usual else target * 0.47
    marks.words(
        words, view.font(view.theme.ink2), halo=True, xref="x2", yref="y2", x=view.at(opens + (closes - opens) * 0.44),
        y=middle, xanchor="right", yanchor="bottom", align="right",
    )  # fmt: skip
    closing = view.at(closes)
    marks.line(view.theme.ink2, dash="dot", xref="x2", yref="y2", x0=closing, x1=closing, y0=0, y1=target)


def _forecast(figure: go.Figure, marks: Marks, told: tuple[int, int], close: tuple[float, float, float]) -> None:
    """Dashed from the newest figure to the close, in a faint wedge."""
    view, (low, middle, high) = marks.view, close
    assert view.session is not None
    (begins, doses), closes, colour = told, view.session[1], view.theme.reported
    if begins >= closes:
        return
    figure.add_scatter(
        row=2, col=1, x=view.stamps([begins, closes, closes]), y=[doses, high, low], mode="none", fill="toself", name="forecast range",
        fillcolor=colour, opacity=0.25, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        row=2, col=1, x=view.stamps([begins, closes]), y=[doses, middle], mode="lines", name="forecast",
        line={"color": colour, "width": 2, "dash": "dash"}, hovertemplate="%{y:,.0f} forecast at the close<extra></extra>",
    )  # fmt: skip
    words = (f"<b>{grouped(middle)}</b>", "forecast")
    if (view.end_ms - closes) / view.ms_per_px >= FORECAST_PX:
        text, place = (
            "<br>".join(words),
            {"y": middle, "yanchor": "middle", "xanchor": "left", "xshift": 5, "align": "left"},
        )
    else:
        text, place = " ".join(words), {"y": low, "yanchor": "top", "yshift": -18, "xanchor": "right"}
    marks.words(text, view.font(colour, 500), halo=True, xref="x2", yref="y2", x=view.at(closes), **place)


def _curve(figure: go.Figure, marks: Marks, points: pd.DataFrame, kind: str, fill: bool) -> None:
    view = marks.view
    colour = view.theme.reported if kind == "reported" else view.theme.recorded
    rehearsed = bool(points["rehearsed"].any()) if len(points) else False
    figure.add_scatter(
        row=2, col=1, x=view.stamps(points["at_ms"].tolist()), y=points["value"].to_numpy(), name=kind,
        mode="lines+markers" if kind == "reported" else "lines",
        line={"color": colour, "width": 3, "dash": "dash" if rehearsed else "solid"},
        marker={"size": 7, "color": colour, "line": {"width": 1, "color": view.theme.card}},
        fill="tonexty" if fill else "none", fillcolor="rgba(0,0,0,0)",
        fillpattern={"shape": "/", "size": 8, "solidity": 0.18, "fgcolor": view.theme.ink3, "bgcolor": "rgba(0,0,0,0)"},
        hovertemplate=f"%{{y:,d}} {kind}{', ' + REHEARSED_WORDS if rehearsed else ''}<br>%{{x|%H:%M}}<extra></extra>",
    )  # fmt: skip
    if len(points) and not rehearsed:
        last = points.iloc[-1]
        text = f"<b>{grouped(last['value'])} {kind}</b>"
        _beside(marks, text, colour, view.at(int(last["at_ms"])), float(last["value"]), above=True)


def _at_the_edge(marks: Marks, pace: pd.DataFrame, top: float) -> None:
    """Published values whose hour is not known: a stub after closing time, labelled with what was said of them."""
    view = marks.view
    no_hour = pace[~pace["hour_known"].astype(bool)]
    begins = view.session[1] if view.session else view.end_ms - HOUR_MS
    for kind, colour in (("reported", view.theme.reported), ("recorded", view.theme.recorded)):
        mine = no_hour[no_hour["kind"] == kind]
        if mine.empty:
            continue
        value, hour = float(mine["value"].iloc[-1]), mine["hour"].iloc[-1]
        marks.line(colour, 3, xref="x2", yref="y2", x0=view.at(begins), x1=view.at(view.end_ms), y0=value, y1=value)
        narrow = view.end_ms - view.now_ms < NARROW_PX * view.ms_per_px
        lines = [f"<b>{grouped(value)} {kind}</b>", *(wrap(hour, 15) if narrow else [hour])]
        _beside(marks, "<br>".join(lines), colour, view.at(view.end_ms), value, above=narrow or value < 0.19 * top)


def _beside(marks: Marks, text: str, colour: str, at: str, value: float, above: bool) -> None:
    marks.words(
        text, marks.view.font(colour, 500), halo=True, xref="x2", yref="y2", x=at, y=value, xanchor="right", align="right",
        yanchor="bottom" if above else "top", yshift=4 if above else -4,
    )  # fmt: skip
