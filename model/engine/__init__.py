"""Runs are spoken in lanes; replies of text and audio in one."""
