"""Takes: stored, looked up, chosen; the voices that runs are spoken with."""
