"""The doses page: what was known of a day's doses, when, from whom, and what was told of it since."""
