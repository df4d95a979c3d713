"""Test inboxes: how the arrival of a message is heard of, by webhook or IMAP. The text itself is never kept: it may hold a code."""
