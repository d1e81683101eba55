"""Recordings are read, mixed to one channel and resampled."""
