"""A blind comparison by ear: a page of pairs in an order that nobody knows, and its answers."""
