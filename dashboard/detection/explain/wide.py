"""The rules over all districts: is the monitor blind, is the registry down, slow or failing in part for the state?"""

import math
from typing import Any

import numpy as np

from dashboard.detection.divisions import ALONE
from dashboard.detection.everywhere import _BLIND_SHARE
from dashboard.detection.explain.look import Look
from dashboard.detection.explain.near import Near, way, weakest
from dashboard.detection.lines import OWN_LINE
from dashboard.detection.wide import OUTAGE, SLOWDOWN, Floods, fails, lasts, witnessed
from dashboard.reasons import Reason, lacking, more, percent, points, together


def reasons(look: Look) -> tuple[Reason, ...]:
    """Blind, outage, slowdown by the median, by errors, by a slow tail."""
    weight = look.calm.astype(np.float32)
    return (_silent(look), _cut_off(look), _outage(look), _median(look), _errors(look, weight), _tails(look, weight))


# -- the monitor -------------------------------------------------------------------------------------------------------


def _silent(look: Look) -> Reason:
    ever = np.isfinite(look.series.heard)
    known = ever if ever.any() else np.ones(len(ever), bool)
    limit = max(look.rules.monitor.silence_s, 3 * look.lengths.round)
    ago = look.now - np.maximum(look.series.heard, -np.inf if ever.any() else look.since)
    many, silent, holds = int(known.sum()), int((ago[known] > limit).sum()), _all_silent(look)
    return Near(
        "Monitor blind: nothing is heard", "monitor.silence_s", holds, f"{silent} of {many} districts silent for over {limit:.0f} s",
        f"{percent(_BLIND_SHARE)} of the districts", "" if holds else more(_left(many, silent), "silent district"),
        way=way(silent, _BLIND_SHARE * many),
    )  # fmt: skip


def _all_silent(look: Look) -> bool:
    return look.everywhere._silence(look.series, look.lengths, look.now, look.since) is not None


def _left(many: int, already: int) -> int:
    """Districts that are missing to nearly all of them."""
    return max(1, math.ceil(_BLIND_SHARE * many) - already)


def _cut_off(look: Look) -> Reason:
    """Everybody fails, and so do the neutral hosts."""
    shares, everywhere, asked = look.shares, look.everywhere, look.shares.checked & look.heard
    bad = asked & fails(shares, look.rules)
    cut = witnessed(look.windows, look.series, look.lengths, bad)
    many, failing = int(asked.sum()), int(bad.sum())
    hosts = f"; their neutral hosts fail {cut.lost:.0f} of {cut.asked:.0f}" if cut.asked else ""
    missing = more(_left(many, failing), "failing district")
    if everywhere._cut_since is not None:
        missing = "most failing now: it is on the way out"
    elif everywhere._all_fail(shares, look.heard):
        missing = "neutral hosts that fail with them"
    holds = everywhere.blind_since is not None and not _all_silent(look)
    return Reason(
        "Monitor blind: everybody fails, the neutral hosts too", "monitor.anchors", holds, f"{failing} of {many} districts fail{hosts}",
        f"{percent(_BLIND_SHARE)} of the districts, and {percent(look.rules.monitor.anchors)} of their neutral hosts",
        "" if holds else missing,
    )  # fmt: skip


# -- the registry is down ----------------------------------------------------------------------------------------------


def _outage(look: Look) -> Reason:
    rule, shares = look.rules.outage, look.shares
    asked = shares.checked & look.heard & (look.lines.verdict != OWN_LINE)
    short = int(((shares.short >= rule.fail) | shares.uploads)[asked].sum())
    long = int(lasts(shares, look.rules)[asked].sum())
    many = int(asked.sum())
    wanted = max(1, math.ceil(rule.districts * many - 1e-9))
    holds = look.everywhere.state_is_down
    missing = more(wanted - max(short, long), "failing district") if max(short, long) < wanted else _what_else(look)
    return Near(
        "Registry down for the state", "outage.districts", holds,
        f"{many} districts heard: {short} fail {percent(rule.fail)} of their checks in {look.lengths.short:.0f} s, "
        f"{long} fail {percent(rule.fail_long)} in {look.lengths.long:.0f} s",
        f"{percent(rule.districts)} of the districts, here {wanted}",
        "" if holds else together(missing, look.kept(OUTAGE)), way=way(max(short, long), wanted),
    )  # fmt: skip


def _what_else(look: Look) -> str:
    """Enough districts fail, and yet it is not called the registry."""
    if look.everywhere.blind_since is not None:
        return "the monitor itself is cut off"
    if look.everywhere._cut_since is not None:
        return "the monitor's own line comes back"
    return "the neutral hosts' word whether it is the lines or the registry"


# -- the registry is slow ----------------------------------------------------------------------------------------------


def _looked_at(look: Look) -> str:
    alone = int(look.calm.sum()) < ALONE
    return look.passed_over or ("too few districts answer by themselves to be compared" if alone else "")


def _median(look: Look) -> Reason:
    rule, common = look.rules.degraded, look.everywhere.common
    ratio, limit = math.exp(max(common.now)), math.log(rule.ratio)
    above = float(np.mean([max(mode.ratio) > limit for mode in common._modes]))
    why_not = _looked_at(look)
    holds = common.sustained() and not why_not
    missing = (
        f"{points(above, rule.of)} of the time" if above < rule.of else "time: it has not been heard for long enough"
    )
    if ratio <= rule.ratio:
        missing = lacking(ratio, rule.ratio, "times")
    return Near(
        "Registry slow for the state", "degraded.ratio", holds,
        f"{look.everywhere._how_slow()} in the middle district; above the threshold in {percent(above)} of the last {rule.sustain_s:.0f} s",
        f"{rule.ratio:g} times for {percent(rule.of)} of {rule.sustain_s:.0f} s",
        "" if holds else together(why_not or missing, look.kept(SLOWDOWN)),
        way=0.0 if why_not else (way(ratio, rule.ratio, usual=1.0) + way(above, rule.of)) / 2,
    )  # fmt: skip


def _errors(look: Look, weight: Any) -> Reason:
    rule = look.rules.degraded
    found = look.everywhere._flood.errors(look.windows, look.lengths, weight)
    return _flooded(look, "Checks fail in part for the state", "degraded.err", found, rule.err)


def _tails(look: Look, weight: Any) -> Reason:
    rule = look.rules.degraded
    found = look.everywhere._flood.tails(look.windows, look.lengths, weight)
    name = f"A part of the uploads takes over {rule.tail_x:g} times what is usual now"
    return _flooded(look, name, "degraded.tail", found, rule.tail)


_Part = tuple[float, float, str]  # what was measured, what is wanted, where


def _parts(look: Look, found: Floods, limit: float) -> tuple[_Part, ...]:
    """What Flood compared."""
    rule = look.rules.degraded
    long_s = max(rule.err_window_s, 10 * look.lengths.round)
    return (
        (found.late, limit, f"in the last {look.rules.outage.window_long_s:.0f} s"), (found.mean, limit, f"over {long_s:.0f} s"),
        (found.present, rule.err_persist, "of the rounds"), (found.touched, rule.spread, "of the districts"),
        (found.elsewhere, limit, "without the worst division"),
    )  # fmt: skip


def _flooded(look: Look, name: str, key: str, found: Floods, limit: float) -> Reason:
    parts = late, long, rounds, places, rest = _parts(look, found, limit)
    why_not = _looked_at(look)
    holds = found.firm and not why_not
    short = (
        [f"{points(value, wanted)} {where}" for value, wanted, where in parts if value < wanted] if found.heard else []
    )
    wanted = f"{percent(limit)} {late[2]} and {long[2]}"
    gone, furthest = weakest(parts)
    spread = f"{percent(rounds[1])} {rounds[2]} and {percent(places[1])} {places[2]}; {percent(rest[1])} {rest[2]}"
    return Near(
        name, key, holds, f"of the {found.of} " + ", ".join(f"{percent(value)} {where}" for value, _, where in parts),
        f"{wanted}, in {spread}",
        "" if holds else why_not or ", ".join(short) or "rounds: too few are heard",
        way=0.0 if why_not else gone, weakest=furthest,
    )  # fmt: skip
