"""Text becomes a Script: chapters of turns that know where in the source they stand."""
