"""Files: written whole or not at all, asked about before, read strictly."""
