"""Makes the Dash apps of the pages, one a page, on a given Flask server. No module-level app: two tests can have one each."""

from functools import partial
from pathlib import Path

import dash
import flask
from sqlalchemy import Engine

from dashboard.settings import ControlRoomFile
from dashboard.web.exports import create_exports
from dashboard.web.pages.agents.callbacks import register as register_agents
from dashboard.web.pages.agents.layout import layout as agents_layout
from dashboard.web.pages.backlog.callbacks import register as register_backlog
from dashboard.web.pages.backlog.layout import layout as backlog_layout
from dashboard.web.pages.decisions.callbacks import register as register_decisions
from dashboard.web.pages.decisions.layout import layout as decisions_layout
from dashboard.web.pages.doses.callbacks import register as register_doses
from dashboard.web.pages.doses.layout import layout as doses_layout
from dashboard.web.pages.overview.callbacks import Acknowledge
from dashboard.web.pages.overview.callbacks import register as register_overview
from dashboard.web.pages.overview.layout import layout as overview_layout
from dashboard.web.pages.supply.callbacks import register as register_supply
from dashboard.web.pages.supply.layout import layout as supply_layout
from dashboard.web.security import add_security_headers
from probes.clock import Clock

ASSETS = Path(__file__).parent / "assets"
TITLE = "Tikawatch"
OVERVIEW_ONLY = r"^(10-words|20-clock|30-charts|40-panel)\.js$"
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
    server: flask.Flask, engine: Engine, settings: ControlRoomFile, clock: Clock, acknowledge: Acknowledge
) -> None:
    """All pages. `acknowledge(incident_id, step_seen, who)` says whether the acknowledgement was taken."""
    overview = _page(server, "/", ignore="")
    overview.layout = lambda: overview_layout(settings)
    register_overview(overview, engine, settings, clock, acknowledge)
    sheets = {
        "/agents/": (agents_layout, register_agents), "/doses/": (doses_layout, register_doses),
        "/backlog/": (backlog_layout, register_backlog),
        "/supply/": (supply_layout, register_supply),
        "/decisions/": (decisions_layout, register_decisions),
    }  # fmt: skip
    apps = [overview]
    for address, (layout, register) in sheets.items():
        app = _page(server, address, ignore=OVERVIEW_ONLY)
        app.layout = partial(layout, settings)
        register(app, engine, settings, clock)
        apps.append(app)
    server.register_blueprint(create_exports(engine, settings))
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
