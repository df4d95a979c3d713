"""Doses: target, reported, recorded and paper, never merged into one number. Pure, but for figures.py which stores them."""
