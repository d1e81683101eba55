"""Which run is in which lane, and what the lanes hold between two steps."""
