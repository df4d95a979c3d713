"""Makes the Dash app of the pages on a given Flask server. No module-level app: two tests can have one each."""

from pathlib import Path

import dash
import flask
from sqlalchemy import Engine

from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.callbacks import Acknowledge, register
from dashboard.web.pages.overview.layout import layout
from dashboard.web.security import add_security_headers
from probes.clock import Clock

ASSETS = Path(__file__).parent / "assets"
TITLE = "Tikawatch"
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
) -> dash.Dash:
    """The pages at "/". `acknowledge(incident_id, step_seen, who)` says whether the acknowledgement was taken."""
    app = dash.Dash(
        "tikawatch",
        server=server,  # type: ignore[arg-type]  # the annotation forgets what the docstring allows
        assets_folder=str(ASSETS),
        index_string=INDEX,
        serve_locally=True,
        title=TITLE,
        update_title=None,  # type: ignore[arg-type]  # or the tab's title flashes at every refresh
        enable_mcp=False,  # also read from the environment: it would offer layout and callbacks as tools
        use_pages=False,
        add_log_handler=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = lambda: layout(settings)
    register(app, engine, settings, clock, acknowledge)
    add_security_headers(server, app.csp_hashes())  # after register: inline scripts of callbacks count too
    return app
