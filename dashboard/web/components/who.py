"""Who does it: the field that asks a person's name, the same wherever a step is taken by hand.

Until there is a login the browser keeps the name, and every such field begins with it: assets/70-who.js.
"""

from typing import Final

from dash import dcc, html

MOST_WHO: Final = 120  # characters of a name


def who_field(identity: str, words: str) -> html.Div:
    """The line of this id with its label."""
    line = dcc.Input(id=identity, type="text", maxLength=MOST_WHO, autoComplete="off")
    kept = html.Span("Kept in this browser: change it when another takes over.", className="fine")
    return html.Div([html.Label(f"{words} (name, office)", htmlFor=identity), line, kept], className="field who-name")
