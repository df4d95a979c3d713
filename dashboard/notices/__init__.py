"""Notices: one mail owed to one person for one step of one incident. A notice is a row first; the sender sends, then marks."""
