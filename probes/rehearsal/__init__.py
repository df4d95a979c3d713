"""The rehearsal: a stand-in registry with faults to order, scenarios, a rehearsed morning and a mail catcher.

Everything here is made up and listens on this machine only. Nothing here may import the dashboard.
"""
