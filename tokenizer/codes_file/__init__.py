"""Codes as small files, coded without loss."""
