"""Prompts are written into caches: of one lane, of many at once, or ahead of their turn."""
