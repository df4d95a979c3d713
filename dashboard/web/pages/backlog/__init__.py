"""The backlog page: how many doses are on paper, where, how old, how fast they drain, and when they may be cleared."""
