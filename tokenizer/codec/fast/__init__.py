"""Decoding takes quickly, beside lanes that speak."""
