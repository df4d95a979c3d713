"""The control room: takes samples in, judges, keeps incidents, tells officers, shows the day."""
