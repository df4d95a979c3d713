"""Judgement: samples in, verdicts with a sentence out. Pure: no store, no clock, no network."""
