"""Incidents: one fault, opened and closed by rule or by a person, upgraded, never doubled. Each step is a row."""
