"""The agent: measures a registry from the districts' side and sends samples to the control room."""
