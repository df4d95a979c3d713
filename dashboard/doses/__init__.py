"""Figures of doses: reading, checking, choosing, pace and estimates. Pure: nothing here knows the store or the pages."""
