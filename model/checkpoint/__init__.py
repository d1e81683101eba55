"""Folders of weights, read and written: the door opens here."""
