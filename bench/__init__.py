"""Measurements for ourselves: run as `python -m bench.decode`."""
