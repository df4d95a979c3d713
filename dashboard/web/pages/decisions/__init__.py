"""The decisions page: what stands, what is suggested, the form to take one, and every decision with its evidence."""
