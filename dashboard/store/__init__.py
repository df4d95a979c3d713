"""The control room's store: one subject a module, SQLAlchemy Core, nothing of the pages."""
