"""Makes the Dash apps of the pages, one a page, on a given Flask server. No module-level app: two tests can have one each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import dash
import flask
from sqlalchemy import Engine

from dashboard.notices import outbox
from dashboard.settings import ControlRoomFile
from dashboard.web.evidence_export import create_evidence_export
from dashboard.web.exports import create_exports
from dashboard.web.pages.agents.callbacks import register as register_agents
from dashboard.web.pages.agents.layout import layout as agents_layout
from dashboard.web.pages.backlog.callbacks import register as register_backlog
from dashboard.web.pages.backlog.layout import layout as backlog_layout
from dashboard.web.pages.budget.callbacks import register as register_budget
from dashboard.web.pages.budget.layout import layout as budget_layout
from dashboard.web.pages.decisions.callbacks import register as register_decisions
from dashboard.web.pages.decisions.layout import layout as decisions_layout
from dashboard.web.pages.doses.callbacks import register as register_doses
from dashboard.web.pages.doses.layout import layout as doses_layout
from dashboard.web.pages.incidents.callbacks import register as register_incidents
from dashboard.web.pages.incidents.desk import Tell
from dashboard.web.pages.incidents.layout import layout as incidents_layout
from dashboard.web.pages.overview.callbacks import Acknowledge
from dashboard.web.pages.overview.callbacks import register as register_overview
from dashboard.web.pages.overview.layout import layout as overview_layout
from dashboard.web.pages.supply.callbacks import register as register_supply
from dashboard.web.pages.supply.layout import layout as supply_layout
from dashboard.web.pages.why.callbacks import register as register_why
from dashboard.web.pages.why.layout import layout as why_layout
from dashboard.web.security import add_security_headers
from probes.clock import Clock

ASSETS = Path(__file__).parent / "assets"
TITLE = "Tikawatch"
OVERVIEW_ONLY = r"^(10-words|20-clock|30-charts|40-panel|41-ask)\.js$"
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="color-scheme" content="dark light">
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>"""


def create_app(
    server: flask.Flask,
    engine: Engine,
    settings: ControlRoomFile,
    clock: Clock,
    acknowledge: Acknowledge,
    tell: Tell = outbox.enqueue,
) -> None:
    """All pages. `acknowledge(incident_id, step_seen, who)` says whether it was taken; `tell` writes the mails of a step."""
    overview = _page(server, "/", ignore="")
    overview.layout = lambda: overview_layout(settings)
    register_overview(overview, engine, settings, clock, acknowledge)
    sheets: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
        "/agents/": (agents_layout, register_agents), "/doses/": (doses_layout, register_doses),
        "/backlog/": (backlog_layout, register_backlog),
        "/supply/": (supply_layout, register_supply),
        "/budget/": (budget_layout, register_budget),
        "/why/": (why_layout, register_why),
        "/decisions/": (decisions_layout, register_decisions),
        "/incidents/": (incidents_layout, partial(register_incidents, tell=tell)),
    }  # fmt: skip
    apps = [overview]
    for address, (layout, register) in sheets.items():
        app = _page(server, address, ignore=OVERVIEW_ONLY)
        app.layout = partial(layout, settings)
        register(app, engine, settings, clock)
        apps.append(app)
    server.register_blueprint(create_exports(engine, settings, clock))
    server.register_blueprint(create_evidence_export(engine))
    hashes = [
        value for app in apps for value in app.csp_hashes()
    ]  # after register: inline scripts of callbacks count too
    add_security_headers(server, list(dict.fromkeys(hashes)))


def _page(server: flask.Flask, address: str, ignore: str) -> dash.Dash:
    """One page is one app: what one of them loads, or gets wrong, is not the others' matter. `ignore`: assets it has no use for."""
    return dash.Dash(
        "tikawatch" + address.rstrip("/").replace("/", "-"),
        server=server,  # type: ignore[arg-type]  # the annotation forgets what the docstring allows
        url_base_pathname=address,
        assets_folder=str(ASSETS),
        assets_ignore=ignore,
        index_string=INDEX,
        serve_locally=True,
        title=TITLE,
        update_title=None,  # type: ignore[arg-type]  # or the tab's title flashes at every refresh
        enable_mcp=False,  # also read from the environment: it would offer layout and callbacks as tools
        use_pages=False,
        add_log_handler=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
