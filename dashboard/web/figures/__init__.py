"""DataFrame -> go.Figure, pure: no store, no clock, no Dash; an empty frame gives a figure that says why."""
