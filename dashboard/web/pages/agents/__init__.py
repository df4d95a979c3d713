"""The agents page: who measures, what each check came to of late, and what we ask of the registry."""
