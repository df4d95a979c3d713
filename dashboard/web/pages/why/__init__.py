"""The page Why: each rule for a place and a moment, and what would have been told with other thresholds."""
