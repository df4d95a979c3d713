"""What stands on the supply page: a reading in, components out. Pure."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import html

from dashboard.doses.figure import KINDS, STOCK_KINDS
from dashboard.doses.sites import DistrictSites
from dashboard.doses.versions import Chosen, Rule, Version
from dashboard.doses_pull import Pulled
from dashboard.queries.states import StateRow
from dashboard.queries.stock import PlaceStock
from dashboard.settings.doses import Pull
from dashboard.web import wording
from dashboard.web.components.source import host_of, source_link
from dashboard.web.components.table import Column, table
from dashboard.web.pages.supply.reading import Supply

NOTHING: Final = "–"
NO_DAY: Final = "No figure of any day is known yet."
NO_SITES: Final = "No district has session sites in config.yaml: write them there, under the district."
NO_STOCK: Final = (
    "No stock is told of this day: kinds stock_in, stock_used, stock_wasted and stock_left of the doses file."
)
NO_STATES: Final = "No other state is named in config.yaml: dashboard.doses.beside."
NO_PULLS: Final = "No address is pulled: dashboard.doses.pulls in config.yaml."
_SITES = (
    Column("Site"), Column("Target", True), Column("Reported", True), Column("Recorded", True), Column("On paper", True),
)  # fmt: skip
_STOCK = (
    Column("Place"), Column("Received", True, "doses since the drive began"), Column("Used", True), Column("Wasted", True),
    Column("Left, told", True), Column("Left, counted", True, "received minus used minus wasted, as far as they are told"),
    Column("Difference", True, "told to be left minus left by counting"), Column("Lasts", title="session days, see below"),
)  # fmt: skip
_STATES = (
    Column("State"), Column("The ministry said", True), Column("The state said", True), Column("The registry counted", True),
    Column("Target", True),
)  # fmt: skip
_PULLS = (
    Column("Pull"), Column("Last good", True), Column("New then", True, "figures that were not known before"), Column("Next", True),
    Column("Failed", True, "in a row, and in all"),
)  # fmt: skip
_PACE: Final = (
    "Lasts: what is left over the doses of a session day. From three days with doses on, over the fastest and the slowest of the last "
    "seven; before, over a straight line through today's session. A calculation on what was told, not a promise."
)


def body(supply: Supply) -> list[Any]:
    """The page under its title."""
    states = table(_STATES, state_rows(supply), NO_STATES, "States beside each other")
    stock = [table(_STOCK, stock_rows(supply), NO_STOCK, "Vaccine stock")]
    pulls = table(_PULLS, [_pull(*one, supply) for one in supply.pulls], NO_PULLS, "Scheduled pulls")
    left = [
        *_site_cards(supply),
        _card(
            "Vaccine, in doses since the drive began",
            *stock,
            *([html.P(_PACE, className="second")] if supply.stock else []),
        ),
    ]
    right = [_card("States beside each other, never merged", states), _card("Scheduled pulls", pulls)]
    words = f"{wording.day(supply.day)}, as known today. Sums stand beside totals. Where no hour is given, none was published."
    return [
        html.P(words, className="second"),
        html.Div([html.Div(left), html.Div(right)], className="two supply"),
    ]  # fmt: skip


def _site_cards(supply: Supply) -> list[Any]:
    cards = [_card(f"Session sites of {one.name}", *_sites(one, supply.zone)) for one in supply.sites]
    return cards or [_card("Session sites", html.P(NO_SITES, className="calm"))]


def _sites(one: DistrictSites, zone: ZoneInfo) -> list[Any]:
    said = [
        html.Li([html.Strong(f"{kind.title()}: "), found.sentence])
        for kind, found in one.beside.items()
        if found.counted and (found.missing or found.difference)
    ]
    notes = "Beside each other, never added. A planned target stands where none was told. "
    named = [f"In files: {one.sites[0].place}."] if one.sites else []
    return [
        table(_SITES, site_rows(one), NO_SITES, f"Session sites of {one.name}"),
        *([html.Ul(said, className="sums")] if said else []),
        html.P([notes, *_sources(one, zone), *named], className="second"),
    ]


def _sources(one: DistrictSites, zone: ZoneInfo) -> list[Any]:
    """Who told the sites' figures, where and until what hour; each once."""
    told = {(_said(version, zone), version.source): None for site in one.sites for version in site.told}
    parts: list[Any] = []
    for said, source in told:
        parts += [", " if parts else "Told: ", f"{said}, " if said else "", source_link(source)]
    return [*parts, ". "] if parts else []


def site_rows(one: DistrictSites) -> list[list[Any]]:
    """The sites, their sum, the district's own figure and the difference."""
    sums = [one.beside[kind] for kind in KINDS]
    return [
        *([site.name, *(_count(site.counts[kind]) for kind in KINDS)] for site in one.sites),
        [html.Strong("Sum of sites"), *(_count(found.added) for found in sums)],
        [html.Strong(f"{one.name}, told"), *(_count(one.own[kind]) for kind in KINDS)],
        [html.Strong("Difference"), *(_count(found.difference) for found in sums)],
    ]


def stock_rows(supply: Supply) -> list[list[Any]]:
    """One row a place of which stock is told."""
    return [_stock(row, supply.zone) for row in supply.stock]


def _stock(row: PlaceStock, zone: ZoneInfo) -> list[Any]:
    received, used, wasted, left = (_told(row.chosen.get(kind), zone) for kind in STOCK_KINDS)
    stock = row.stock
    counted: list[Any] = [_count(stock.counted)]
    if stock.counted is not None and stock.not_told:
        counted = [
            html.Strong([html.Span("at most ", className="second"), _count(stock.counted)]),
            _small(f"{' and '.join(stock.not_told)} not told"),
        ]
    lasts = row.lasting.sentence if row.lasting else "no pace is known"
    return [row.name, received, used, wasted, left, counted, _count(stock.difference), lasts]


def state_rows(supply: Supply) -> list[list[Any]]:
    """Our state, the others, and districts of theirs."""
    names = {row.place: row.name for row in supply.states}
    return [_state(row, names, supply.zone) for row in supply.states]


def _state(row: StateRow, names: dict[str, str], zone: ZoneInfo) -> list[Any]:
    name = [row.name, _small(f"in {names.get(row.within, row.within)}")] if row.within else html.Strong(row.name)
    return [name, *(_told(chosen, zone) for chosen in (row.ministry, row.own, row.registry, row.target))]


def _told(chosen: Chosen | None, zone: ZoneInfo) -> Any:
    """A figure with who said it and where; where sources differ, the rule that chose it and the other words."""
    if chosen is None:
        return html.Span("not told", className="dim")
    version = chosen.version
    parts: list[Any] = [
        html.Strong(wording.grouped(chosen.value), title=version.note or None),
        _small(_said(version, zone)),
        _small(source_link(version.source)),
    ]
    if chosen.others:
        others = "; ".join(
            f"{wording.grouped(other.value)} by {other.who or host_of(other.source)}" for other in chosen.others
        )
        parts.append(_small(f"{chosen.rule}; also told: {others}"))
    elif chosen.rule is Rule.PREFERRED:
        parts.append(_small(str(chosen.rule)))
    return parts


def _said(version: Version, zone: ZoneInfo) -> str:
    hour = wording.clock(version.as_of_ms, zone) if version.hour_known else ""
    return ", ".join(part for part in (version.who, hour) if part)


def _pull(pull: Pull, now: Pulled, supply: Supply) -> list[Any]:
    def clock(at_ms: int) -> str:
        return wording.clock(at_ms, supply.zone, wording.local(supply.now_ms, supply.zone).date()) if at_ms else NOTHING

    name = [html.Strong(pull.name), _small(now.error)] if now.error else pull.name
    failed = f"{wording.grouped(now.failures)}, {wording.grouped(now.failed)} in all" if now.failed else "0"
    return [name, clock(now.ok_ms), wording.grouped(now.stored), clock(now.next_ms), failed]


def _count(value: int | None) -> str:
    return NOTHING if value is None else wording.grouped(value)


def _small(words: Any) -> Any:
    return html.Span(words, className="fine")


def _card(title: str, *content: Any) -> html.Section:
    return html.Section([html.H2(title), *content], className="card")
