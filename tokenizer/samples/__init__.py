"""Conversations become training samples: recordings encoded, labels set."""
