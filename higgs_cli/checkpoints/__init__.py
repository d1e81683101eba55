"""Which model speaks: found, downloaded and identified, without opening it."""
