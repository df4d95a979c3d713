"""The incidents page: all of them, one with its timeline, what people do with it, and maintenance windows; and its API."""
