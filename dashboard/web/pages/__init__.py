"""One folder a page: ids, layout, callbacks, and what turns query frames into its snapshot."""
