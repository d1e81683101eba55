"""Chunks become takes: the door to the model, the take store, the checks, and the loop."""
