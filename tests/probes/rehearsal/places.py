"""Codes for the tests of this folder."""

DISTRICTS = (*range(466, 501), 665)
