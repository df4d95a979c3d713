"""Backtest: the objects of the live watch, driven over recorded samples and doses by a simulated clock."""
