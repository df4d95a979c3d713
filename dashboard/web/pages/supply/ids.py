"""Ids of the supply page."""

TICK = "supply-tick"
DAY = "supply-day"
BODY = "supply-body"
START = "supply-start"
