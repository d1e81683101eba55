"""Chunks become takes: the loop that reuses, speaks, checks, retries and keeps."""
