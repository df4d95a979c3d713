"""The rules of a division: down or cut off as one, slow, or failing in part, while the others are good."""

import math
from typing import Any

import numpy as np

from dashboard.detection.divisions import ALONE
from dashboard.detection.explain.look import Look
from dashboard.detection.explain.near import Near, way, weakest
from dashboard.detection.lines import NOBODY
from dashboard.detection.wide import LOCAL, OUTAGE, fails
from dashboard.detection.windows import PINGS, PINGS_FAILED, UPLOADS, UPLOADS_FAILED
from dashboard.reasons import Reason, more, percent, points, together


def reasons(look: Look, place: int) -> tuple[Reason, ...]:
    """The rules of the division that a district belongs to; nothing when it is in none."""
    division = int(look.everywhere.divisions.of[place])
    return () if division < 0 else _reasons(look, division)


def worst(look: Look) -> tuple[Reason, ...]:
    """For the whole state: the rules of the division in which most fails."""
    names = look.everywhere.divisions.names
    return _reasons(look, int(np.argmax(_share(look, look.lengths.short)))) if names else ()


def _reasons(look: Look, division: int) -> tuple[Reason, ...]:
    return _fails(look, division), _slow(look, division), _errors(look, division)


def _of(look: Look) -> Any:
    return look.everywhere.divisions.count


def _wanted(share: float, of: int) -> int:
    """Districts that make a share of some."""
    return max(1, math.ceil(share * of - 1e-9))


def _fails(look: Look, division: int) -> Reason:
    rule, of, name = look.rules.division, _of(look), look.everywhere.divisions.names[division]
    heard = look.heard & (look.everywhere.divisions.of >= 0)
    failing = fails(look.shares, look.rules) & heard
    asked, bad = int(of(heard & look.shares.checked)[division]), int(of(failing)[division])
    others = float((failing.sum() - bad) / max(1, heard.sum() - asked))
    rest = max(others, float(_rest(look, look.lengths.short, heard)[division]))
    wanted = _wanted(rule.districts, asked)
    holds = look.claimed(OUTAGE, LOCAL, division=name)
    missing = "the word of its neutral hosts: its line, or the registry"
    if rest > rule.others_ok:
        missing = f"good neighbours: {percent(rest)} elsewhere fails too"
    if bad < wanted:
        missing = more(wanted - bad, "failing district")
    if asked < ALONE:
        missing = "a second district that is heard"
    apart = asked >= ALONE and rest <= rule.others_ok and not look.passed_over
    return Near(
        f"{name} fails as one", "division.districts", holds,
        f"{bad} of {asked} districts of {name} fail; elsewhere {percent(rest)}",
        f"{percent(rule.districts)} of its districts, here {wanted}; elsewhere at most {percent(rule.others_ok)}",
        "" if holds else look.passed_over or together(missing, look.kept(OUTAGE, LOCAL, division=name)),
        way=way(bad, wanted) if apart else 0.0,
    )  # fmt: skip


def _slow(look: Look, division: int) -> Reason:
    rule, degraded, name = look.rules.division, look.rules.degraded, look.everywhere.divisions.names[division]
    calm, marks = _calm(look), look.everywhere.divisions.marks
    above = (
        np.median(look.series.newest[:3], axis=0)
        - look.series.base
        - np.maximum(look.everywhere.common.now, 0.0)[:, None]
    )
    slow = ((above >= np.log(rule.ratio)) & look.series.warm).any(axis=0) & calm
    many, heard = int(_of(look)(slow)[division]), int(_of(look)(calm)[division])
    wanted, why_not = _wanted(rule.districts, heard), look.passed_over or _told_already(look, name)
    # marks end with this tick, unless the rule was passed over
    lasted = 0.0 if why_not or not marks else float(np.mean([mark[division] for _, mark in marks]))
    span = 0.0 if why_not or not marks else look.now - marks[0][0]
    long_enough = span >= degraded.of * degraded.sustain_s * 0.9
    holds = not why_not and bool(marks[-1][1][division]) and lasted >= degraded.of and long_enough
    missing = (
        f"{points(lasted, degraded.of)} of the time"
        if lasted < degraded.of
        else "time: it is not heard for long enough"
    )
    if many < wanted or heard < ALONE:
        missing = more(max(1, wanted - many), "slow district")
    return Near(
        f"{name} is slow", "division.ratio", holds,
        f"{many} of {heard} districts of {name} are {rule.ratio:g} times slower than usual, beyond what the state is; "
        f"so in {percent(lasted)} of the last {degraded.sustain_s:.0f} s",
        f"{wanted} districts in {percent(degraded.of)} of {degraded.sustain_s:.0f} s", "" if holds else why_not or missing,
        way=0.0 if why_not else way(many, wanted) * (1 + way(lasted, degraded.of)) / 2,
    )  # fmt: skip


def _errors(look: Look, division: int) -> Reason:
    rule, degraded, name = look.rules.division, look.rules.degraded, look.everywhere.divisions.names[division]
    calm, of, long_s, short_s = _calm(look), _of(look), look.rules.degraded.err_window_s, look.lengths.short
    counts = look.windows.count(long_s)
    heard = int(of(calm)[division])
    touched = float(of(calm & (counts[PINGS_FAILED] + counts[UPLOADS_FAILED] > 0))[division]) / max(1, heard)
    long, late = float(_share(look, long_s)[division]), float(_share(look, short_s)[division])
    rest = float(_rest(look, long_s, calm)[division])
    why_not = look.passed_over or _told_already(look, name)
    parts = (
        (long, rule.err, f"over {long_s:.0f} s"), (late, rule.err, f"over {short_s:.0f} s"),
        (touched, rule.districts, "of its districts touched"),
    )  # fmt: skip
    short = [f"{points(value, limit)} {where}" for value, limit, where in parts if value < limit]
    if rest > degraded.err:
        short.append(f"good neighbours: {percent(rest)} elsewhere fails too")
    if heard < ALONE:
        short.append("a second district that is heard")
    holds = not short and not why_not
    gone, furthest = weakest(parts)
    return Near(
        f"Checks fail in part in {name}", "division.err", holds,
        ", ".join(f"{percent(value)} {where}" for value, _, where in parts) + f"; elsewhere {percent(rest)}",
        f"{percent(rule.err)} of its checks in {percent(rule.districts)} of its districts; elsewhere at most {percent(degraded.err)}",
        "" if holds else why_not or ", ".join(short),
        way=0.0 if why_not or rest > degraded.err else gone, weakest=furthest,
    )  # fmt: skip


def _told_already(look: Look, name: str) -> str:
    cut = look.claimed(OUTAGE, LOCAL, division=name) or look.kept(OUTAGE, LOCAL, division=name)
    return "not looked at while the division fails as one" if cut else ""


def _calm(look: Look) -> Any:
    return (look.lines.verdict == NOBODY) & look.heard


def _failed(look: Look, window_s: float, chosen: Any) -> tuple[Any, Any]:
    """Failed checks, and checks, of each division."""
    counts, of = look.windows.count(window_s), _of(look)
    lost = of(np.where(chosen, counts[PINGS_FAILED] + counts[UPLOADS_FAILED], 0))
    return lost, of(np.where(chosen, counts[PINGS] + counts[UPLOADS], 0))


def _share(look: Look, window_s: float) -> Any:
    lost, checks = _failed(look, window_s, _calm(look))
    return lost / np.maximum(1, checks)


def _rest(look: Look, window_s: float, chosen: Any) -> Any:
    """Failed share of the checks of all other divisions."""
    lost, checks = _failed(look, window_s, chosen)
    return (lost.sum() - lost) / np.maximum(1, checks.sum() - checks)
