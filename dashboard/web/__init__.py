"""The pages: app factory, wording, figures, pages. Reads the store through dashboard.queries only."""
