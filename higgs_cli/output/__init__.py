"""A performance becomes files, each under its final name only when whole."""
