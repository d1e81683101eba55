"""Samples with their rate, how loud they are, and how recordings are read."""
