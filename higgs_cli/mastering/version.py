"""Which way of mastering made a file: a manifest names it."""

MASTERING_VERSION = 3
"""Raised when the same takes and settings would give other samples."""
