"""A package, so that tests can share fixtures whatever else is installed under this name."""
