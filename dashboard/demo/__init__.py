"""The demo: a rehearsal of 16 January 2021 on this machine, from real processes on loopback.

Its clock, stand-in registry, officers and course of the day are made up and say so; its published figures are real. The morning is
rehearsed first (morning.py), through the very watch and sender that run live; then it goes on by the clock (day.py).
"""
