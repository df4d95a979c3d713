"""The rules of one district: silent, failing and by whose fault, slow, degraded; and what keeps its trouble from being told."""

import math

import numpy as np

from dashboard.detection.columns import PING, UPLOAD
from dashboard.detection.districts import _FEW, IN_A_ROW, _errors, hung, others_slow, slowest
from dashboard.detection.districts import _share as _error_share
from dashboard.detection.explain.look import Look
from dashboard.detection.explain.near import Near, way
from dashboard.detection.lines import (
    _ANSWERED,
    FEW_LOST,
    FEWEST,
    NOBODY,
    OWN_LINE,
    REGISTRY,
    WAIT_S,
    began_at,
    witnesses,
)
from dashboard.detection.windows import ANSWERED, PINGS, PINGS_FAILED, UPLOADS, UPLOADS_FAILED
from dashboard.detection.words import seconds, span
from dashboard.reasons import Reason, lacking, more, percent, points, quiet


def reasons(look: Look, place: int) -> tuple[Reason, ...]:
    """In the order of the states: no data, own line, down, degraded, slow; then what quiets them."""
    return (
        _no_data(look, place), _fails(look, place), _own_line(look, place), _registry(look, place), _slowest(look, place),
        _partly(look, place), _unworkable(look, place), _slow(look, place), _raised(look, place),
        _others_too(look, place), _cold(look, place),
    )  # fmt: skip


def _no_data(look: Look, place: int) -> Reason:
    heard, limit = float(look.series.heard[place]), look.lengths.nodata
    ago = look.now - heard
    holds = bool(ago > limit)
    words = f"heard {ago:.0f} s ago" if math.isfinite(heard) else "never heard"
    return Near(
        "No data", "local.nodata_s", holds, words, f"nothing for over {limit:.0f} s", "" if holds else lacking(ago, limit, "s"),
        way=way(ago, limit, usual=look.lengths.round),
    )  # fmt: skip


# -- failing -----------------------------------------------------------------------------------------------------------


def _is_failing(look: Look, place: int) -> bool:
    return bool(look.lines.waiting[place] or look.lines.verdict[place] != NOBODY)


def _fails(look: Look, place: int) -> Reason:
    rule, shares, lengths = look.rules.local, look.shares, look.lengths
    counts = look.windows.count(lengths.local)[:, place]
    checks, failed = int(counts[PINGS] + counts[UPLOADS]), int(counts[PINGS_FAILED] + counts[UPLOADS_FAILED])
    local, long, newest = (float(share[place]) for share in (shares.local, shares.local_long, shares.newest))
    holds = _is_failing(look, place)
    missing = f"{points(local, rule.fail)} in {lengths.local:.0f} s, or {points(long, rule.fail_long)} in {lengths.local_long:.0f} s"
    if checks < FEWEST:
        missing = f"checks: fewer than {FEWEST} in {lengths.local:.0f} s"
    elif local >= rule.fail or long >= rule.fail_long or shares.uploads[place]:
        missing = f"bad newest rounds: {percent(newest)} of them fail, and above {percent(rule.recover)} is wanted"
    return Near(
        "Its checks fail", "local.fail", holds,
        f"{failed} of {checks} in {lengths.local:.0f} s, {percent(long)} in {lengths.local_long:.0f} s, "
        f"{int(look.series.uploads_failed[place])} uploads in a row",
        f"{percent(rule.fail)} in {lengths.local:.0f} s, {percent(rule.fail_long)} in {lengths.local_long:.0f} s, "
        f"or every upload of {lengths.local * 2 / 3:.0f} s",
        "" if holds else missing, way=max(way(local, rule.fail), way(long, rule.fail_long)),
    )  # fmt: skip


def _witness(look: Look, place: int) -> tuple[int, int, float]:
    """Neutral hosts asked since the trouble began, how many failed, and how long it has lasted."""
    asked, lost = witnesses(look.windows, look.series, look.lengths)
    return int(asked[place]), int(lost[place]), look.now - float(began_at(look.series, look.lengths, look.now)[place])


def _unblamed(look: Look, place: int, other: str) -> str:
    """Why this one is not to blame."""
    if not _is_failing(look, place):
        return "failing checks"
    return "the neutral host's word, which is awaited" if look.lines.verdict[place] == NOBODY else other


def _own_line(look: Look, place: int) -> Reason:
    asked, lost, _ = _witness(look, place)
    holds = bool(look.lines.verdict[place] == OWN_LINE)
    wait = WAIT_S * look.lengths.local / 90
    return Reason(
        "Own line cut", "local.anchors", holds, f"the neutral host fails {lost} of {asked}" if asked else "the neutral host was not asked",
        f"its neutral host fails in {percent(look.rules.local.anchors)} since it began, or no word of it for {wait:.0f} s",
        "" if holds else _unblamed(look, place, "a cut line: when it began, the registry was found to be at fault"),
    )  # fmt: skip


def _registry(look: Look, place: int) -> Reason:
    asked, lost, _ = _witness(look, place)
    counts = look.windows.count(look.lengths.local)[:, place]
    failed = int(counts[PINGS_FAILED] + counts[UPLOADS_FAILED])
    answered = f"{int(counts[ANSWERED])} of {failed} failures are answers with an HTTP status; " if failed else ""
    slow = _is_slowest(look, place)
    holds = bool(look.lines.verdict[place] == REGISTRY) and not slow
    other = "others that are well: it counts as the slowest of many slow ones"
    if not slow:
        other = "a good neutral host: when it began, the line was found to be cut"
    return Reason(
        "Registry down for this district", "local.anchors", holds,
        f"{answered}the registry answers {_pinged(look, place)} pings; the neutral host answers {asked - lost} of {asked}",
        f"an HTTP status in {percent(_ANSWERED)} of the failures, {percent(1 - FEW_LOST)} of the pings answered, "
        "or a neutral host that answers",
        "" if holds else _unblamed(look, place, other),
    )  # fmt: skip


def _is_slowest(look: Look, place: int) -> bool:
    stuck = hung(look.windows, look.series, look.lines, look.lengths)
    return bool(slowest(stuck, others_slow(look.series, look.lines))[place])


def _slowest(look: Look, place: int) -> Reason:
    stuck, slow = hung(look.windows, look.series, look.lines, look.lengths), others_slow(look.series, look.lines)
    holds, lacks = _is_slowest(look, place), max(IN_A_ROW, int(stuck.sum()) + 1) - slow
    run = int(look.series.uploads_failed[place])
    return Reason(
        "Degraded: the slowest of many slow ones", "", holds,
        f"{run} uploads in a row fail, the registry answers {_pinged(look, place)} pings; {slow} others are slow",
        f"{IN_A_ROW} uploads in a row without an answer while pings are answered, and more others slow, {IN_A_ROW} at least",
        "" if holds else more(lacks, "slow district") if stuck[place] else "uploads alone that get no answer, by the registry's fault",
    )  # fmt: skip


def _pinged(look: Look, place: int) -> str:
    counts = look.windows.count(look.lengths.local)[:, place]
    return f"{int(counts[PINGS] - counts[PINGS_FAILED])} of {int(counts[PINGS])}"


def _others_too(look: Look, place: int) -> Reason:
    share, everywhere = look.everywhere.others_err, look.everywhere
    holds = not (share < everywhere.state_err_max and not everywhere.in_doubt)
    words = f"{percent(share)} of the checks of districts that do not fail by themselves"
    doubt = "; it is open whether our own line is cut" if everywhere.in_doubt else ""
    limit = f"{percent(everywhere.state_err_max)}, or doubt about our own line"
    return quiet("Others fail too: more than a district", "local.state_err_max", holds, words + doubt, limit)


# -- slow --------------------------------------------------------------------------------------------------------------


def _partly(look: Look, place: int) -> Reason:
    wrong, _ = _errors(look.windows, look.lines, look.everywhere, look.lengths)
    long_s, short_s, limit = (
        max(look.everywhere.err_window_s, 10 * look.lengths.round),
        look.lengths.short,
        look.everywhere.err,
    )
    long, short = (float(_error_share(look.windows.count(window))[place]) for window in (long_s, short_s))
    counts = look.windows.count(long_s)[:, place]
    checks, holds = int(counts[PINGS] + counts[UPLOADS]), bool(wrong[place])
    parts = [
        f"{points(value, limit)} over {window:.0f} s"
        for value, window in ((long, long_s), (short, short_s))
        if value <= limit
    ]
    if _is_failing(look, place):
        parts.append("a line that is not in question")
    return Near(
        "Degraded: a part of its checks fails", "slow.err", holds,
        f"{percent(long)} of {checks} over {long_s:.0f} s, {percent(short)} over {short_s:.0f} s",
        f"over {percent(limit)} in both, of {_FEW} checks or more", "" if holds else ", ".join(parts) or "a neutral host that answers half",
        way=0.0 if _is_failing(look, place) else way(min(long, short), limit),
    )  # fmt: skip


def _newest(look: Look, place: int) -> list[float]:
    """Seconds of the newest good uploads, newest first."""
    kept = min(look.everywhere.held, int(look.series.good[UPLOAD, place]))
    return [float(value) for value in np.exp(look.series.newest[:kept, UPLOAD, place])]


def _took(look: Look, place: int) -> str:
    times = _newest(look, place)
    usual = float(np.exp(look.series.base[UPLOAD, place])) if look.series.warm[UPLOAD, place] else None
    words = f"the last {len(times)} uploads took {span(min(times), max(times))}" if times else "no good upload yet"
    return f"{words}, usually {seconds(usual)}" if usual is not None else words


def _unworkable(look: Look, place: int) -> Reason:
    times, limit, held = _newest(look, place), look.everywhere.unworkable_s, look.everywhere.held
    over = sum(value >= limit for value in times)
    holds = bool(look.series.was_slow[place]) and over == held
    quick = min(times, default=0.0)
    missing = "a run of slow uploads" if over == held else f"{lacking(quick, limit, 's')} for the quickest of them"
    return Near(
        "Degraded: unworkable", "slow.unworkable_s", holds, _took(look, place), f"{held} in a row of {limit:g} s or more",
        "" if holds else missing, way=_risen(look, place, limit),
    )  # fmt: skip


def _limit(look: Look, place: int, times: float) -> float:
    """Seconds from which an upload of this district is so many times its usual; beyond what the state is. Infinite without a usual."""
    if not look.series.warm[UPLOAD, place]:
        return math.inf
    return float(np.exp(look.series.base[UPLOAD, place])) * times


def _risen(look: Look, place: int, limit: float) -> float:
    """How far the newest uploads have come from what is usual to a limit (s), each by itself, in the mean; failing checks are no times."""
    times = _newest(look, place)
    if _is_failing(look, place) or not times or not look.series.warm[UPLOAD, place]:
        return 0.0
    usual = float(np.exp(look.series.base[UPLOAD, place]))
    return sum(way(value, limit, usual) for value in times) / len(times)


def _slow(look: Look, place: int) -> Reason:
    rule = look.rules.slow
    own = max(_limit(look, place, rule.ratio * math.exp(look.series._common)), rule.floor_s)
    limit = min(rule.limit_s, own)
    holds, run = bool(look.series.was_slow[place]), int(look.series.slow_run[place])
    newest = next(iter(_newest(look, place)), 0.0)
    missing = (
        more(max(1, rule.samples - run), "such upload")
        if run
        else f"{lacking(newest, limit, 's')} for the newest upload"
    )
    how = (
        f"{rule.ratio:g} times its usual, over {rule.floor_s:g} s"
        if own < rule.limit_s
        else f"limit_s {rule.limit_s:g}"
    )
    return Near(
        "Slow", "slow.ratio" if own < rule.limit_s else "slow.limit_s", holds,
        f"{_took(look, place)}; {run} in a row are slow", f"{rule.samples} in a row of {seconds(limit)} or more ({how})",
        "" if holds else missing, way=_risen(look, place, limit),
    )  # fmt: skip


def _raised(look: Look, place: int) -> Reason:
    ratio, held = look.rules.degraded.ratio, look.everywhere.held
    limit, holds, run = (
        _limit(look, place, ratio),
        bool(look.series.was_raised[place]),
        int(look.series.rise_run[place]),
    )
    newest = next(iter(_newest(look, place)), 0.0)
    missing = more(max(1, held - run), "such upload") if run else "a usual time: none is learnt yet"
    if not run and math.isfinite(limit):
        missing = f"{lacking(newest, limit, 's')} for the newest upload"
    wanted = (
        f"{seconds(limit)} or more ({ratio:g} times its usual)"
        if math.isfinite(limit)
        else f"{ratio:g} times its usual"
    )
    return Near(
        "Slow on the map alone", "degraded.ratio", holds, f"{_took(look, place)}; {run} in a row are raised",
        f"{held} in a row of {wanted}", "" if holds else missing, way=_risen(look, place, limit),
    )  # fmt: skip


def _cold(look: Look, place: int) -> Reason:
    wanted = look.rules.warmup_samples
    learnt = [min(wanted, int(look.series.learnt[kind, place])) for kind in (PING, UPLOAD)]
    words = f"learnt from {learnt[0]} good pings and {learnt[1]} good uploads"
    return quiet(
        "Its usual times are not learnt yet",
        "warmup_samples",
        min(learnt) < wanted,
        words,
        f"fewer than {wanted} of each",
    )
