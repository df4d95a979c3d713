"""The supply page: session sites beside their district, vaccine and how long it lasts, states beside each other, pulls."""
