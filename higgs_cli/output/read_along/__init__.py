"""A book to be read along: EPUB 3 whose sentences are shown while they are heard."""
