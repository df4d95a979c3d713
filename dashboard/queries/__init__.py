"""Read-only questions to the store for pages: filters in, DataFrame with declared columns out, also when there is nothing."""
