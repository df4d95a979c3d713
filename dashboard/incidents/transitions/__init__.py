"""From judgements to steps of incidents. Pure: what stands open comes in, changes go out; ledger.py stores them.

Families, each with its own matter: the registry (outage, slowdown), lines (local, agent_silent), the monitor itself
(monitor_offline). A district is in one incident of a family at a time; a fault is upgraded, never doubled. What holds for the whole
state or a division comes from the judgement's wide claims (wide.py); the rest from the districts' findings, once they have settled
(districts.py). What a person did is respected: see Standing in records.py.
"""

from dashboard.incidents.transitions.advance import Transitions as Transitions
from dashboard.incidents.transitions.records import Change as Change
from dashboard.incidents.transitions.records import Standing as Standing
