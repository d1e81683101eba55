"""Audio files by their ending, one module a format."""
