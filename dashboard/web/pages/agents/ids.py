"""Ids of the agents page."""

TICK = "agents-tick"
BODY = "agents-body"
START = "agents-start"
