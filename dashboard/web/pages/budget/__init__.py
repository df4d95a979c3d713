"""The page Bad checks: how many checks of a session day may be bad, what is left of that, and how fast it is spent."""
