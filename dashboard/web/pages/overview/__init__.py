"""The overview: up or not and where, what it cost, who acts."""
