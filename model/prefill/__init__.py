"""Prompts are written into caches: of one lane, of many at once, or before a lane is free for
them."""
