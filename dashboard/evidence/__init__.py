"""Evidence of incidents: what was known around each step, sealed by a hash, kept with the incident, given out and checked later."""
